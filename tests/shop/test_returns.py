"""Ada sends some of it back: asked once, never more than she has, and she knows where it stands."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings, strategies
from sqlalchemy import delete, select

from core import clock, db
from core import settings as store
from core.mail import letters as kinds
from core.mail.models import Delivery
from shop import alerts, fulfilment, orders, returns, stock, withdrawals
from shop.models import Order, OrderLine, OrderState, Return, ReturnLine, ReturnReason, ReturnState
from shop.orders import NotPossible
from shop.returns import Wish
from shop.withdrawals import Declaration
from tests.shop.running import at_once, letters, shelf
from tests.staff.test_orders import order_of

pytestmark = pytest.mark.one_database

PATH = "/orders/token-1001/return"
FAY = "fay@shop.example"


def buy(name: str, number: int, units: int = 3) -> int:
    """Somebody's order of so many tools, taken off the shelf and on its way."""
    order_id = order_of(name, number)
    with db.transaction() as session:
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order_id)).one()
        line.quantity = units
        mine = session.get_one(Order, order_id)
        mine.goods_amount, mine.total_amount = units * 8900, units * 8900 + 700
    order = orders.get(order_id)
    stock.hold(order, clock.now() + timedelta(hours=1))
    stock.take(order, by="Stripe")
    fulfilment.ship(order_id, carrier="UPS", by="Fay")
    return order_id


def line_of(order_id: int) -> int:
    return orders.get(order_id).lines[0].id


def wish(order_id: int, units: int = 1, reason: ReturnReason = ReturnReason.UNSUITED) -> Wish:
    return Wish(units={line_of(order_id): units}, reason=reason, words="Too firm.")


def left(order_id: int) -> int:
    return returns.returnable(orders.get(order_id))[line_of(order_id)]


def last_letter() -> kinds.Message:
    with db.reading() as session:
        row = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert row
        return kinds.find(row.letter).compose(row)


@pytest.fixture
def ada(sample_shop: Flask) -> int:
    """Ada's order of three tools, which is on its way."""
    return buy("Ada", 1001)


def test_ada_asks_on_her_order_s_page_and_it_is_acknowledged(client: FlaskClient, ada: int) -> None:
    assert f'href="{PATH}"' in client.get("/orders/token-1001").text
    form = client.get(PATH)
    assert "You have 3." in form.text
    assert "Which way is yours?" in form.text
    assert 'href="/orders/token-1001/withdraw"' in form.text
    assert form.headers["Cache-Control"] == "no-store"
    answer = client.post(
        PATH, data={f"units-{line_of(ada)}": "2", "reason": "unsuited", "words": "Too firm."}
    )
    assert (answer.status_code, answer.location) == (303, PATH)
    page = client.get(PATH).text
    assert "Please send nothing yet" in page
    assert "Ask to return it" not in page
    assert letters()[-1] == ("shop.return_requested", "ada@example.com")
    letter = last_letter()
    for part in (letter.html, letter.text):
        assert "2 × QL Claw" in part
        assert "Too firm." in part
    assert orders.get(ada).timeline[-1].what == "return requested"
    assert left(ada) == 1


def test_a_return_goes_its_way_and_each_step_is_told_once(client: FlaskClient, ada: int) -> None:
    store.change(return_address="Claw, 1 Mill Lane, Boston")
    on_hand, _ = shelf()
    back = returns.request(ada, wish(ada, 2)).id
    assert returns.approve(back, by=FAY, answer="Take your time.")
    assert not returns.approve(back, by=FAY)
    assert not returns.refuse(back, by=FAY, answer="no")
    letter = last_letter()
    for part in (letter.html, letter.text, client.get(PATH).text):
        assert "Claw, 1 Mill Lane, Boston" in part
        assert "Take your time." in part
    line = line_of(ada)
    assert returns.receive(back, received={line: 2}, restocked={line: 1}, by=FAY)
    assert not returns.receive(back, received={line: 2}, restocked={line: 1}, by=FAY)
    assert shelf()[0] == on_hand + 1
    assert "It reached us" in client.get(PATH).text
    assert not returns.cancel(back, by="customer")
    assert returns.close(back, by=FAY)
    assert not returns.close(back, by=FAY)
    assert [kind for kind, _ in letters() if kind.startswith("shop.return")] == [
        "shop.return_requested",
        "shop.return_approved",
        "shop.return_received",
    ]
    whats = [event.what for event in orders.get(ada).timeline if "return" in event.what]
    assert whats == ["return requested", "return approved", "return received", "return closed"]
    assert left(ada) == 1


