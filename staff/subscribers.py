"""The subscribers desk: who is on the list, on whose word, and what each person got and gets."""

import json

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from core import db
from core.mail import ledger
from core.web import paging
from newsletter import consents, paths, reasons, subscribers, suppression, walks
from newsletter.models import Standing, Subscriber
from newsletter.suppression import Reason
from staff import access
from staff.frame import page, say
from staff.models import Role

desk = access.desk("subscribers", __name__, Role.EDITOR)


@desk.get("")
def index() -> ResponseReturnValue:
    """The list, those who came last first; by standing, or by the beginning of an address."""
    standing, words = request.args.get("state", ""), request.args.get("q", "").strip().lower()
    statement = select(Subscriber)
    if standing in set(Standing):
        statement = statement.where(Subscriber.standing == Standing(standing))
    if words:
        statement = statement.where(Subscriber.email.startswith(words, autoescape=True))
    found = paging.newest_first(statement, Subscriber.id, after=request.args.get("after", type=int))
    states = {"": "All"} | {each.value: each.value.capitalize() for each in Standing}
    return page("subscribers.html", found=found, state=standing, words=words, states=states)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One person: choices, receipts of consent, walks, messages, and what comes next."""
    person = _found(number)
    receipts = consents.receipts(person)
    return page(
        "subscriber.html",
        person=person,
        receipts=receipts,
        intact=consents.is_intact(receipts),
        tags=subscribers.tags(person),
        suppressed=suppression.reason(person.address_hash),
        ways=paths.way(person),
        next_letter=walks.next_letter(person),
        messages=ledger.addressed_to(person.email)[:50],
    )


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
    subscribers.turn_away(person.email, Reason.STAFF)
    say(
        f"Nothing goes to {person.email} any more, whoever adds it.",
        undo=f"/staff/subscribers/{number}/let-in",
    )
    return redirect(f"/staff/subscribers/{number}", 303)


@desk.post("/<int:number>/let-in")
def let_in(number: int) -> ResponseReturnValue:
    """Let an address that staff shut out ask for letters again."""
    person = _found(number)
    suppression.lift(person.address_hash, only=Reason.STAFF)
    say(f"{person.email} may ask for letters again.", kind="info")
    return redirect(f"/staff/subscribers/{number}", 303)


@desk.post("/<int:number>/erase")
def erase(number: int) -> ResponseReturnValue:
    """Delete all that the newsletter keeps about a person (GDPR, article 17)."""
    person = _found(number)
    subscribers.erase(person.public_id)
    say(f"All that the newsletter kept about {person.email} is deleted.")
    return redirect("/staff/subscribers", 303)


@desk.get("/<int:number>/export")
def export(number: int) -> ResponseReturnValue:
    """All that the newsletter keeps about a person, as a file (GDPR, article 15)."""
    person = _found(number)
    data = json.dumps(subscribers.export(person), indent=2, ensure_ascii=False, default=str)
    response = Response(data, content_type="application/json; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="reader-{number}.json"'
    return response


def _found(number: int) -> Subscriber:
    return db.session().get(Subscriber, number) or abort(404)
