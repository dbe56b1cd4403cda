"""The subscribers desk: who is on the list, on whose word, and what each person got and gets."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select, true, union_all

from core import db
from core.web import paging
from newsletter import (
    areas,
    consents,
    paths,
    personal_data,
    reasons,
    segments,
    shutouts,
    subscribers,
    suppression,
    upcoming,
)
from newsletter.models import Segment, Standing, Subscriber, SubscriberTag
from newsletter.wording import wording
from staff import access, reader_history
from staff.frame import page, say
from staff.models import Role

desk = access.desk("subscribers", __name__, Role.EDITOR)


MOST_TAG = 64


@desk.get("")
def index() -> ResponseReturnValue:
    """The list, those who came last first; narrowed down by what the address asks for."""
    asked = request.args
    statement = select(Subscriber).where(_meant(asked))
    found = paging.newest_first(statement, Subscriber.id, after=asked.get("after", type=int))
    tags, names, tags_of = _words([person.id for person in found.rows])
    return page(
        "subscribers.html",
        found=found,
        tags=tags,
        segments=names,
        tags_of=tags_of,
        filters=asked,
        narrowed=any(asked.get(name) for name in ("q", "tag", "segment")),
        states={"": "All"} | {each.value: each.value.capitalize() for each in Standing},
    )


@desk.post("/tags")
def tag_many() -> ResponseReturnValue:
    """Tie a word to the chosen people, or to all whom the list's filters mean; or take it off."""
    word = " ".join(request.form.get("word", "").split())
    all_of_them = request.form.get("whom") == "all"
    chosen = request.form.getlist("person", type=int)
    if not word or len(word) > MOST_TAG:
        say(f"Say which tag, of up to {MOST_TAG} characters.", kind="error")
    elif not (all_of_them or chosen):
        say("Choose people first.", kind="error")
    else:
        meant = _meant(request.args) if all_of_them else Subscriber.id.in_(chosen)
        if request.form.get("do") == "untag":
            people = segments.untag_all(meant, word)
            say(f"The tag “{word}” is taken off {people:,} people.")
        else:
            people = segments.tag_all(meant, word)
            say(f"{people:,} people have the tag “{word}” now. No sequence begins by it.")
    query = request.query_string.decode()
    return redirect(f"/staff/subscribers{'?' if query else ''}{query}", 303)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One person: choices, receipts of consent, walks, and all that happened in its order."""
    person = _found(number)
    receipts = consents.receipts(person)
    return page(
        "subscriber.html",
        person=person,
        receipts=receipts,
        intact=consents.is_intact(receipts),
        tags=segments.tags_of(person),
        areas=[label for area, label in areas.every().items() if area in areas.chosen(person)],
        former=personal_data.former_addresses(person),
        suppressed=suppression.reason(person.address_hash),
        liftable=suppression.LIFTABLE,
        ways=paths.way(person),
        next_letter=upcoming.next_letter(person),
        events=reader_history.of(person, receipts),
    )


@desk.post("/<int:number>/tags")
def tag(number: int) -> ResponseReturnValue:
    """Tie a word to one person, which begins what the word begins; or take it off."""
    person = _found(number)
    word = " ".join(request.form.get("word", "").split())
    if not word or len(word) > MOST_TAG:
        say(f"Say which tag, of up to {MOST_TAG} characters.", kind="error")
    elif request.form.get("do") == "untag":
        segments.untag(person.id, word)
        say(f"The tag “{word}” is taken off.", undo=f"/staff/subscribers/{number}/tags", word=word)
    else:
        segments.tag(person.id, word)
        say(f"Tagged “{word}”.", undo=f"/staff/subscribers/{number}/tags", word=word, do="untag")
    return redirect(f"/staff/subscribers/{number}", 303)


@desk.get("/<int:number>/proof")
def prove(number: int) -> ResponseReturnValue:
    """What a person agreed to, word for word, to be printed."""
    person = _found(number)
    receipts = consents.receipts(person)
    intact = consents.is_intact(receipts)
    said = wording()["proof"]
    return page("proof.html", person=person, receipts=receipts, intact=intact, said=said)


@desk.get("/<int:number>/why")
def explain(number: int) -> ResponseReturnValue:
    """Why a person got each letter, or did not."""
    person = _found(number)
    return page("why.html", person=person, reasons=reasons.of_everything(person), sequence=None)


@desk.post("/<int:number>/unsubscribe")
def unsubscribe(number: int) -> ResponseReturnValue:
    """Take a person off the list who asked us to."""
    person = _found(number)
    subscribers.unsubscribe(person.public_id, method="staff")
    say(f"{person.email} gets no more letters. To come back, they have to ask themselves.")
    return redirect(f"/staff/subscribers/{number}", 303)


@desk.post("/<int:number>/shut-out")
def shut_out(number: int) -> ResponseReturnValue:
    """Send nothing to an address any more, whoever adds it again."""
    person = _found(number)
    shutouts.shut_out(person.email, by=access.member().email)
    say(
        f"Nothing goes to {person.email} any more, whoever adds it.",
        undo=f"/staff/subscribers/{number}/let-in",
    )
    return redirect(f"/staff/subscribers/{number}", 303)


@desk.post("/<int:number>/let-in")
def let_in(number: int) -> ResponseReturnValue:
    """Take back the mark that staff set, or that a bounce left."""
    person = _found(number)
    if shutouts.let_in(person.email, by=access.member().email):
        say(f"The mark of {person.email} is taken back.", kind="info")
    return redirect(f"/staff/subscribers/{number}", 303)


@desk.post("/<int:number>/erase")
def erase(number: int) -> ResponseReturnValue:
    """Delete all that the newsletter keeps about a person (GDPR, article 17)."""
    person = _found(number)
    personal_data.erase(person.public_id)
    say(f"All that the newsletter kept about {person.email} is deleted.")
    return redirect("/staff/subscribers", 303)


@desk.get("/<int:number>/export")
def export(number: int) -> ResponseReturnValue:
    """All that the newsletter keeps about a person, as a file (GDPR, article 15)."""
    person = _found(number)
    data = json.dumps(personal_data.export(person), indent=2, ensure_ascii=False, default=str)
    response = Response(data, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="reader-{number}.json"'
    return response


def _meant(asked: Mapping[str, str]) -> ColumnElement[bool]:
    """Whom the filters of an address mean; a segment that there is not means nobody."""
    standing, words = asked.get("state", ""), asked.get("q", "").strip().lower()
    terms: list[ColumnElement[bool]] = [true()]
    if standing in set(Standing):
        terms.append(Subscriber.standing == Standing(standing))
    if words:
        called = func.lower(Subscriber.name).startswith(words, autoescape=True)
        terms.append(or_(Subscriber.email.startswith(words, autoescape=True), called))
    if word := asked.get("tag", ""):
        terms.append(segments.tagged(word))
    if name := asked.get("segment", ""):
        try:
            terms.append(segments.members(name))
        except LookupError:
            terms.append(false())
    return and_(*terms)


def _words(people: Sequence[int]) -> tuple[list[str], list[str], dict[int, list[str]]]:
    """Every tag, every segment's name, and the tags of each of these people, as one question."""
    nobody, word = literal(0), SubscriberTag.name
    theirs = select(literal("of").label("kind"), SubscriberTag.subscriber_id.label("of"), word)
    asked = union_all(
        theirs.where(SubscriberTag.subscriber_id.in_(people)),
        select(literal("tag"), nobody, word).distinct(),
        select(literal("segment"), nobody, Segment.name),
    )
    tags: list[str] = []
    names: list[str] = []
    tags_of: dict[int, list[str]] = defaultdict(list)
    for kind, person, name in db.session().execute(asked.order_by("kind", "name")):
        known = {"tag": tags, "segment": names}.get(kind)
        (tags_of[person] if known is None else known).append(name)
    return tags, names, tags_of


def _found(number: int) -> Subscriber:
    return db.session().get(Subscriber, number) or abort(404)