def test_what_is_refused_or_called_off_may_be_asked_again(client: FlaskClient, ada: int) -> None:
    back = returns.request(ada, wish(ada, 3))
    assert returns.refuse(back.id, by=FAY, answer="It is engraved with your name.")
    letter = last_letter()
    for part in (letter.html, letter.text, client.get(PATH).text):
        assert "It is engraved with your name." in part
    assert left(ada) == 3
    again = returns.request(ada, wish(ada, 3))
    assert client.post(f"{PATH}/{again.id}/cancel").status_code == 303
    assert "Called off" in client.get(PATH).text
    assert left(ada) == 3


def test_less_may_come_than_was_to(ada: int) -> None:
    back = returns.request(ada, wish(ada, 2)).id
    returns.approve(back, by=FAY)
    line = line_of(ada)
    for received, restocked in ((3, 0), (1, 2), (1, -1)):
        with pytest.raises(NotPossible):
            returns.receive(back, received={line: received}, restocked={line: restocked}, by=FAY)
    assert returns.receive(back, received={line: 1}, restocked={line: 0}, by=FAY)
    assert left(ada) == 2


def test_of_many_requests_at_once_one_counts(sample_shop: Flask, ada: int) -> None:
    def ask(_: int) -> int:
        with sample_shop.app_context():
            return returns.request(ada, wish(ada, 2)).id

    assert len(set(at_once(4, ask))) == 1
    assert left(ada) == 1
    assert [kind for kind, _ in letters()].count("shop.return_requested") == 1


def test_never_more_comes_back_than_was_bought_whoever_asks_at_once(
    sample_shop: Flask, ada: int
) -> None:
    def ask_and_approve(_: int) -> None:
        with sample_shop.app_context():
            try:
                returns.approve(returns.request(ada, wish(ada, 2)).id, by=FAY)
            except NotPossible:
                return

    at_once(6, ask_and_approve)
    assert coming(ada) == 2
    with pytest.raises(NotPossible):
        returns.request(ada, wish(ada, 2))
    returns.request(ada, wish(ada, 1))
    assert (coming(ada), left(ada)) == (3, 0)


@settings(max_examples=8)
@given(
    steps=strategies.lists(
        strategies.tuples(
            strategies.sampled_from(["ask", "approve", "refuse", "cancel", "receive", "close"]),
            strategies.integers(1, 4),
        ),
        max_size=14,
    )
)
def test_in_any_order_of_steps_no_unit_comes_back_twice(
    ada: int, steps: list[tuple[str, int]]
) -> None:
    with db.transaction() as session:
        session.execute(delete(ReturnLine))
        session.execute(delete(Return))
    line = line_of(ada)
    for step, units in steps:
        made = returns.of_order(ada)
        last = made[-1] if made else None
        if step == "ask":
            try:
                returns.request(ada, wish(ada, units))
            except NotPossible:
                assert units > left(ada)
        elif last is None:
            continue
        elif step == "receive":
            got = min(units, last.lines[0].quantity)
            returns.receive(last.id, received={line: got}, restocked={}, by=FAY)
        elif step == "refuse":
            returns.refuse(last.id, by=FAY, answer="No.")
        else:
            {"approve": returns.approve, "cancel": returns.cancel, "close": returns.close}[step](
                last.id, by=FAY
            )
        assert 0 <= coming(ada) <= 3
        assert left(ada) == 3 - coming(ada)
        assert len(returns.of_order(ada, ReturnState.REQUESTED)) <= 1


