"""Ada withdraws from her contract: found at once, confirmed once, acknowledged, seen by staff."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock, db
from core.mail import letters as kinds
from core.mail.letters import Message
from core.mail.models import Delivery
from shop import alerts, orders, withdrawals
from shop.models import Order, OrderLine, OrderState, Withdrawal
from shop.orders import NotPossible
from shop.withdrawals import Declaration
from tests.shop.running import at_once, letters
from tests.staff.test_orders import order_of

pytestmark = pytest.mark.one_database

PATH = "/orders/token-1001/withdraw"
ADA = {"name": "Ada Byron", "email": "ada@example.com"}
LINK_HERE = f'<a href="{PATH}">Withdraw from contract here</a>'


@pytest.fixture
def ada(sample_shop: Flask) -> int:
    """Ada's order of one tool, paid and not on its way."""
    return order_of("Ada", 1001)


def every_withdrawal() -> list[Withdrawal]:
    with db.reading() as session:
        return list(session.scalars(select(Withdrawal).order_by(Withdrawal.id)))


def declared(order_id: int, units: int = 1) -> Declaration:
    line = orders.get(order_id).lines[0]
    return Declaration(**ADA, units={line.id: units})


def change(order_id: int, **values: object) -> None:
    with db.transaction() as session:
        order = session.get_one(Order, order_id)
        for name, value in values.items():
            setattr(order, name, value)


def order_three(order_id: int) -> int:
    """Let the order be of three tools; the id of its line."""
    with db.transaction() as session:
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order_id)).one()
        line.quantity = 3
        return line.id


def hidden_fields(page: str) -> dict[str, str]:
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def last_letter() -> Message:
    with db.reading() as session:
        row = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert row
        return kinds.find(row.letter).compose(row)


def test_ada_withdraws_in_two_steps_and_it_is_acknowledged(client: FlaskClient, ada: int) -> None:
    assert LINK_HERE in client.get("/orders/token-1001").text
    form = client.get(PATH).text
    assert 'value="Ada"' in form
    assert 'value="ada@example.com"' in form
    review = client.post(PATH, data=ADA).text
    assert "I hereby withdraw from my contract of sale, order QL-1001" in review
    assert "1 × QL Claw" in review
    assert "Confirm withdrawal</button>" in review
    assert every_withdrawal() == []
    answer = client.post(f"{PATH}/confirm", data=hidden_fields(review))
    assert (answer.status_code, answer.location) == (303, PATH)
    taken = every_withdrawal()[0]
    assert (taken.order_id, taken.name, taken.email) == (ada, "Ada Byron", "ada@example.com")
    assert taken.items == [{"sku": "QL-CLAW", "title": "QL Claw", "quantity": 1}]
    assert letters() == [("shop.withdrawal", "ada@example.com")]
    received = client.get(PATH)
    assert taken.statement in received.text
    assert f"{taken.at:%H:%M:%S} UTC" in received.text
    assert received.headers["Cache-Control"] == "no-store"
    page = client.get("/orders/token-1001").text
    assert "We received your withdrawal" in page
    assert LINK_HERE not in page


def test_the_acknowledgment_has_content_date_and_time_in_both_parts(ada: int) -> None:
    taken = withdrawals.record(ada, declared(ada))
    message = last_letter()
    for part in (message.html, message.text):
        for words in (taken.statement, "Ada Byron", "QL-1001", "1 × QL Claw"):
            assert words in part
        assert f"{taken.at:%B} {taken.at.day}, {taken.at.year}, {taken.at:%H:%M:%S} UTC" in part
    assert "QL-1001" in message.subject


def test_a_statement_counts_once_however_often_it_is_sent(sample_shop: Flask, ada: int) -> None:
    given = declared(ada)

    def record(_: int) -> int:
        with sample_shop.app_context():
            return withdrawals.record(ada, given).id

    assert len(set(at_once(4, record))) == 1
    assert len(every_withdrawal()) == 1
    assert len(letters()) == 1
    assert [event.what for event in orders.get(ada).timeline] == ["paid", "withdrawn from"]
    assert [alert.count for alert in alerts.unseen()] == [1]


def test_ada_gives_up_only_some_of_it(client: FlaskClient, ada: int) -> None:
    units = f"units-{order_three(ada)}"
    assert f'name="{units}" type="number" value="3"' in client.get(PATH).text
    review = client.post(PATH, data=ADA | {units: "2"}).text
    assert "2 × QL Claw" in review
    client.post(f"{PATH}/confirm", data=hidden_fields(review))
    assert every_withdrawal()[0].items[0]["quantity"] == 2


def test_the_form_says_what_to_put_right_and_keeps_the_rest(client: FlaskClient, ada: int) -> None:
    units = f"units-{order_three(ada)}"
    for step in (PATH, f"{PATH}/confirm"):
        wrong = client.post(step, data={"name": " ", "email": "nobody", units: "4"})
        assert wrong.status_code == 400
        for words in ("Enter your name", "name@example.com", "from 0 to 3", 'value="nobody"'):
            assert words in wrong.text
        nothing = client.post(step, data=ADA | {units: "0"})
        assert nothing.status_code == 400
        assert "at least one thing" in nothing.text
        assert 'value="0"' in nothing.text
    assert every_withdrawal() == []


def test_one_can_go_back_and_change_something(client: FlaskClient, ada: int) -> None:
    form = client.post(PATH, data={**ADA, "change": "1"})
    assert form.status_code == 200
    assert 'value="Ada Byron"' in form.text
    assert "Continue</button>" in form.text


