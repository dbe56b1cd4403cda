"""Ed looks after readers and their sequences."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import shop.samples
from core import db
from newsletter import preferences, segments, sequences, tick, walks
from newsletter.conditions import Rule, Tagged, Term
from newsletter.models import Sequence, Standing, Subscriber
from newsletter.preferences import Preferences
from newsletter.steps import Mail
from tests import samples
from tests.staff.test_orders import order_of

pytestmark = pytest.mark.one_database

Join = Callable[[str], Subscriber]


@pytest.fixture
def welcome(app: Flask) -> int:
    """A sequence of two letters for whoever joins."""
    steps = [
        Mail(subject="Welcome", preheader="", body="Hello.", delay_days=0),
        Mail(subject="A second thought", preheader="", body="Again.", delay_days=3),
    ]
    sequences.publish("welcome", "Welcome", steps, trigger="confirmed")
    with db.reading() as session:
        return session.scalars(select(Sequence.id)).one()


def test_a_path_shows_who_waits_where(ed: FlaskClient, welcome: int, join: Join) -> None:
    join("Ada")
    assert "1 waiting" in ed.get(f"/staff/sequences/{welcome}").text.split("A second thought")[0]
    tick.tick()
    first, second = ed.get(f"/staff/sequences/{welcome}").text.split("A second thought")
    assert "1 on their way" in first
    assert "1 waiting" not in first
    assert "1 waiting" in second
    assert "3 days later" in first
    assert "Welcome" in ed.get("/staff/sequences").text
    assert "Again." in ed.get(f"/staff/sequences/{welcome}/1/html").text
    assert ed.get(f"/staff/sequences/{welcome}/2/html").status_code == 404


def test_ed_lets_nobody_begin_and_takes_it_back(ed: FlaskClient, welcome: int, join: Join) -> None:
    told = ed.post(f"/staff/sequences/{welcome}/stop", follow_redirects=True).text
    assert f'action="/staff/sequences/{welcome}/start"' in told
    join("Ada")
    assert "1 waiting" not in ed.get(f"/staff/sequences/{welcome}").text
    ed.post(f"/staff/sequences/{welcome}/start")
    join("Ben")
    assert "1 waiting" in ed.get(f"/staff/sequences/{welcome}").text


def test_one_reader_s_page_tells_all_that_happened(
    ed: FlaskClient, welcome: int, join: Join
) -> None:
    ada = join("Ada")
    tick.tick()
    page = ed.get(f"/staff/subscribers/{ada.id}").text
    assert "The chain of receipts is whole." in page
    assert "Requested" in page
    assert "Confirmed" in page
    assert "“A second thought” of Welcome" in page
    assert "A letter waits" in page


def test_a_walk_that_was_moved_says_to_which_moment(
    ed: FlaskClient, welcome: int, join: Join
) -> None:
    ada = join("Ada")
    tick.tick()
    weekly = Preferences(name="Ada", pace_days=7, timezone=None, paused_until=None)
    preferences.change(ada.public_id, weekly)
    page = ed.get(f"/staff/subscribers/{ada.id}").text
    assert re.search(
        r"Moved</strong> to <time datetime=\"\S+\">\d{4}-\d\d-\d\d, \d\d:\d\d UTC<", page
    )


def test_ed_finds_readers_by_the_beginning_of_their_address(ed: FlaskClient, join: Join) -> None:
    join("Ada")
    join("Ben")
    assert "ben@example.com" not in ed.get("/staff/subscribers?q=ADA").text
    assert "ada@example.com" in ed.get("/staff/subscribers?q=ADA").text
    assert "No address on the list fits." in ed.get("/staff/subscribers?state=bounced").text


def test_whoever_asks_to_leave_leaves(ed: FlaskClient, welcome: int, join: Join) -> None:
    ada = join("Ada")
    ed.post(f"/staff/subscribers/{ada.id}/unsubscribe")
    with db.reading() as session:
        assert session.get_one(Subscriber, ada.id).standing is Standing.UNSUBSCRIBED
    page = ed.get(f"/staff/subscribers/{ada.id}").text
    assert "Withdrawn" in page
    assert "<dd>none</dd>" in page


def test_an_address_is_shut_out_and_let_in_again(ed: FlaskClient, join: Join) -> None:
    ada = join("Ada")
    told = ed.post(f"/staff/subscribers/{ada.id}/shut-out", follow_redirects=True).text
    assert f'action="/staff/subscribers/{ada.id}/let-in"' in told
    assert "on the suppression list" in told
    ed.post(f"/staff/subscribers/{ada.id}/let-in")
    assert "on the suppression list" not in ed.get(f"/staff/subscribers/{ada.id}").text


def test_whoever_asks_for_their_data_gets_them_and_can_be_forgotten(
    ed: FlaskClient, welcome: int, join: Join
) -> None:
    ada = join("Ada")
    kept = ed.get(f"/staff/subscribers/{ada.id}/export")
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert "ada@example.com" in kept.text
    ed.post(f"/staff/subscribers/{ada.id}/erase")
    assert ed.get(f"/staff/subscribers/{ada.id}").status_code == 404


def test_ed_learns_why_a_letter_came_from_the_reader_and_from_the_sequence(
    ed: FlaskClient, welcome: int, join: Join
) -> None:
    ada = join("Ada")
    tick.tick()
    assert f"/staff/subscribers/{ada.id}/why" in ed.get(f"/staff/subscribers/{ada.id}").text
    assert "goes out at the next turn" in ed.get(f"/staff/subscribers/{ada.id}/why").text
    asked = f"/staff/sequences/{welcome}/why?email="
    assert "A second thought" in ed.get(asked + "Ada@example.com").text
    assert "Nobody has this address" in ed.get(asked + "nobody@example.com").text


def test_ed_flies_a_sequence_before_anybody_gets_it(
    ed: FlaskClient, welcome: int, join: Join
) -> None:
    join("Ada")
    page = ed.get(f"/staff/sequences/{welcome}/flight?zone=Asia/Tokyo&pace=7").text
    assert "<strong>2</strong> letters to 1 readers" in page
    assert "Asia/Tokyo with a pace of 7 days" in page
    assert (
        "<strong>2,000</strong>" in ed.get(f"/staff/sequences/{welcome}/flight?readers=1000").text
    )
    assert ed.get(f"/staff/sequences/{welcome}/flight?readers=9").status_code == 404


def test_ed_finds_readers_by_name_tag_and_segment(ed: FlaskClient, join: Join) -> None:
    segments.tag(join("Ada").id, "runs")
    join("Ben")
    segments.save("Runners", Rule((Term(Tagged("runs")),)))
    for asked in ("q=aD", "tag=runs", "segment=Runners", "state=confirmed&tag=runs"):
        page = ed.get(f"/staff/subscribers?{asked}").text
        assert "ada@example.com" in page, asked
        assert "ben@example.com" not in page, asked
    assert "No address on the list fits." in ed.get("/staff/subscribers?segment=nobody").text


def test_ed_tags_the_chosen_ones_and_everybody_who_fits(ed: FlaskClient, join: Join) -> None:
    ada, ben, _ = join("Ada"), join("Ben"), join("Chloe")
    form = {"word": "vip", "whom": "chosen", "person": [ada.id, ben.id], "do": "tag"}
    told = ed.post("/staff/subscribers/tags", data=form, follow_redirects=True).text
    assert "2 people have the tag “vip” now." in told
    form = {"word": "old", "whom": "all", "do": "tag"}
    told = ed.post("/staff/subscribers/tags?tag=vip", data=form, follow_redirects=True).text
    assert "2 people have the tag “old” now." in told
    form = {"word": "vip", "whom": "all", "do": "untag"}
    told = ed.post("/staff/subscribers/tags", data=form, follow_redirects=True).text
    assert "taken off 2 people" in told
    assert list(segments.tags()) == ["old"]
    for bad in ({"word": ""}, {"word": "vip", "whom": "chosen"}, {"word": "x" * 65}):
        told = ed.post("/staff/subscribers/tags", data=bad, follow_redirects=True).text
        assert "notice-error" in told


def test_a_bulk_tag_begins_no_sequence_and_one_by_hand_does(ed: FlaskClient, join: Join) -> None:
    letter = "Hello."
    steps = [Mail(subject="Run", preheader="", body=letter, delay_days=0)]
    sequences.publish("runners", "Runners", steps, trigger="tagged", trigger_value="runs")
    ada, ben = join("Ada"), join("Ben")
    ed.post("/staff/subscribers/tags", data={"word": "runs", "whom": "chosen", "person": ada.id})
    ed.post(f"/staff/subscribers/{ben.id}/tags", data={"word": "runs"})
    assert (len(walks.active(ada.id)), len(walks.active(ben.id))) == (0, 1)
    ed.post(f"/staff/subscribers/{ben.id}/tags", data={"word": "runs", "do": "untag"})
    assert segments.tags_of(ben) == []


def test_one_reader_s_history_holds_consents_mail_and_orders(
    ed: FlaskClient, olivia: FlaskClient, join: Join
) -> None:
    samples.fill(shop.samples)
    ada = join("Ada")
    order = order_of("Ada", 1001)
    page = olivia.get(f"/staff/subscribers/{ada.id}").text
    assert f'href="/staff/orders/{order}"' in page
    assert "Confirmed" in page
    assert f'href="/staff/orders/{order}"' not in ed.get(f"/staff/subscribers/{ada.id}").text


def test_staff_print_what_somebody_agreed_to(ed: FlaskClient, join: Join) -> None:
    page = ed.get(f"/staff/subscribers/{join('Ada').id}/proof").text
    assert "The chain is whole" in page
    assert "I would like to receive" in page
