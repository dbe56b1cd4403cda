"""Issues: drafted, examined, frozen, paused, cancelled, accounted for."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

import blog.samples
import shop.samples
from core import db
from core.mail import fates, ledger, letters, queue
from core.mail.models import Delivery, State
from core.settings import change
from newsletter import (
    archive,
    areas,
    dispatch,
    lateness,
    mailing,
    newsletters,
    personal_data,
    preferences,
    progress,
    segments,
    subjects,
    subscribers,
    suppression,
    verdicts,
)
from newsletter.conditions import Rule, Tagged, Term
from newsletter.dispatch import NotReady
from newsletter.models import IssueState, OtherSubject
from newsletter.newsletters import WrongState
from newsletter.preferences import Preferences
from newsletter.progress import Status
from newsletter.suppression import Reason
from shop import alerts
from shop.models import Price
from tests import samples
from tests.newsletter.conftest import Join, person

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
CAST = ("ada@example.com", "ben@example.com", "chloe@example.com", "dan@example.com")


def an_issue(body: str = "Hello {{ name }},\n\nnews.", segment: str | None = None) -> int:
    return newsletters.draft(
        "The chair is not the enemy", body, preheader="Sitting is.", segment=segment
    )


def rows(issue_id: int) -> list[Delivery]:
    with db.reading() as session:
        return list(
            session.scalars(
                select(Delivery)
                .where(Delivery.source == f"newsletter:{issue_id}")
                .order_by(Delivery.id)
            )
        )


def adds_up(status: Status) -> bool:
    return status.audience == (
        status.accepted
        + sum(status.excluded.values())
        + sum(status.failed.values())
        + status.unknown
        + status.pending
    )


def test_an_issue_names_itself_in_its_links_and_a_test_of_it_does_not(
    app: Flask, join: Join
) -> None:
    samples.fill(shop.samples, blog.samples)
    join("ada@example.com")
    issue = an_issue('::post{slug="psoas-trigger-points"}')
    newsletters.send_test(issue, "ben@example.com")
    dispatch.send(issue)
    assert f"/blog/psoas-trigger-points?from=newsletter:{issue}" in (
        newsletters.find(issue).text or ""
    )
    with db.reading() as session:
        (test,) = session.scalars(select(Delivery).where(Delivery.letter == mailing.TEST))
        assert "/blog/psoas-trigger-points\n" in letters.find(mailing.TEST).compose(test).text


def test_sending_writes_one_row_for_everybody_on_the_list(app: Flask, join: Join) -> None:
    for email in CAST:
        join(email)
    subscribers.subscribe("new@example.com", source="post")
    subscribers.unsubscribe(person("dan@example.com").public_id, method="button")
    issue = an_issue()
    dispatch.send(issue)
    assert [row.recipient for row in rows(issue)] == list(CAST[:3])
    assert progress.status(issue).as_dict() == {
        "id": issue,
        "subject": "The chair is not the enemy",
        "state": "sending",
        "audience": 3,
        "accepted": 0,
        "excluded": {},
        "failed": {},
        "unknown": 0,
        "pending": 3,
    }


def test_who_is_left_out_is_counted_with_the_reason(app: Flask, join: Join) -> None:
    join("ada@example.com")
    preferences.pause(join("ben@example.com").public_id)
    issue = an_issue()
    dispatch.send(issue)
    status = progress.status(issue)
    assert status.excluded == {"paused": 1}
    assert status.pending == 1
    assert adds_up(status)


def test_an_issue_goes_out_once(app: Flask, join: Join) -> None:
    join("ada@example.com")
    issue = an_issue()
    dispatch.send(issue)
    with pytest.raises(WrongState):
        dispatch.send(issue)
    with pytest.raises(WrongState):
        newsletters.revise(issue, subject="x", preheader="", body="y")
    assert len(rows(issue)) == 1


def test_a_segment_is_part_of_the_list(app: Flask, join: Join) -> None:
    join("ada@example.com")
    segments.tag(join("ben@example.com").id, "runs")
    segments.save("runners", Rule((Term(Tagged("runs")),)))
    issue = an_issue(segment="runners")
    assert dispatch.expected_audience(newsletters.find(issue)) == 1
    dispatch.send(issue)
    assert [row.recipient for row in rows(issue)] == ["ben@example.com"]
    assert archive.latest() == []


def test_a_pause_stops_what_has_not_begun_and_resuming_goes_on(app: Flask, join: Join) -> None:
    for email in CAST:
        join(email)
    issue = an_issue()
    dispatch.send(issue)
    claimed = [row for row in queue.claim("worker", 9) if row.letter == mailing.ISSUE]
    dispatch.pause(issue)
    assert not any(queue.begin({row: "x"}) for row in claimed)
    assert {row.state for row in rows(issue)} == {State.HELD}
    dispatch.resume(issue)
    assert {row.state for row in rows(issue)} == {State.PENDING}


def test_a_cancelled_issue_accounts_for_everybody(app: Flask, join: Join) -> None:
    for email in CAST:
        join(email)
    issue = an_issue()
    dispatch.send(issue)
    dispatch.cancel(issue)
    status = progress.status(issue)
    assert (status.state, status.excluded) == ("cancelled", {"cancelled": 4})
    with pytest.raises(WrongState):
        dispatch.resume(issue)


def test_a_scheduled_issue_goes_at_its_moment(app: Flask, join: Join) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        join("ada@example.com")
        issue = an_issue()
        dispatch.send(issue, at=NOW + timedelta(hours=1))
        dispatch.tend()
        assert newsletters.find(issue).state is IssueState.SCHEDULED
        machine.shift(timedelta(hours=1))
        dispatch.tend()
        assert newsletters.find(issue).state is IssueState.SENDING
        assert len(rows(issue)) == 1


@pytest.mark.parametrize(("late", "state"), [(0, IssueState.SENDING), (1, IssueState.DRAFT)])
def test_what_an_outage_made_stale_is_held_and_staff_are_told(
    app: Flask, join: Join, late: int, state: IssueState
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        join("ada@example.com")
        issue = an_issue()
        dispatch.send(issue, at=NOW + timedelta(hours=1))
        machine.shift(timedelta(hours=1, seconds=late) + lateness.LATEST)
        dispatch.tend()
        assert newsletters.find(issue).state is state
        assert len(rows(issue)) == 1 - late
        assert ["is a draft again" in alert.message for alert in alerts.unseen()] == [True] * late


def test_an_issue_is_done_when_nothing_is_pending(app: Flask, join: Join) -> None:
    join("ada@example.com")
    issue = an_issue()
    dispatch.send(issue)
    dispatch.tend()
    assert newsletters.find(issue).state is IssueState.SENDING
    for row in queue.claim("worker", 9):
        fates.exclude(row, "a test")
    assert progress.status(issue).state == "done"
    dispatch.tend()
    assert newsletters.find(issue).state is IssueState.DONE


def test_the_last_look_finds_what_changed_since(app: Flask, join: Join) -> None:
    for email in CAST:
        join(email)
    issue = an_issue()
    dispatch.send(issue)
    subscribers.unsubscribe(person("ada@example.com").public_id, method="one-click")
    suppression.suppress(person("ben@example.com").address_hash, Reason.COMPLAINED)
    personal_data.erase(person("chloe@example.com").public_id)
    batch = [row for row in rows(issue) if row.state is State.PENDING]
    with db.reading():
        found = {row.recipient: verdicts.last_look(batch).get(row.id) for row in batch}
    assert found == {
        "ada@example.com": "unsubscribed",
        "ben@example.com": "suppressed: complained",
        "dan@example.com": None,
    }
    assert adds_up(progress.status(issue))


def test_a_slower_pace_puts_an_issue_off_and_a_very_slow_one_leaves_it_out(
    app: Flask, join: Join
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        ada = join("ada@example.com")
        weekly = Preferences(name=None, pace_days=7, timezone="UTC", paused_until=None)
        preferences.change(ada.public_id, weekly)
        first, second = an_issue(), an_issue()
        dispatch.send(first)
        for row in queue.claim("worker", 9):
            queue.begin({row: "x"})
            fates.accept(row)
        machine.shift(timedelta(days=1))
        dispatch.send(second)
        with db.reading():
            verdict = verdicts.last_look(rows(second))[rows(second)[0].id]
        assert isinstance(verdict, letters.Wait)
        assert verdict.until == NOW + timedelta(days=7) - timedelta(hours=6)
        fates.wait(rows(second)[0], verdict.until, verdict.reason)
        machine.move_to(verdict.until)
        with db.reading():
            assert verdicts.last_look(rows(second)) == {}


def test_whoever_chose_no_slower_pace_gets_each_issue_at_once(app: Flask, join: Join) -> None:
    join("ada@example.com")
    for issue in (an_issue(), an_issue()):
        dispatch.send(issue)
        for row in queue.claim("worker", 9):
            with db.reading():
                assert letters.look(row.letter, [row]).get(row.id) in (None, "confirmed already")
            queue.begin({row: "x"})
            fates.accept(row)


def test_an_issue_carries_what_mail_programs_ask_for(app: Flask, join: Join) -> None:
    ada = join("ada@example.com", name="Ada")
    issue = an_issue()
    dispatch.send(issue)
    with db.reading():
        message = letters.find(mailing.ISSUE).compose(rows(issue)[0])
    headers = message.headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<http://localhost:8000/newsletter/unsubscribe/")
    assert headers["List-Id"] == "Letters <letters.localhost>"
    assert headers["Feedback-ID"] == f"newsletter-{issue}:letters:marketing:localhost"
    assert "Hello Ada," in message.text
    assert f"/archive/{newsletters.find(issue).slug}" in message.text
    assert ada.email not in headers["List-Unsubscribe"]


def test_slugs_in_the_archive_are_told_apart(app: Flask) -> None:
    slugs = [newsletters.find(an_issue()).slug for _ in range(3)]
    assert slugs == [
        "the-chair-is-not-the-enemy",
        "the-chair-is-not-the-enemy-2",
        "the-chair-is-not-the-enemy-3",
    ]


def test_the_archive_shows_what_went_out_and_no_draft(app: Flask, join: Join) -> None:
    client = app.test_client()
    issue = an_issue()
    slug = newsletters.find(issue).slug
    assert client.get(f"/newsletter/archive/{slug}").status_code == 404
    dispatch.send(issue)
    assert "Hello there," in client.get(f"/newsletter/archive/{slug}").text
    assert slug in client.get("/newsletter/archive/").text
    assert "Hello there," in client.get("/newsletter/").text
    feed = client.get("/newsletter/archive/feed.xml")
    assert feed.mimetype == "application/atom+xml"
    assert slug in feed.text


def test_without_a_postal_address_nothing_goes(app: Flask, join: Join) -> None:
    join("ada@example.com")
    change(postal_address="")
    issue = an_issue()
    with pytest.raises(NotReady, match="postal address"):
        dispatch.send(issue)
    assert rows(issue) == []


def test_a_test_letter_counts_nowhere(app: Flask) -> None:
    issue = an_issue()
    newsletters.send_test(issue, "editor@example.com")
    assert progress.status(issue).audience == 0
    row = ledger.addressed_to("editor@example.com")[0]
    with db.reading():
        message = letters.find(row.letter).compose(row)
    assert message.subject == "[Test] The chair is not the enemy"
    assert "List-Unsubscribe" not in message.headers


FATES = (
    *("pause", "resume", "cancel", "leave", "erase"),
    *("accept", "fail", "exclude", "lose", "postpone", "doubt"),
)


@given(fates=st.lists(st.sampled_from(FATES), max_size=12))
@settings(max_examples=12)
def test_whatever_happens_the_numbers_add_up(app: Flask, join: Join, fates: list[str]) -> None:
    with db.transaction():
        for letter in "abcdef":
            address = f"{letter}@example.com"
            if not ledger.addressed_to(address):
                join(address)
    issue = an_issue()
    dispatch.send(issue)
    for fate in fates:
        _befall(fate, issue)
        assert adds_up(progress.status(issue))
    done = progress.status(issue)
    assert done.state != "done" or done.pending == 0


ISSUE_VERBS: dict[str, Callable[[int], None]] = {
    "pause": dispatch.pause,
    "resume": dispatch.resume,
    "cancel": dispatch.cancel,
}
PERSON_VERBS: dict[str, Callable[[str], None]] = {
    "leave": lambda public_id: subscribers.unsubscribe(public_id, method="button"),
    "erase": personal_data.erase,
}
ROW_VERBS: dict[str, Callable[[Delivery], object]] = {
    "accept": fates.accept,
    "fail": lambda row: fates.fail(row, "550 no such user"),
    "exclude": lambda row: fates.exclude(row, "a test"),
    "lose": lambda row: fates.lose(row, "connection lost"),
    "postpone": lambda row: fates.postpone(row, "451 busy"),
    "doubt": lambda row: fates.doubt(row, "connection lost"),
}


def _befall(fate: str, issue: int) -> None:
    if fate in ISSUE_VERBS:
        with suppress(WrongState):
            ISSUE_VERBS[fate](issue)
    elif fate in PERSON_VERBS:
        open_ones = [row for row in rows(issue) if row.state in (State.PENDING, State.HELD)]
        for row in open_ones[:1]:
            PERSON_VERBS[fate](person(row.recipient).public_id)
    else:
        mine = [row for row in queue.claim("worker", 50) if row.source == f"newsletter:{issue}"]
        for row in mine[:1]:
            queue.begin({row: "x"})
            ROW_VERBS[fate](row)


def test_a_copy_is_about_the_same(app: Flask) -> None:
    about = [*areas.every()][:1]
    issue = an_issue()
    areas.tell(issue, about)
    assert newsletters.find(newsletters.duplicate(issue)).areas == about


def test_what_went_out_is_shown_as_it_went(app: Flask, join: Join) -> None:
    samples.fill(shop.samples)
    join("ada@example.com")
    issue = an_issue('::product{slug="ql-claw"}')
    dispatch.send(issue)
    with db.transaction() as session:
        session.execute(update(Price).values(amount=1234))
    shown = newsletters.show(newsletters.find(issue))
    assert "$89.00" in shown.html
    assert "$12.34" in newsletters.preview("A", "B", '::product{slug="ql-claw"}').html


def test_another_subject_without_a_preheader_has_the_first_ones(app: Flask, join: Join) -> None:
    join("ada@example.com")
    issue = newsletters.draft("One", "Hello", preheader="Of both", others=[("Two", "")])
    subjects.freeze(newsletters.find(issue), f"newsletter:{issue}")
    with db.reading() as session:
        (other,) = session.scalars(select(OtherSubject))
    assert "Of both" in (other.html or "")


def test_a_letter_to_a_part_of_the_list_is_on_the_web_for_who_has_it(
    app: Flask, join: Join
) -> None:
    segments.tag(join("ada@example.com").id, "runners")
    segments.save("Runners", Rule((Term(Tagged("runners")),)))
    issue = an_issue(segment="Runners")
    dispatch.send(issue)
    with db.reading():
        said = letters.find(mailing.ISSUE).compose(rows(issue)[0]).text
    (address,) = re.findall(r"http://localhost:8000(/newsletter/letter/\S+)", said)
    client, slug = app.test_client(), newsletters.find(issue).slug
    shown = client.get(address)
    assert "Hello there," in shown.text
    assert shown.headers["X-Robots-Tag"] == "noindex"
    assert client.get(f"/newsletter/archive/{slug}").status_code == 404
    assert client.get(f"{address}x").status_code == 404


def test_a_letter_whose_issue_was_called_off_still_leads_to_it(app: Flask, join: Join) -> None:
    join("ada@example.com")
    issue = an_issue()
    dispatch.send(issue)
    dispatch.cancel(issue)
    client, slug = app.test_client(), newsletters.find(issue).slug
    assert client.get(f"/newsletter/archive/{slug}").status_code == 200
    assert slug not in client.get("/newsletter/archive/").text
    untouched = an_issue()
    newsletters.change(untouched, {IssueState.DRAFT}, state=IssueState.CANCELLED)
    missing = newsletters.find(untouched).slug
    assert client.get(f"/newsletter/archive/{missing}").status_code == 404
