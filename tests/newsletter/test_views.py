"""The newsletter's pages, as a browser or a mail program asks for them."""

import re
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

import blog.samples
import shop.samples
from core import db
from newsletter import links, subscribers
from newsletter.models import Consent, Standing
from tests import samples
from tests.newsletter.conftest import Join, confirmation_token, mail_to, person

pytestmark = pytest.mark.one_database

ADA = "ada@example.com"


def ask(visitor: FlaskClient, **form: str) -> tuple[int, str]:
    answer = visitor.post("/newsletter/subscribe", data={"source": "post", **form})
    return answer.status_code, answer.text


def token_of(email: str) -> str:
    return links.token(person(email).public_id)


def test_the_answer_is_the_same_whoever_is_on_the_list(
    visitor: FlaskClient, app: Flask, join: Join
) -> None:
    join(ADA)
    left = join("ben@example.com")
    subscribers.unsubscribe(left.public_id, method="button")
    answers = {ask(visitor, email=email) for email in (ADA, "ben@example.com", "new@example.com")}
    assert len(answers) == 1
    assert answers.pop()[0] == 200


def test_each_page_that_is_read_offers_the_letters(app: Flask, visitor: FlaskClient) -> None:
    """With a source of its own, by which segments tell where people came from."""
    samples.fill(shop.samples, blog.samples)
    offers = {
        "/": "home",
        "/products/ql-claw": "product",
        "/blog/": "blog",
        "/blog/topics/low-back": "topic",
        "/blog/psoas-trigger-points": "post",
        "/pain-finder": "finder",
        "/pain-finder/temple": "finder",
        "/muscles/": "muscles",
        "/muscles/quadratus-lumborum": "muscle",
        "/newsletter/": "newsletter",
        "/newsletter/archive/": "archive",
    }
    for path, source in offers.items():
        page = visitor.get(path).text
        assert page.count('action="/newsletter/subscribe"') == 1, path
        assert f'name="source" value="{source}"' in page, path
    for path in ("/pages/safety", "/cart", "/orders/", "/blog/search?q=psoas"):
        page = visitor.get(path).text
        assert 'action="/newsletter/subscribe"' not in page
        assert 'href="/newsletter/"' in page


# The dialogue with mail servers has no letters beyond ASCII before the @ (RFC 6531).
@pytest.mark.parametrize("entered", ["ada@example", "ümit@example.com"])
def test_what_no_letter_can_be_sent_to_is_named_beside_the_field(
    visitor: FlaskClient, entered: str
) -> None:
    status, page = ask(visitor, email=entered)
    assert status == 400
    assert f'value="{entered}"' in page
    assert 'aria-invalid="true"' in page


def test_what_was_typed_beside_a_bad_address_stays_with_where_it_was_typed(
    visitor: FlaskClient,
) -> None:
    form = {"email": "ada@", "name": "Ada", "pace_days": "7", "page": "/blog/psoas"}
    _, page = ask(visitor, **form)
    assert 'name="source" value="post"' in page
    assert 'name="page" value="/blog/psoas"' in page
    assert 'value="Ada"' in page
    assert '<option value="7" selected>' in page


def test_what_was_meant_takes_one_press(visitor: FlaskClient) -> None:
    _, page = ask(visitor, email="ada@gmial.com", name="Ada", pace_days="7", page="/blog/psoas")
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    assert form.pop("email") == "ada@gmail.com"
    assert form == {"source": "post", "name": "Ada", "pace_days": "7", "page": "/blog/psoas"}


def test_a_machine_that_fills_in_every_field_is_thanked_and_forgotten(
    visitor: FlaskClient, app: Flask
) -> None:
    status, _ = ask(visitor, email=ADA, website="https://spam.example")
    assert status == 200
    assert mail_to(ADA) == []


def test_a_slip_in_a_large_provider_s_name_is_pointed_out(visitor: FlaskClient) -> None:
    _, page = ask(visitor, email="ada@gmial.com")
    assert "ada@gmail.com" in page


def test_looking_at_a_confirmation_changes_nothing_and_pressing_does(
    visitor: FlaskClient, app: Flask
) -> None:
    ask(visitor, email=ADA)
    path = f"/newsletter/confirm/{confirmation_token(ADA)}"
    assert visitor.get(path).status_code == 200
    assert visitor.head(path).status_code == 200
    assert person(ADA).standing is Standing.PENDING
    for _ in range(2):
        assert visitor.post(path).status_code == 200
    assert person(ADA).standing is Standing.CONFIRMED


def test_a_link_that_is_not_ours_is_not_found(visitor: FlaskClient) -> None:
    for kind in ("confirm", "unsubscribe", "preferences"):
        assert visitor.get(f"/newsletter/{kind}/forged").status_code == 404
        assert visitor.post(f"/newsletter/{kind}/forged").status_code == 404


