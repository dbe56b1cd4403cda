"""Ed writes an issue, looks at it, sends it, stops it, and sees what became of it."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock, db
from core.mail import fates, queue
from core.mail.models import Delivery, State
from newsletter import dispatch, newsletters, subjects
from newsletter.models import IssueState, Newsletter, Subscriber
from newsletter.progress import Status
from staff.issue_page import shares

pytestmark = pytest.mark.one_database

FIELDS = {
    "subject": "The chair is not the enemy",
    "preheader": "Sitting still is.",
    "body": "Hello {{ name }},\n\nstand up when *something* ends.",
}


@pytest.fixture
def issue(app: Flask) -> int:
    """A draft."""
    return newsletters.draft(FIELDS["subject"], FIELDS["body"], preheader=FIELDS["preheader"])


def mail() -> list[Delivery]:
    """The issue's messages."""
    with db.reading() as session:
        rows = select(Delivery).where(Delivery.letter == "newsletter.issue")
        return list(session.scalars(rows.order_by(Delivery.id)))


def test_ed_writes_a_draft_and_sends_himself_a_test(ed: FlaskClient) -> None:
    answer = ed.post("/staff/newsletters/new", data=FIELDS | {"do": "test"})
    told = ed.get(answer.location).text
    assert "a test is on its way to ed@shop.example" in told
    with db.reading() as session:
        test = session.scalars(select(Delivery)).one()
    assert (test.letter, test.recipient) == ("newsletter.test", "ed@shop.example")


def test_the_preview_is_the_letter_and_tells_what_speaks_against_it(ed: FlaskClient) -> None:
    html = ed.post("/staff/newsletters/preview", data=FIELDS)
    assert "<em>something</em>" in html.text
    assert "Hello there" in html.text
    text = ed.post("/staff/newsletters/preview", data=FIELDS | {"view": "text"})
    assert text.text.startswith("<pre ")
    empty = ed.post("/staff/newsletters/preview", data=FIELDS | {"subject": ""})
    problems = json.loads(empty.headers["Problems"])
    assert {"message": "The subject is empty.", "weight": "blocks"} in problems


def test_ed_leaves_out_a_part_by_lot_and_sees_what_the_rest_bought(
    ed: FlaskClient, issue: int, join: Callable[[str], Subscriber]
) -> None:
    for number in range(12):
        join(f"reader-{number}")
    assert "10 of 100 readers, by lot" in ed.get(f"/staff/newsletters/{issue}/send").text
    assert ed.post(f"/staff/newsletters/{issue}/send", data={"held_out": "99"}).status_code == 400
    dispatch.send(issue, held_out=50)
    shown = ed.get(f"/staff/newsletters/{issue}").text
    assert "Held out by lot" in shown
    assert "too few to tell whether it added buyers" in shown


def test_what_a_letter_can_hold_is_listed_to_insert(sample_shop: Flask, ed: FlaskClient) -> None:
    listed = ed.get("/staff/newsletters/pieces").text
    assert "::product{slug=&#34;ql-claw&#34;}" in listed
    assert "::columns" in listed
    assert 'data-from="/staff/newsletters/pieces"' in ed.get("/staff/newsletters/new").text


