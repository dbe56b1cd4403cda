"""Ed writes a sequence by forms alone, sees whom a new version would touch, and publishes it."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from core import db, settings
from core.mail import letters
from core.mail.models import Delivery
from newsletter import drafts, mailing, segments, tick
from newsletter.conditions import Match, Rule, Tagged, Term
from newsletter.models import Sequence, Subscriber
from newsletter.steps import Branch, End, Goal, Late, Mail, Step, Tag
from tests.newsletter.conftest import fill_list

pytestmark = pytest.mark.one_database

NEW = "/staff/sequences/new"
RUNNER = Rule((Term(Tagged("runner")),))


@pytest.fixture
def runners(ed: FlaskClient) -> str:
    """The address of a new sequence without a step."""
    settings.change(postal_address="1 Road, Town")
    form = {"title": "Runners", "trigger": "tagged", "value": "runner"}
    return ed.post(NEW, data=form).location.removesuffix("/edit")


def draft() -> list[Step]:
    with db.reading() as session:
        return drafts.read(session.scalars(select(Sequence)).one())


def seen() -> str:
    return drafts.mark(draft())


def ed_sees(ed: FlaskClient, of: str) -> str:
    """The mark of the steps that a page of a sequence shows."""
    found = re.search('name="seen" value="([^"]*)"', ed.get(f"{of}/publish").text)
    assert found is not None
    return found[1]


def write(ed: FlaskClient, to: str, **fields: str) -> str:
    """What is told after a step was sent from its form."""
    answer = ed.post(to, data={"seen": seen(), "do": "save"} | fields, follow_redirects=True)
    return unescape(answer.text)


def test_a_sequence_is_written_step_by_step(ed: FlaskClient, runners: str) -> None:
    assert "No step yet" in ed.get(runners, follow_redirects=True).text
    assert 'name="subject"' in ed.get(f"{runners}/edit/new?kind=mail&at=0").text
    new = f"{runners}/edit/new"
    write(ed, new, kind="mail", subject="Welcome", body="Hello", hour="18", weekday="1")
    write(ed, new, kind="end", at="1")
    chosen = write(ed, new, kind="branch", at="1", another="tagged", do="add")
    assert 'name="tag-0"' in chosen
    asked = {"match": "all", "kind-0": "tagged", "holds-0": "yes", "tag-0": "runner"}
    write(ed, new, kind="branch", at="1", otherwise="2", **asked)
    write(ed, new, kind="goal", at="2", delay_days="2", late="skip", **asked)
    told = write(ed, new, kind="tag", at="2", tag="knows")
    assert "Has the tag runner: go on; otherwise with step 5" in told
    assert draft() == [
        Mail(subject="Welcome", body="Hello", hour=18, weekday=1),
        Branch(rule=RUNNER, otherwise=4),
        Tag(tag="knows"),
        Goal(rule=RUNNER, delay_days=2, late=Late.SKIP),
        End(),
    ]


def test_what_is_wrong_is_told_at_its_field_and_nothing_is_lost(
    ed: FlaskClient, runners: str
) -> None:
    new = f"{runners}/edit/new"
    told = write(ed, new, kind="mail", subject="", body="Dear reader", delay_days="soon")
    assert 'id="delay_days-error">A whole number, please.' in told
    assert "Dear reader" in told
    assert 'id="subject-error">a letter has a subject.' in write(ed, new, kind="mail", body="Hello")
    assert 'id="body-error"' in write(ed, new, kind="mail", subject="A", body="{{ wish }}")
    row = {"match": "any", "kind-0": "tagged", "holds-0": "yes"}
    told = write(ed, new, kind="goal", **row)
    assert 'id="holds-0-error">Say which tag.' in told
    assert 'id="rule-error">A condition is not complete.' in told
    assert '<option value="any" selected>' in told
    assert 'id="rule-error">One condition at least' in write(ed, new, kind="goal")
    assert 'id="otherwise-error"' in write(
        ed, new, kind="branch", otherwise="9", **row, **{"tag-0": "a"}
    )
    assert draft() == []


def test_a_branch_asks_all_or_any_of_several_conditions(ed: FlaskClient, runners: str) -> None:
    first = {"kind-0": "tagged", "holds-0": "yes", "tag-0": "runner"}
    second = {"kind-1": "came-from", "holds-1": "no", "source-1": "checkout"}
    asked = {"match": "any", "otherwise": "2"} | first | second
    write(ed, f"{runners}/edit/new", kind="end")
    shrunk = write(ed, f"{runners}/edit/new", kind="branch", at="0", do="drop:0", **asked)
    assert 'name="tag-0"' not in shrunk
    assert 'name="source-0"' in shrunk
    told = write(ed, f"{runners}/edit/new", kind="branch", at="0", **asked)
    assert "Has the tag runner; or did not sign up through checkout: go on" in told
    form = ed.get(f"{runners}/edit/0").text
    assert '<option value="any" selected>' in form
    assert 'name="source-1"' in form
    write(ed, f"{runners}/edit/0", **asked | {"match": "all"})
    assert [step.rule.match for step in draft() if isinstance(step, Branch)] == [Match.ALL]


def test_steps_are_moved_and_removed(ed: FlaskClient, runners: str) -> None:
    for subject in ("One", "Two", "Three"):
        write(ed, f"{runners}/edit/new", kind="mail", subject=subject, body="Hello")
    ed.post(f"{runners}/edit/2/lift", data={"seen": seen()})
    ed.post(f"{runners}/edit/0/remove", data={"seen": seen()})
    assert [step.subject for step in draft() if isinstance(step, Mail)] == ["Three", "Two"]
    told = ed.post(f"{runners}/edit/0/remove", data={"seen": "old"}, follow_redirects=True).text
    assert "Somebody else changed the steps" in told
    late = ed.post(
        f"{runners}/edit/0", data={"subject": "Mine", "body": "Hello", "seen": "old", "do": "save"}
    )
    assert late.status_code == 409
    assert "Mine" in late.text
    assert len(draft()) == 2


def test_publishing_shows_who_is_affected_first(
    ed: FlaskClient, runners: str, join: Callable[[str], Subscriber]
) -> None:
    for subject, days in (("One", "0"), ("Two", "3")):
        write(ed, f"{runners}/edit/new", kind="mail", subject=subject, body="A", delay_days=days)
    assert "first version, of 2 steps" in ed.get(f"{runners}/publish").text
    ed.post(f"{runners}/publish", data={"seen": seen()})
    ada = join("Ada")
    ed.post(f"{runners}/start")
    segments.tag(ada.id, "runner")
    tick.tick()
    ed.post(f"{runners}/edit/1/remove", data={"seen": seen()})
    write(ed, f"{runners}/edit/new", kind="mail", subject="Anew", body="A", delay_days="3")
    page = ed.get(f"{runners}/publish").text
    assert "Anew" in page
    assert "These 1 people" in page
    told = ed.post(
        f"{runners}/publish", data={"seen": seen(), "under_way": "move"}, follow_redirects=True
    ).text
    assert "1 people who were under way go on with it." in told
    assert "1 waiting" in told


def test_title_and_beginning_can_be_changed(ed: FlaskClient, runners: str) -> None:
    assert "Say which tag." in ed.post(NEW, data={"title": "A", "trigger": "tagged"}).text
    assert "of that title" in ed.post(NEW, data={"title": "Runners", "trigger": ""}).text
    changed = {"title": "Joggers", "trigger": "date", "value": "tomorrow"}
    assert "A day looks like" in ed.post(f"{runners}/settings", data=changed).text
    ed.post(f"{runners}/settings", data=changed | {"value": "2026-12-31"})
    assert 'value="2026-12-31"' in ed.get(f"{runners}/settings").text
    assert "Joggers" in ed.get("/staff/sequences").text


def test_a_cap_is_set_and_taken_back(ed: FlaskClient) -> None:
    wrong = ed.post("/staff/sequences/caps", data={"letters_a_day": "many"}, follow_redirects=True)
    assert "Letters in a day: a number from 0 to 99, please." in wrong.text
    caps = {"letters_a_day": "2", "letters_a_week": "5"}
    told = ed.post("/staff/sequences/caps", data=caps, follow_redirects=True).text
    assert 'value="5"' in told
    assert 'action="/staff/sequences/caps"' in told
    assert settings.store().letters_a_day == 2
    assert not settings.store().letters_merge
    ed.post("/staff/sequences/caps", data=caps | {"letters_merge": "1"})
    assert settings.store().letters_merge


def test_readers_begin_by_hand_and_are_taken_out(
    ed: FlaskClient, runners: str, join: Callable[[str], Subscriber]
) -> None:
    assert "Nobody begins it as it stands" in ed.get(f"{runners}/begin").text
    write(ed, f"{runners}/edit/new", kind="mail", subject="One", body="Hello")
    write(ed, f"{runners}/edit/new", kind="mail", subject="Two", body="Hello", delay_days="3")
    ed.post(f"{runners}/publish", data={"seen": seen()})
    told = ed.post(f"{runners}/start", follow_redirects=True).text
    assert "Runners begins when somebody is tagged “runner” from now on." in unescape(told)
    ada, ben = join("Ada"), join("Ben")
    assert (
        "<strong>2</strong> readers have never begun it" in ed.get(f"{runners}/begin?segment=").text
    )
    assert ed.get(f"{runners}/begin?segment=lost").status_code == 404
    why = f"{runners}/why?email={ada.email}"
    assert "Let them begin" in ed.get(why).text
    deeds = f"{runners}/readers/{ada.id}"
    assert "began" in ed.post(f"{deeds}/begin", follow_redirects=True).text
    told = ed.post(f"{runners}/begin", data={"segment": ""}, follow_redirects=True).text
    assert "1 reader began." in told
    assert "Take them out" in ed.get(why).text
    assert f"{runners}/why?email=ada%40example.com" in ed.get(f"/staff/subscribers/{ada.id}").text
    told = ed.post(f"{deeds}/take_out", follow_redirects=True).text
    assert "gets no further letter of Runners" in told
    assert "staff had taken them out of the sequence" in told
    assert "0 reader" not in ed.get(f"{runners}/begin?segment=").text
    assert ben.email in ed.get(f"{runners}/why?email={ben.email}").text


def test_a_letter_that_must_not_go_out_stops_the_publishing(ed: FlaskClient, runners: str) -> None:
    new = f"{runners}/edit/new"
    write(ed, new, kind="mail", subject="One", body="This cures back pain.", preheader="A word")
    write(ed, new, kind="mail", subject="Two", body="Hello", preheader="A word")
    page = unescape(ed.get(f"{runners}/publish").text)
    assert "promises what nobody can show" in page
    assert f'<a href="{runners}/edit/0">Step 1</a>' in page
    assert "Publish version 1</button>" not in page
    told = ed.post(f"{runners}/publish", data={"seen": seen()})
    assert told.status_code == 422
    assert "cannot be published before this is mended" in told.text
    write(ed, f"{runners}/edit/0", subject="One", body="This may ease a sore back.")
    assert "Publish version 1</button>" in ed.get(f"{runners}/publish").text
    assert ed.post(f"{runners}/publish", data={"seen": seen()}).status_code == 303
    settings.change(postal_address="")
    assert "What the letters show" not in ed.get(f"{runners}/publish").text
    write(ed, f"{runners}/edit/1", subject="Two", body="Hello again")
    assert "postal address is empty" in ed.get(f"{runners}/publish").text


def test_a_letter_of_a_draft_is_sent_to_whoever_writes_it(ed: FlaskClient, runners: str) -> None:
    body = "Hello {{ name }}, a word."
    told = write(ed, f"{runners}/edit/new", kind="mail", subject="One", body=body, do="test")
    assert "a test is on its way to ed@shop.example" in told
    assert 'value="One"' in told
    assert [step.subject for step in draft() if isinstance(step, Mail)] == ["One"]
    with db.reading() as session:
        row = session.scalars(select(Delivery).where(Delivery.letter == mailing.TEST)).one()
        message = letters.find(row.letter).compose(row)
    assert (message.subject, row.recipient) == ("[Test] One", "ed@shop.example")
    assert "Hello there, a word." in message.text


def test_a_sequence_is_copied_and_deleted_until_somebody_began_it(
    ed: FlaskClient, runners: str, join: Callable[[str], Subscriber]
) -> None:
    write(ed, f"{runners}/edit/new", kind="mail", subject="One", body="Hello")
    copies = [ed.post(f"{runners}/duplicate").location.removesuffix("/edit") for _ in range(2)]
    told = unescape(ed.get(f"{copies[1]}/edit").text)
    assert "Runners, copy 2" in told
    assert "One</a>" in told
    assert "Nobody begins it yet" in told
    assert (
        "Runners, copy 1 is deleted." in ed.post(f"{copies[0]}/delete", follow_redirects=True).text
    )
    ed.post(f"{runners}/publish", data={"seen": ed_sees(ed, runners)})
    ed.post(f"{runners}/start")
    segments.tag(join("Ada").id, "runner")
    assert "Delete for good" not in ed.get(runners).text
    told = ed.post(f"{runners}/delete", follow_redirects=True).text
    assert "Somebody has begun it" in told


def test_what_a_sequence_is_of_must_be_there(ed: FlaskClient, runners: str) -> None:
    asked = {"title": "Buyers", "trigger": "bought", "value": "ql-clow"}
    assert "There is no such product" in ed.post(f"{runners}/settings", data=asked).text
    assert ed.post(f"{runners}/settings", data=asked | {"value": ""}).status_code == 303
    assert "Begins when somebody buys." in ed.get(f"{runners}/edit").text.replace("It b", "B")
    # What has no meaning is not kept.
    ed.post(f"{runners}/settings", data=asked | {"trigger": "confirmed"})
    assert "ql-clow" not in ed.get(f"{runners}/settings").text


def test_the_chart_by_hours_says_which_days_it_shows(ed: FlaskClient, runners: str) -> None:
    write(ed, f"{runners}/edit/new", kind="mail", subject="One", body="Hello")
    shown = ed.get(f"{runners}/flight?readers=1000").text
    assert "Day by day and hour by hour</h2>" in shown
    write(ed, f"{runners}/edit/new", kind="mail", subject="Two", body="Hello", delay_days="200")
    shown = ed.get(f"{runners}/flight?readers=1000").text
    assert "Day by day and hour by hour, the first 90 days</h2>" in shown


def test_a_part_is_held_out_and_compared(ed: FlaskClient, runners: str) -> None:
    fill_list(40)
    asked = {"title": "Runners", "trigger": "tagged", "value": "runner"}
    told = ed.post(f"{runners}/settings", data=asked | {"held_out": "60"}).text
    assert 'id="held_out-error">A whole number from 0 to 50' in told
    assert 'value="60"' in told
    back = asked | {"trigger": "restocked", "value": "", "held_out": "10"}
    told = unescape(ed.post(f"{runners}/settings", data=back).text)
    assert 'id="held_out-error">What begins when what somebody waited for is back' in told
    assert ed.post(f"{runners}/settings", data=asked | {"held_out": "30"}).status_code == 303
    assert 'value="30"' in ed.get(f"{runners}/settings").text
    write(ed, f"{runners}/edit/new", kind="mail", subject="One", body="Hello")
    ed.post(f"{runners}/publish", data={"seen": seen()})
    assert "Nobody has been drawn yet" in ed.get(runners).text
    ed.post(f"{runners}/start")
    before = unescape(ed.get(f"{runners}/begin?segment=").text)
    drawn = int(re.findall(r"(\d+) of them were drawn by lot", before)[0])
    assert f"Held out by lot</dt><dd>{drawn}" in ed.get(f"{runners}/flight").text
    assert "Held out by lot</dt><dd>300" in ed.get(f"{runners}/flight?readers=1000").text
    told = ed.post(f"{runners}/begin", data={"segment": ""}, follow_redirects=True).text
    assert "40 readers began. Those who were drawn by lot get nothing." in told
    assert f"<dt>Held out by lot</dt><dd>{drawn}</dd>" in told
    assert "Held out by lot, 30 of 100" in told
    assert "too few to tell" in told
    assert f'<td class="number">{40 - drawn}</td>' in ed.get("/staff/sequences").text


def test_ed_pauses_a_sequence_and_lets_it_go_on(ed: FlaskClient, runners: str) -> None:
    assert "Images off" in ed.get(f"{runners}/edit/new?kind=mail&at=0").text
    write(ed, f"{runners}/edit/new", kind="mail", subject="One", body="Hello")
    steps_seen = {"seen": ed_sees(ed, runners)}
    told = ed.post(f"{runners}/publish", data=steps_seen, follow_redirects=True).text
    assert "Published. Nobody begins it until you let people begin." in told
    told = ed.post(f"{runners}/pause", follow_redirects=True).text
    assert "Runners is paused." in told
    assert "Paused: nothing of it goes." in told
    assert ">Paused</" in ed.get("/staff/sequences").text
    told = ed.post(f"{runners}/resume", follow_redirects=True).text
    assert "Runners goes on." in told
    assert "Paused" not in ed.get("/staff/sequences").text


def test_what_nobody_can_begin_says_so_and_what_is_missing(ed: FlaskClient, runners: str) -> None:
    write(ed, f"{runners}/edit/new", kind="mail", subject="Left", body="Hello", delay_days="1")
    ed.post(f"{runners}/publish", data={"seen": ed_sees(ed, runners)})
    shown = ed.get(runners).text
    assert "Nobody begins it as things are" not in shown
    assert "1 day later (2 by the pace of most readers)" in shown
    ed.post(f"{runners}/settings", data={"title": "Left", "trigger": "abandoned", "value": ""})
    assert "Nobody begins it as things are" in ed.get(runners).text
    settings.change(checkout_reminders=True)
    assert "Nobody begins it as things are" not in ed.get(runners).text
