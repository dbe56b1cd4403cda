"""Whatever order events come in, how often, and which are lost: an order ends where Stripe has it.

Meanwhile staff refund, ship and call off, banks ask and answer, and refunds come back.
"""

from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import Any

from hypothesis import example, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from sqlalchemy import func, select

from core import db, settings
from core.mail.models import Delivery
from shop import disputes, fulfilment, orders, payments, reconciler, refunds, settlement
from shop.models import (
    DisputeState,
    Order,
    OrderState,
    Payment,
    Progress,
    Refund,
    RefundLine,
    Reservation,
    ReservationState,
)
from shop.simulator.resources import disputes as at_bank
from tests.shop.running import RunningShop, alerts, every_order, leave_on_shelf, moved, shelf

WAYS = ("card", "bank debit", "recovered page", "debit that fails", "nobody", "called off")
AT_STRIPE = (
    "refund part", "refund rest", "complete a refund", "fail a refund",
    "dispute", "answer", "win", "lose", "warn",
)  # fmt: skip
HERE = ("come back", "refund one", "ship one", "ship rest", "deliver", "cancel")
UNITS, TOTAL, STAFF = 2, 18500, "fay@shop.example"


@given(
    way=st.sampled_from(WAYS),
    deeds=st.lists(st.sampled_from(AT_STRIPE + HERE), max_size=7),
    seed=st.integers(0, 2**16),
)
@example(way="card", deeds=["refund rest", "fail a refund", "refund part"], seed=1)
@example(way="card", deeds=["dispute", "answer", "win", "come back"], seed=2)
@example(way="recovered page", deeds=["come back", "ship one", "refund one", "dispute"], seed=3)
@example(
    way="bank debit",
    deeds=["come back", "refund one", "complete a refund", "refund part"],
    seed=4,
)
@example(way="card", deeds=["come back", "dispute", "cancel", "lose"], seed=5)
@tries(max_examples=5)
def test_events_in_any_order_repeated_and_lost_end_in_the_same_state(
    running_shop: RunningShop, *, way: str, deeds: list[str], seed: int
) -> None:
    chance = Random(seed)
    settings.change(checkout_reminders=True)
    leave_on_shelf(40)
    simulator = running_shop.simulator
    simulator.pause()
    known = {event["id"] for event in simulator.events()}

    def tell() -> None:
        """Some of what Stripe has to tell arrives."""
        for event in _some(chance, [each["id"] for each in simulator.events()], known):
            assert set(simulator.redeliver(event)) == {200}

    first = running_shop.buy(quantity=UNITS)
    order_id = every_order()[-1].id
    session = _pay(running_shop, way, first, order_id, tell)
    for deed in deeds:
        _do(running_shop, deed, order_id, session)
        tell()
    reconciler.reconcile()
    _agrees(running_shop, order_id, session)
    before = _stands(order_id)
    tell()
    assert reconciler.reconcile()["unmatched"] == 0
    assert _stands(order_id) == before


def _some(chance: Random, told: list[str], known: set[str]) -> list[str]:
    """Some of what was told of this order, in any order, and some of it again."""
    mine = [each for each in told if each not in known]
    arrived = [each for each in mine if chance.random() < 0.6]
    arrived += [chance.choice(mine) for _ in range(2) if mine]
    chance.shuffle(arrived)
    return arrived


def _pay(shop: RunningShop, way: str, first: str, order_id: int, tell: Any) -> str:
    """Go through the payment page in one of the ways; the Session that it ends with."""
    simulator = shop.simulator
    if way == "card":
        simulator.pay(first)
    elif way in ("bank debit", "debit that fails"):
        simulator.pay(first, {"method": "debit"})
        tell()
        intent = simulator.store.get(first)["payment_intent"]
        simulator.settle(intent, succeeds=way == "bank debit")
    elif way == "called off":
        settlement.cancel(order_id, by=STAFF, why="twice")
    else:
        simulator.expire(first)
    tell()
    if way != "recovered page":
        return first
    again = str(simulator.recover(first)["id"])
    simulator.pay(again)
    tell()
    return again


def _do(shop: RunningShop, deed: str, order_id: int, session: str) -> None:
    """Something that can happen, at Stripe or here; nothing where it cannot happen now."""
    if deed in HERE:
        with suppress(orders.NotPossible, payments.Refused):
            _do_here(deed, orders.get(order_id), session)
    elif charge := _charge(shop, session):
        _do_there(shop, deed, charge)


def _do_here(deed: str, order: Order, session: str) -> None:
    line = order.lines[0].id
    if deed == "come back":
        settlement.settle(session)
    elif deed == "refund one":
        refunds.refund(order.id, units={line: 1}, by=STAFF, restock=True)
    elif deed == "ship one":
        fulfilment.ship(order.id, carrier="UPS", units={line: 1}, by=STAFF)
    elif deed == "ship rest":
        fulfilment.ship(order.id, carrier="UPS", by=STAFF)
    elif deed == "deliver":
        fulfilment.deliver(order.id, by=STAFF)
    else:
        refunds.cancel(order.id, by=STAFF, why="they asked")


