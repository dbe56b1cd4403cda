"""Who waits for what is sold out is told once, when there is one for them, and then forgotten."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock, db
from core.mail import letters as kinds
from core.mail.models import Delivery, State
from shop import catalog, restock, stock
from shop.catalog import Offer
from shop.models import RestockRequest, Variant
from tests.shop.running import SKU, at_once, letters

ADDRESS = "/products/ql-claw/restock"


def tool() -> Offer:
    offer = catalog.offer(SKU)
    assert offer is not None
    return offer


def requests() -> list[RestockRequest]:
    with db.transaction() as session:
        return list(session.scalars(select(RestockRequest).order_by(RestockRequest.id)))


def wait(*names: str) -> None:
    """These people ask and confirm, one after the other."""
    for name in names:
        restock.ask(tool(), f"{name}@example.com", page="/products/ql-claw")
        restock.confirm(restock.token(requests()[-1]))


def told() -> list[str]:
    return [email for letter, email in letters() if letter == restock.BACK]


def sent() -> None:
    """All that was written is on its way."""
    with db.transaction() as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.state, delivery.settled_at = State.ACCEPTED, clock.now()


@pytest.fixture
def ada(sample_shop: Flask) -> FlaskClient:
    """Ada's browser, in a shop that is sold out."""
    stock.receive(tool().variant_id, -40, by="Fay", why="counted")
    return sample_shop.test_client()


def test_ada_asks_confirms_is_told_once_and_forgotten(ada: FlaskClient) -> None:
    assert f'action="{ADDRESS}"' in ada.get("/products/ql-claw").text
    answer = ada.post(ADDRESS, data={"sku": SKU, "email": "Ada@Example.com"})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert letters() == [(restock.CONFIRMATION, "ada@example.com")]
    link = f"/restock/{restock.token(requests()[0])}"
    assert "Yes, tell me once" in ada.get(link).text
    stock.receive(tool().variant_id, 1, by="Fay")
    assert restock.tick() == 0
    stock.receive(tool().variant_id, -1, by="Fay")
    assert "You are in the line" in ada.post(link, data={"action": "confirm"}).text
    with db.reading() as session:
        counted = select(restock.waiting_for(Variant.id)).where(Variant.id == tool().variant_id)
        assert session.scalar(counted) == 1
    assert restock.tick() == 0
    stock.receive(tool().variant_id, 1, by="Fay")
    assert restock.tick() == 1
    assert restock.tick() == 0
    assert told() == ["ada@example.com"]
    sent()
    restock.tick()
    assert [each.email for each in requests()] == [None]
    assert {recipient for _, recipient in letters()} == {""}
    assert "Nothing waits here" in ada.get(link).text


@pytest.mark.one_database
def test_the_answer_is_the_same_whoever_waits_already_and_machines_are_not_heard(
    ada: FlaskClient,
) -> None:
    wait("ben")
    answers = {
        ada.post(ADDRESS, data={"sku": SKU, "email": email, "website": trap}).text
        for email, trap in (("ben@example.com", ""), ("chloe@example.com", ""), ("x@y.com", "spam"))
    }
    assert len(answers) == 1
    assert letters() == [
        (restock.CONFIRMATION, "ben@example.com"),
        (restock.CONFIRMATION, "chloe@example.com"),
    ]


@pytest.mark.one_database
def test_an_inbox_is_not_filled_by_asking_again(ada: FlaskClient) -> None:
    start = clock.now()
    for minutes in range(0, 100, 5):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            restock.ask(tool(), "ada@example.com", page="/")
    assert len(letters()) == 3


@pytest.mark.parametrize("entered", ["", "ada", "ada@"])
@pytest.mark.one_database
def test_a_bad_address_is_answered_at_its_field(ada: FlaskClient, entered: str) -> None:
    answer = ada.post(ADDRESS, data={"sku": SKU, "email": entered})
    assert answer.status_code == 400
    assert 'id="restock-ql-claw-email-error"' in answer.text
    assert entered in answer.text
    assert letters() == []