def test_what_was_withdrawn_from_cannot_be_returned_as_well(ada: int) -> None:
    stated = Declaration(name="Ada", email="ada@example.com", units={line_of(ada): 2})
    withdrawals.record(ada, stated)
    assert left(ada) == 1
    with pytest.raises(NotPossible):
        returns.request(ada, wish(ada, 2))


def test_the_form_says_what_to_put_right_and_keeps_the_rest(client: FlaskClient, ada: int) -> None:
    units = f"units-{line_of(ada)}"
    for entered in ("4", "-1", "x", "²"):
        wrong = client.post(PATH, data={units: entered, "reason": "cats", "words": "Too firm."})
        assert wrong.status_code == 400
        for words in ("from 0 to 3", "nearest", "Too firm.", f'value="{entered}"'):
            assert words in wrong.text
    none = client.post(PATH, data={units: "0", "reason": "unsuited"})
    assert "at least one in all" in none.text
    assert 'value="unsuited" selected' in none.text
    for reason in ("faulty", "unsafe", "other"):
        silent = client.post(PATH, data={units: "1", "reason": reason, "words": " "})
        assert "Tell us what happened" in silent.text
    long = client.post(PATH, data={units: "1", "reason": "other", "words": "x" * 2001})
    assert "2,001" in long.text
    assert returns.of_order(ada) == []


def test_nothing_is_asked_for_what_cannot_come_back(
    client: FlaskClient, sample_shop: Flask
) -> None:
    order_of("Ben", 1002)
    order_of("Chloe", 1003, OrderState.PLACED)
    for number, words in ((1002, "Nothing of this order has left us"), (1003, "is not paid")):
        path = f"/orders/token-{number}/return"
        assert path not in client.get(f"/orders/token-{number}").text
        page = client.get(path).text
        assert words in page
        assert "Ask to return it" not in page
        assert client.post(path, data={"reason": "unsuited"}).status_code == 409
    assert client.get("/orders/forged/return").status_code == 404


def test_the_period_ends_and_the_page_says_what_is_left(client: FlaskClient, ada: int) -> None:
    with db.transaction() as session:
        order = session.get_one(Order, ada)
        order.delivered_at = clock.now() - timedelta(days=36)
    assert returns.possible(orders.get(ada))
    with db.transaction() as session:
        order = session.get_one(Order, ada)
        order.delivered_at = clock.now() - timedelta(days=38)
    page = client.get(PATH).text
    assert "Our 30 days for returns ended" in page
    assert "does not end with our days" in page
    with pytest.raises(NotPossible):
        returns.request(ada, wish(ada))


def test_whoever_it_hurt_is_heard_at_once(ada: int) -> None:
    returns.request(ada, wish(ada, reason=ReturnReason.UNSAFE))
    assert [alert.kind for alert in alerts.unseen()] == ["safety"]


def test_the_share_of_a_discount_is_not_paid_back(ada: int) -> None:
    with db.transaction() as session:
        order = session.get_one(Order, ada)
        order.discount_amount, order.total_amount = 2670, 3 * 8900 + 700 - 2670
    back = returns.request(ada, wish(ada, 1)).id
    found = returns.get(back)
    assert found
    assert returns.worth(found) == 8010
    with db.transaction() as session:
        order = session.get_one(Order, ada)
        order.refunded_amount = order.total_amount - 500
    found = returns.get(back)
    assert found
    assert returns.worth(found) == 500


def test_another_order_s_return_cannot_be_called_off(client: FlaskClient, ada: int) -> None:
    ben = buy("Ben", 1002)
    back = returns.request(ben, wish(ben)).id
    assert client.post(f"{PATH}/{back}/cancel").status_code == 404
    assert "Please send nothing yet" in client.get("/orders/token-1002/return").text


def coming(order_id: int) -> int:
    """Units that come back, or came."""
    return sum(
        each.quantity if each.received is None else each.received
        for back in returns.of_order(order_id)
        if back.state not in (ReturnState.REFUSED, ReturnState.CANCELLED)
        for each in back.lines
    )