def test_a_link_from_before_leaving_is_gone(visitor: FlaskClient, app: Flask, join: Join) -> None:
    ada = join(ADA)
    old = confirmation_token(ADA)
    subscribers.unsubscribe(ada.public_id, method="button")
    assert visitor.post(f"/newsletter/confirm/{old}").status_code == 410


def test_looking_at_an_unsubscription_changes_nothing_and_pressing_does(
    visitor: FlaskClient, app: Flask, join: Join
) -> None:
    join(ADA)
    path = f"/newsletter/unsubscribe/{token_of(ADA)}"
    assert visitor.get(path).status_code == 200
    assert person(ADA).standing is Standing.CONFIRMED
    assert "off the list" in visitor.post(path).text
    assert person(ADA).standing is Standing.UNSUBSCRIBED
    assert "You are off the list" in visitor.get(path).text, "as after a mail program's button"


def test_a_mail_program_unsubscribes_in_one_click(
    visitor: FlaskClient, app: Flask, join: Join
) -> None:
    join(ADA)
    path = f"/newsletter/unsubscribe/{token_of(ADA)}"
    one_click = {"List-Unsubscribe": "One-Click"}
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        answer = visitor.post(path, data=one_click, content_type=content_type)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    assert person(ADA).standing is Standing.UNSUBSCRIBED


def test_unsubscribing_works_after_erasure(visitor: FlaskClient, app: Flask, join: Join) -> None:
    join(ADA)
    token = token_of(ADA)
    assert (
        "Deleted" in visitor.post(f"/newsletter/preferences/{token}", data={"action": "erase"}).text
    )
    assert visitor.get(f"/newsletter/unsubscribe/{token}").status_code == 200
    assert visitor.post(f"/newsletter/unsubscribe/{token}").status_code == 200
    assert visitor.get(f"/newsletter/preferences/{token}").status_code == 200


def test_a_reader_changes_what_they_get(visitor: FlaskClient, app: Flask, join: Join) -> None:
    join(ADA)
    path = f"/newsletter/preferences/{token_of(ADA)}"
    form = {"name": "Ada", "pace_days": "14", "paused_until": "", "timezone": "Asia/Tokyo"}
    assert visitor.post(path, data=form).status_code == 303
    ada = person(ADA)
    assert (ada.name, ada.pace_days, ada.timezone) == ("Ada", 14, "Asia/Tokyo")
    assert "Saved." in visitor.get(f"{path}?saved=1").text
    assert visitor.post(path, data={"pace_days": "3"}).status_code == 400
    visitor.post(path, data={"action": "pause"})
    assert person(ADA).paused_until is not None


@pytest.mark.parametrize("day", ["2020-01-01", "2026-03-09", "soon"])
@time_machine.travel(datetime(2026, 3, 10, 2, tzinfo=UTC), tick=False)
def test_a_pause_that_is_none_is_said_at_its_field(
    visitor: FlaskClient, app: Flask, join: Join, day: str
) -> None:
    join(ADA)
    form = {"name": "Ann", "pace_days": "14", "paused_until": day}
    answer = visitor.post(f"/newsletter/preferences/{token_of(ADA)}", data=form)
    assert answer.status_code == 400
    assert "paused_until-error" in answer.text
    assert 'value="Ann"' in answer.text
    assert person(ADA).paused_until is None


def test_leaving_by_mistake_is_undone_with_one_press(
    visitor: FlaskClient, app: Flask, join: Join
) -> None:
    join(ADA)
    token = token_of(ADA)
    page = visitor.post(f"/newsletter/unsubscribe/{token}").text
    assert "That was a slip" in page
    visitor.post(f"/newsletter/preferences/{token}", data={"action": "return"})
    assert person(ADA).standing is Standing.CONFIRMED


def test_a_reader_takes_away_what_we_hold(visitor: FlaskClient, app: Flask, join: Join) -> None:
    join(ADA)
    answer = visitor.get(f"/newsletter/preferences/{token_of(ADA)}/data.json")
    assert answer.json is not None
    assert answer.json["subscriber"]["email"] == ADA


def test_the_public_page_holds_nothing_of_any_visitor(visitor: FlaskClient) -> None:
    answer = visitor.get("/newsletter/")
    assert answer.status_code == 200
    assert "public" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("/blog/the-ql", "/blog/the-ql"),
        ("/muscles/psoas-major", "/muscles/"),
        ("/pain-finder/temple", "/pain-finder/"),
        ("/muscles/", "/muscles/"),
        ("javascript:alert(1)", "/newsletter/"),
        ("//elsewhere.example/", "/newsletter/"),
        ("", "/newsletter/"),
    ],
)
def test_a_receipt_of_consent_names_the_page_and_no_place_on_the_body(
    visitor: FlaskClient, sent: str, kept: str
) -> None:
    ask(visitor, email=ADA, page=sent)
    with db.reading() as session:
        assert session.query(Consent).one().page == kept