def test_what_blocks_an_issue_keeps_it_from_going_out(
    ed: FlaskClient, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    hole = newsletters.draft("A tool", "::product{slug=no-such-tool}\n", preheader="x")
    empty = newsletters.draft("", "Hello", preheader="x")
    for number in (empty, hole):
        page = ed.get(f"/staff/newsletters/{number}/send").text
        if number == empty:
            assert "It cannot go out before this is mended." in page
            assert ed.post(f"/staff/newsletters/{number}/send").status_code == 422
    assert mail() == []


def test_ed_sends_pauses_and_resumes(
    ed: FlaskClient, issue: int, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    join("Ben")
    assert "Send to 2 readers" in ed.get(f"/staff/newsletters/{issue}/send").text
    told = ed.post(f"/staff/newsletters/{issue}/send", follow_redirects=True).text
    assert "It is on its way." in told
    assert f'action="/staff/newsletters/{issue}/pause"' in told
    assert "2 readers, every one accounted for" in told
    ed.post(f"/staff/newsletters/{issue}/pause")
    assert {row.state for row in mail()} == {State.HELD}
    ed.post(f"/staff/newsletters/{issue}/resume")
    assert {row.state for row in mail()} == {State.PENDING}
    ed.post(f"/staff/newsletters/{issue}/cancel")
    assert {row.state for row in mail()} == {State.EXCLUDED}
    late = ed.post(f"/staff/newsletters/{issue}/resume", follow_redirects=True).text
    assert "That cannot be done any more." in late


def test_a_moment_to_come_schedules_it_and_can_be_taken_back(
    ed: FlaskClient, issue: int, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    told = ed.post(
        f"/staff/newsletters/{issue}/send", data={"at": "2099-05-01T08:00"}, follow_redirects=True
    ).text
    assert "It goes out on May 1, 2099 at 08:00 UTC." in told
    assert newsletters.find(issue).state is IssueState.SCHEDULED
    ed.post(f"/staff/newsletters/{issue}/unschedule")
    assert newsletters.find(issue).state is IssueState.DRAFT
    assert mail() == []


def test_what_is_on_its_way_cannot_be_rewritten(
    ed: FlaskClient, issue: int, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    dispatch.send(issue)
    told = ed.post(f"/staff/newsletters/{issue}", data=FIELDS, follow_redirects=True).text
    assert "can no longer be changed" in told


def test_the_parts_of_an_audience_always_add_up_to_it() -> None:
    status = Status(
        id=1,
        subject="x",
        state="sending",
        audience=17,
        accepted=9,
        excluded={"paused": 2, "suppressed: bounced": 1},
        failed={"550": 1},
        unknown=1,
        pending=3,
    )
    assert sum(share.count for share in shares(status)) == status.audience


def test_ed_copies_an_issue_that_is_scheduled_and_the_copy_is_not(
    ed: FlaskClient, issue: int, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    ed.post(f"/staff/newsletters/{issue}/send", data={"at": "2099-05-01T08:00"})
    answer = ed.post(f"/staff/newsletters/{issue}/duplicate")
    assert FIELDS["subject"] in ed.get(answer.location).text
    copy = newsletters.find(int(answer.location.rpartition("/")[2]))
    assert (copy.state, copy.scheduled_at) == (IssueState.DRAFT, None)


def test_ed_sends_by_each_readers_clock_and_sees_when_the_hour_comes(
    ed: FlaskClient, issue: int, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    by_clock = {"at": "2099-05-01T08:00", "clock": "readers"}
    told = ed.get(f"/staff/newsletters/{issue}/send", query_string=by_clock).text
    assert "May 1, 2099, 12:00 UTC" in told
    assert "America/New_York" in told
    told = ed.post(f"/staff/newsletters/{issue}/send", data=by_clock, follow_redirects=True).text
    assert "May 1, 2099 at 08:00 by each reader&#39;s clock" in told
    assert newsletters.find(issue).local_at == "2099-05-01T08:00"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"at": "yesterday"}, "This is no moment."),
        ({"at": "2001-05-01T08:00"}, "That moment is over."),
        ({"clock": "readers"}, "By readers&#39; own clocks it needs a moment."),
        ({"at": "2001-05-01T08:00", "clock": "readers"}, "that hour is over already"),
    ],
)
def test_a_moment_that_cannot_be_is_said_at_its_field_and_nothing_goes(
    ed: FlaskClient,
    issue: int,
    join: Callable[[str], Subscriber],
    data: dict[str, str],
    said: str,
) -> None:
    join("Ada")
    answer = ed.post(f"/staff/newsletters/{issue}/send", data=data)
    assert answer.status_code == 422
    assert said in answer.text
    assert newsletters.find(issue).state is IssueState.DRAFT


def test_ed_writes_subjects_to_try_and_is_told_that_two_readers_are_too_few(
    ed: FlaskClient, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    more = {"subject_1": "Sit less", "preheader_1": "Stand up.", "subject_2": " ", "do": "save"}
    number = int(ed.post("/staff/newsletters/new", data=FIELDS | more).location.rpartition("/")[2])
    assert [each.subject for each in subjects.of(newsletters.find(number))] == [
        FIELDS["subject"],
        "Sit less",
    ]
    assert 'value="Stand up."' in ed.get(f"/staff/newsletters/{number}").text
    wanted = {"trial": "clicks", "share": "50"}
    told = ed.get(f"/staff/newsletters/{number}/send", query_string=wanted).text
    assert "a trial needs 100" in told
    answer = ed.post(f"/staff/newsletters/{number}/send", data=wanted)
    assert answer.status_code == 422
    assert "50 of 100 are about 0 readers for each subject; a trial needs 100." in answer.text
    assert ed.post(f"/staff/newsletters/{number}/send", data={"share": "7"}).status_code == 400


def test_the_preview_without_images_shows_their_words(ed: FlaskClient) -> None:
    pictured = FIELDS | {"body": "![A hand](/a.png)", "view": "images"}
    shown = ed.post("/staff/newsletters/preview", data=pictured).text
    assert 'alt="A hand"' in shown
    assert "/a.png" not in shown


def test_the_preview_is_dark_or_light_whatever_the_browser_is(ed: FlaskClient) -> None:
    def shown(view: str) -> str:
        return ed.post("/staff/newsletters/preview", data=FIELDS | {"view": view}).text

    assert "@media (min-width: 0)" in shown("dark")
    assert "@media (max-width: 0)" in shown("phone")
    assert "prefers-color-scheme" not in shown("dark") + shown("desktop")


def test_ed_sees_why_it_failed_and_sends_it_again(
    ed: FlaskClient, issue: int, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    dispatch.send(issue)
    for row in queue.claim("worker", 9):
        queue.begin({row: "x"})
        fates.fail(row, "554 5.7.1 blocked")
    told = ed.get(f"/staff/newsletters/{issue}").text
    assert "554 5.7.1 blocked" in told
    assert '<input type="hidden" name="code" value="554">' in told
    again = f"/staff/newsletters/{issue}/again"
    told = ed.post(again, data={"code": "554"}, follow_redirects=True).text
    assert "It goes again to 1 reader." in told
    assert [row.state for row in mail()] == [State.PENDING]


def test_of_an_old_letter_it_is_said_that_openings_were_deleted(
    sample_shop: Flask, ed: FlaskClient, join: Callable[[str], Subscriber]
) -> None:
    join("Ada")
    number = newsletters.draft("The tool", "It is [here](/products/ql-claw).", preheader="It is.")
    ed.post(f"/staff/newsletters/{number}/send")
    address, said = f"/staff/newsletters/{number}", "those of its first readers are deleted"
    page = ed.get(address).text
    assert "Links followed" in page
    assert said not in page
    with db.transaction() as session:
        session.get_one(Newsletter, number).frozen_at = clock.now() - timedelta(days=401)
    assert said in ed.get(address).text
