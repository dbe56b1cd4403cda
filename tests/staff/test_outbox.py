"""The desk that shows every message and its fate."""

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock, config, db
from core.mail import ledger, letters, warming
from core.mail.letters import Letter, Message
from core.mail.models import Delivery, State, Stream

pytestmark = pytest.mark.one_database


@pytest.fixture
def messages(app: Flask) -> dict[str, int]:
    """Messages to Ada, Ben and Chloe: waiting, failed, and one whose fate is unknown."""
    letters.register(
        Letter(
            name="test.note",
            stream=Stream.MARKETING,
            compose=lambda delivery: Message(
                subject="A note", html=f"<p>Dear {delivery.recipient}</p>", text="Dear you\n"
            ),
        )
    )
    people = {"ada": State.PENDING, "ben": State.FAILED, "chloe": State.UNKNOWN}
    ids = {}
    with db.transaction() as session:
        for name, state in people.items():
            ledger.enqueue(
                key=f"note:{name}",
                letter="test.note",
                recipient=f"{name}@example.com",
                source=f"notes:{name}",
            )
            row = session.query(Delivery).filter_by(key=f"note:{name}").one()
            row.state = state
            ids[name] = row.id
    return ids


def test_filters_are_in_the_address(ed: FlaskClient, messages: dict[str, int]) -> None:
    def shown(query: str) -> set[str]:
        page = ed.get(f"/staff/outbox{query}").text
        return {name for name in messages if f"{name}@example.com</a>" in page}

    assert shown("") == {"ada", "ben", "chloe"}
    assert shown("?state=waiting") == {"ada"}
    assert shown("?state=failed") == {"ben"}
    assert shown("?to=Chl") == {"chloe"}
    assert shown("?source=notes:ben") == {"ben"}
    assert shown("?letter=other") == set()


def test_what_went_within_another_message_leads_to_it(
    ed: FlaskClient, messages: dict[str, int]
) -> None:
    with db.transaction() as session:
        session.get_one(Delivery, messages["chloe"]).within = messages["ben"]
    assert (
        f'<a href="/staff/outbox/{messages["ben"]}">message'
        in ed.get(f"/staff/outbox/{messages['chloe']}").text
    )
    assert "Within" not in ed.get(f"/staff/outbox/{messages['ada']}").text


def test_a_long_list_goes_on_below_its_last_row(ed: FlaskClient) -> None:
    letters.register(
        Letter(
            name="test.note",
            stream=Stream.MARKETING,
            compose=lambda _: Message(subject="A note", html="", text=""),
        )
    )
    with db.transaction():
        for number in range(120):
            ledger.enqueue(
                key=f"note:{number}",
                letter="test.note",
                recipient=f"reader-{number}@example.com",
                source="notes",
            )
    seen: list[str] = []
    address = "/staff/outbox?source=notes"
    for _ in range(3):
        page = ed.get(address).text
        seen += [part.split("<")[0] for part in page.split("reader-")[1:] if "@" in part[:20]]
        if 'rel="next"' in page:
            address = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0]
            address = address.replace("&amp;", "&")
    assert seen == [f"{number}@example.com" for number in reversed(range(120))]


def test_one_message_shows_what_it_says_and_nothing_in_it_acts(
    ed: FlaskClient, messages: dict[str, int]
) -> None:
    page = ed.get(f"/staff/outbox/{messages['chloe']}")
    assert "to send it again may mean twice" in page.text
    part = ed.get(f"/staff/outbox/{messages['chloe']}/html")
    assert part.text == "<p>Dear chloe@example.com</p>"
    assert "default-src 'none'" in part.headers["Content-Security-Policy"]
    assert "sandbox" in part.headers["Content-Security-Policy"]


def test_a_warm_up_says_how_far_todays_share_is_spent(ed: FlaskClient) -> None:
    assert "warms up" not in ed.get("/staff/outbox").text
    shop = config.current()
    today = clock.now().date()
    config.install(replace(shop, mail=replace(shop.mail, warm_up=today)))
    warming.take(150)
    page = ed.get("/staff/outbox").text
    assert "Day 1 of 42: 150 of 200 letters" in page
    assert "The share grows every day" in page
    warming.take(99)
    assert "The rest follows tomorrow" in ed.get("/staff/outbox").text


def test_what_failed_or_is_unknown_goes_again_when_staff_say_so(
    fay: FlaskClient, messages: dict[str, int]
) -> None:
    for name in ("ben", "chloe"):
        assert "Send again" in fay.get(f"/staff/outbox/{messages[name]}").text
        fay.post(f"/staff/outbox/{messages[name]}/retry")
    with db.reading() as session:
        states = {row.state for row in session.query(Delivery).all()}
    assert states == {State.PENDING}
    assert "Send again" not in fay.get(f"/staff/outbox/{messages['ada']}").text
    fay.post(f"/staff/outbox/{messages['ada']}/retry")
    assert "neither failed nor unknown" in fay.get("/staff/outbox").text


def test_a_message_that_cannot_be_composed_still_shows_its_fate(
    ed: FlaskClient, messages: dict[str, int]
) -> None:
    with db.transaction() as session:
        session.get_one(Delivery, messages["ada"]).letter = "forgotten.letter"
    page = ed.get(f"/staff/outbox/{messages['ada']}")
    assert page.status_code == 200
    assert "cannot be composed any more" in page.text
    assert ed.get(f"/staff/outbox/{messages['ada']}/html").status_code == 404