@pytest.mark.one_database
def test_what_is_not_sold_there_is_not_found(ada: FlaskClient) -> None:
    assert ada.post(ADDRESS, data={"sku": "NOTHING", "email": "a@b.co"}).status_code == 404
    assert ada.post("/products/x/restock", data={"sku": SKU}).status_code == 404
    assert ada.get("/restock/forged").status_code == 404


def test_for_each_unit_two_are_told_the_first_first_and_the_rest_a_day_later(
    ada: FlaskClient,
) -> None:
    wait("ada", "ben", "chloe", "dan", "eve")
    stock.receive(tool().variant_id, 1, by="Fay")
    at_once(3, lambda _: restock.tick())
    assert told() == ["ada@example.com", "ben@example.com"]
    with time_machine.travel(clock.now() + timedelta(hours=25)):
        stock.receive(tool().variant_id, -1, by="Fay")
        assert restock.tick() == 0
        stock.receive(tool().variant_id, 1, by="Fay")
        assert restock.tick() == 2
    assert told()[2:] == ["chloe@example.com", "dan@example.com"]


@pytest.mark.one_database
def test_nobody_is_called_to_an_empty_shelf(ada: FlaskClient) -> None:
    wait("ada")
    sent()
    stock.receive(tool().variant_id, 1, by="Fay")
    restock.tick()
    stock.receive(tool().variant_id, -1, by="Fay")
    with db.transaction() as session:
        letter = session.scalars(select(Delivery).where(Delivery.letter == restock.BACK)).one()
        (verdict,) = kinds.look(restock.BACK, [letter]).values()
        assert isinstance(verdict, kinds.Wait)
        assert verdict.until
        assert verdict.until > clock.now()
        stock.receive(tool().variant_id, 1, by="Fay")
        assert kinds.look(restock.BACK, [letter]) == {}
        assert "The QL Claw is back in stock" in kinds.find(restock.BACK).compose(letter).subject


@pytest.mark.one_database
def test_who_does_not_want_to_know_any_more_is_forgotten(ada: FlaskClient) -> None:
    wait("ada", "ben")
    ada.post(f"/restock/{restock.token(requests()[0])}", data={"action": "stop"})
    assert [each.email for each in requests()] == ["ben@example.com"]
    assert [recipient for _, recipient in letters()] == ["", "ben@example.com"]
    stock.receive(tool().variant_id, 9, by="Fay")
    restock.tick()
    assert told() == ["ben@example.com"]


def test_a_link_of_a_request_that_is_gone_is_nobody_else_s(ada: FlaskClient) -> None:
    wait("ada")
    link = f"/restock/{restock.token(requests()[0])}"
    ada.post(link, data={"action": "stop"})
    wait("ben")
    ada.post(link, data={"action": "stop"})
    assert [each.email for each in requests()] == ["ben@example.com"]


@pytest.mark.one_database
def test_an_address_that_nobody_confirms_is_deleted_after_a_week(ada: FlaskClient) -> None:
    restock.ask(tool(), "ada@example.com", page="/")
    wait("ben")
    with time_machine.travel(clock.now() + timedelta(days=8)):
        restock.tick()
        assert [each.email for each in requests()] == ["ben@example.com"]
    with time_machine.travel(clock.now() + timedelta(days=366)):
        restock.tick()
    assert requests() == []


@pytest.mark.one_database
def test_a_post_offers_the_same_in_place_of_the_button(ada: FlaskClient) -> None:
    card = ada.application.jinja_env.from_string(
        '{% set slug = "ql-claw" %}{% include "shop/_product_card.html" %}'
    )
    with ada.application.test_request_context("/"):
        assert f'action="{ADDRESS}"' in card.render()
        stock.receive(tool().variant_id, 2, by="Fay")
        assert f'action="{ADDRESS}"' not in card.render()