def test_it_is_offered_from_payment_until_well_after_the_parcel_arrived(
    client: FlaskClient, ada: int
) -> None:
    now = clock.now()
    with time_machine.travel(now + timedelta(days=300), tick=False):
        assert LINK_HERE in client.get("/orders/token-1001").text, "it has not left yet"
    change(ada, fulfilled_at=now)
    # Six business days at most, twelve days in all; then 14, and a week to spare.
    with time_machine.travel(now + timedelta(days=33, seconds=-1), tick=False):
        assert LINK_HERE in client.get("/orders/token-1001").text
    with time_machine.travel(now + timedelta(days=33), tick=False):
        assert LINK_HERE not in client.get("/orders/token-1001").text
        assert "By our reckoning" in client.get(PATH).text
        assert client.post(f"{PATH}/confirm", data=ADA).location == "/orders/token-1001"
        with pytest.raises(NotPossible):
            withdrawals.record(ada, declared(ada))
    assert every_withdrawal() == []


def test_the_period_of_a_parcel_that_is_known_to_have_arrived_begins_then(ada: int) -> None:
    now = clock.now()
    change(ada, fulfilled_at=now - timedelta(days=90), delivered_at=now)
    assert withdrawals.ends_at(orders.get(ada)) == now + timedelta(days=21)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OrderState.AWAITING_PAYMENT, "is not paid"),
        (OrderState.CANCELLED, "is not paid"),
        (OrderState.REFUNDED, "has been given back already"),
    ],
)
def test_there_is_nothing_to_withdraw_from(
    client: FlaskClient, ada: int, state: OrderState, words: str
) -> None:
    change(ada, state=state)
    assert LINK_HERE not in client.get("/orders/token-1001").text
    assert words in client.get(PATH).text
    assert client.post(PATH, data=ADA).location == PATH
    with pytest.raises(NotPossible):
        withdrawals.record(ada, declared(ada))


def test_what_is_partly_refunded_can_be_withdrawn_from(ada: int) -> None:
    change(ada, state=OrderState.PARTLY_REFUNDED)
    assert withdrawals.record(ada, declared(ada)).id


def test_nobody_guesses_the_form(client: FlaskClient, ada: int) -> None:
    for path in ("/orders/token-100/withdraw", f"/orders/{ada}/withdraw"):
        assert client.get(path).status_code == 404
        assert client.post(path, data=ADA).status_code == 404
        assert client.post(f"{path}/confirm", data=ADA).status_code == 404


def test_without_the_link_the_form_comes_by_mail_and_the_answer_tells_nothing(
    client: FlaskClient, ada: int
) -> None:
    assert client.get("/withdraw").status_code == 200
    asked = {"name": "Ada Byron", "number": "ql-1001 ", "email": "ADA@example.com"}
    known = client.post("/withdraw", data=asked)
    assert letters() == [("shop.withdrawal_link", "ada@example.com")]
    assert PATH in last_letter().html
    assert PATH in last_letter().text
    for other in ({"number": "QL-1002"}, {"email": "eve@example.com"}):
        unknown = client.post("/withdraw", data=asked | other)
        assert known.status_code == unknown.status_code == 200
        assert known.text.replace("ada@", "") == unknown.text.replace("eve@", "").replace(
            "ada@", ""
        )
    client.post("/withdraw", data=asked)
    assert len(letters()) == 1
    assert orders.get(ada).timeline[-1].what == "asked how to withdraw"
    assert every_withdrawal() == []


def test_the_public_form_says_what_to_put_right(client: FlaskClient, ada: int) -> None:
    wrong = client.post("/withdraw", data={"name": "Ada", "number": "", "email": "nobody"})
    assert wrong.status_code == 400
    for words in ("Enter the order number", "name@example.com", 'value="Ada"'):
        assert words in wrong.text


def test_the_way_there_is_on_the_pages_that_promise_it(client: FlaskClient, ada: int) -> None:
    for path in ("/orders/", "/", "/cart"):
        assert '<a href="/withdraw">Withdraw from contract here</a>' in client.get(path).text


def test_staff_see_it_and_say_when_it_is_dealt_with(fay: FlaskClient, ada: int) -> None:
    taken = withdrawals.record(ada, declared(ada))
    due = taken.at + timedelta(days=14)
    assert f"Pay back by {due:%B} {due.day}, {due.year}" in fay.get("/staff/").text
    page = fay.get(f"/staff/orders/{ada}").text
    for words in (taken.statement, "Ada Byron", "It has not been shipped", f"{due:%B} {due.day}"):
        assert words in page
    told = fay.post(f"/staff/orders/{ada}/withdrawal/close", follow_redirects=True).text
    assert "Dealt with" in told
    assert "Pay back by" not in told
    assert withdrawals.open_of(ada) is None
    assert not withdrawals.close(ada, by="fay")
    kept = every_withdrawal()[0]
    assert kept.closed_by == "fay@shop.example"
    assert [event.what for event in orders.get(ada).timeline][-1] == "withdrawal dealt with"


def test_once_it_is_dealt_with_another_can_be_made(ada: int) -> None:
    first = withdrawals.record(ada, declared(ada))
    withdrawals.close(ada, by="fay")
    second = withdrawals.record(ada, declared(ada))
    assert second.id != first.id
    assert len(letters()) == 2