def _do_there(shop: RunningShop, deed: str, charge: dict[str, Any]) -> None:
    simulator, name = shop.simulator, charge["id"]
    mine = _of(shop, "refund", name)
    asked = [each["id"] for each in _of(shop, "dispute", name) if each["status"] in _OPEN]
    left = 0 if charge["disputed"] else charge["amount"] - charge["amount_refunded"]
    if deed == "refund part" and left > 1000:
        simulator.refund(name, 1000)
    elif deed == "refund rest" and left:
        simulator.refund(name)
    elif deed == "complete a refund" and mine and mine[-1]["status"] == "pending":
        simulator.complete_refund(mine[-1]["id"])
    elif deed == "fail a refund" and mine and mine[-1]["status"] in ("pending", "succeeded"):
        simulator.fail_refund(mine[-1]["id"])
    elif deed == "dispute" and left:
        simulator.dispute(name)
    elif deed == "answer" and asked:
        with simulator.store.transaction():
            at_bank.update(simulator.store, {"evidence": {"uncategorized_text": "x"}}, asked[0])
    elif deed in ("win", "lose") and asked:
        simulator.decide(asked[0], "won" if deed == "win" else "lost")
    elif deed == "warn":
        simulator.warn(name)


def _agrees(shop: RunningShop, order_id: int, session: str) -> None:
    """The order says what Stripe's own objects say, and nothing was lost or leaked on the way."""
    order, charge = orders.get(order_id), _charge(shop, session)
    if charge is None:
        _is_nothing(order)
        return
    name = charge["id"]
    given = [each for each in _of(shop, "refund", name) if each["status"] in refunds.GIVEN_BACK]
    back = sum(each["amount"] for each in given)
    assert order.refunded_amount == back
    whole = {0: OrderState.PAID, TOTAL: OrderState.REFUNDED}
    assert order.state is whole.get(back, OrderState.PARTLY_REFUNDED)
    assert order.session_id == session
    statuses = {each["status"] for each in _of(shop, "dispute", name)}
    assert order.dispute is (_STANDS[statuses.pop()] if statuses else None)
    _is_counted_once(order)


def _is_nothing(order: Order) -> None:
    """Nobody paid: it holds nothing, has no number, and no money came in or went out."""
    assert order.state in (OrderState.EXPIRED, OrderState.FAILED, OrderState.CANCELLED)
    assert (order.number, order.refunded_amount, order.progress) == (
        None, 0, Progress.UNFULFILLED,
    )  # fmt: skip
    assert _letters(order, orders.RECEIPT) == 0
    assert shelf() == (40, 0)


def _is_counted_once(order: Order) -> None:
    """One payment, one number, one receipt; what left the shelf and what came back adds up."""
    with db.reading() as session:
        mine = select(func.count()).where(Payment.order_id == order.id)
        assert session.scalar(mine) == 1
        rows = session.scalars(select(Refund).where(Refund.order_id == order.id)).all()
        took = session.scalars(
            select(Reservation).where(Reservation.order_id == order.id)
        ).one()  # fmt: skip
        given = [
            payload["refund"]
            for payload in session.scalars(
                select(Delivery.payload).where(
                    Delivery.letter == refunds.REFUNDED, Delivery.person == order.id
                )
            )
        ]
        restocked = session.scalar(
            select(func.coalesce(func.sum(RefundLine.restocked), 0)).where(
                RefundLine.refund_id.in_(given)
            )
        )
    (line,) = order.lines
    is_all_back = took.returned == took.quantity == UNITS
    assert took.state is (ReservationState.RELEASED if is_all_back else ReservationState.TAKEN)
    is_called_off = any(each.what == "cancelled" for each in order.timeline)
    assert took.returned == (UNITS if is_called_off else restocked)
    assert shelf() == (40 - UNITS + took.returned, 0)
    assert shelf()[0] == moved()
    assert line.shipped + line.dropped <= UNITS
    numbers = [int(each.number[3:]) for each in every_order() if each.number]
    assert sorted(numbers) == list(range(1001, 1001 + len(numbers)))
    assert _letters(order, orders.RECEIPT) == 1
    open_ones = sum(each.status in refunds.GIVEN_BACK for each in rows)
    assert open_ones <= len(given) == len(set(given)) <= len(rows)
    assert "oversold" not in alerts()
    assert "mismatch" not in alerts()


def _letters(order: Order, letter: str) -> int:
    with db.reading() as session:
        mine = Delivery.letter == letter, Delivery.person == order.id
        return session.scalar(select(func.count()).where(*mine)) or 0


def _charge(shop: RunningShop, session: str) -> dict[str, Any] | None:
    """The charge that took the money, if one did."""
    intent = shop.simulator.store.get(session).get("payment_intent")
    name = intent and shop.simulator.store.get(intent).get("latest_charge")
    charge = shop.simulator.store.get(name) if name else None
    return charge if charge and charge["status"] == "succeeded" else None


def _of(shop: RunningShop, kind: str, charge: str) -> Sequence[dict[str, Any]]:
    found = shop.simulator.store.select(kind, order="ASC")
    return [each for each in found if each["charge"] == charge]


_OPEN = ("needs_response", "under_review")
_STANDS = {
    **dict.fromkeys(_OPEN, DisputeState.OPEN),
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}


def _stands(order_id: int) -> tuple[object, ...]:
    """Where an order stands, what was written about it, and what is on the shelf."""
    order = orders.get(order_id)
    with db.reading() as session:
        written = session.scalar(select(func.count()).select_from(Delivery))
    return (
        order.state, order.progress, order.dispute, order.refunded_amount, order.number,
        len(order.timeline), written, shelf(), len(disputes.of_order(order_id)),
    )  # fmt: skip
