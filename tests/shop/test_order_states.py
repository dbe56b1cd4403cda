"""Whatever order events come in, how often, and which are lost: an order ends where Stripe has it."""

from random import Random
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shop import orders, reconciler
from shop.models import DisputeState, Order, OrderState
from tests.shop.running import RunningShop, every_order

DEEDS = ("refund part", "refund rest", "fail a refund", "dispute", "win", "lose")


@given(
    deeds=st.lists(st.sampled_from(DEEDS), max_size=5),
    chance=st.randoms(use_true_random=False),
    is_paid=st.booleans(),
)
@example(deeds=["refund rest", "fail a refund", "refund part"], chance=Random(1), is_paid=True)
@example(deeds=["dispute", "refund part", "win"], chance=Random(2), is_paid=True)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_events_in_any_order_repeated_and_lost_end_in_the_same_state(
    running_shop: RunningShop, *, deeds: list[str], chance: Any, is_paid: bool
) -> None:
    simulator = running_shop.simulator
    simulator.pause()
    known = {event["id"] for event in simulator.events()}
    session = running_shop.buy()
    order_id = every_order()[-1].id
    if is_paid:
        simulator.pay(session)
        charge = _charge(running_shop, session)
        for deed in deeds:
            _do(running_shop, deed, charge)
            for event in _some(chance, [each["id"] for each in simulator.events()], known):
                simulator.redeliver(event)
    else:
        simulator.expire(session)
    told = [event["id"] for event in simulator.events() if event["id"] not in known]
    arrived = _some(chance, told, known)
    for event in arrived:
        assert set(simulator.redeliver(event)) == {200}
    reconciler.reconcile()
    _agrees(running_shop, orders.get(order_id), session)
    before = _stands(orders.get(order_id)), len(orders.get(order_id).timeline)
    for event in arrived:
        simulator.redeliver(event)
    reconciler.reconcile()
    assert (_stands(orders.get(order_id)), len(orders.get(order_id).timeline)) == before


def _some(chance: Any, told: list[str], known: set[str]) -> list[str]:
    """Some of what was told of this order, in any order, and some of it again."""
    mine = [each for each in told if each not in known]
    arrived = [each for each in mine if chance.random() < 0.6]
    arrived += [chance.choice(mine) for _ in range(2)]
    chance.shuffle(arrived)
    return arrived


def _charge(shop: RunningShop, session: str) -> str:
    intent = shop.simulator.store.get(shop.simulator.store.get(session)["payment_intent"])
    return str(intent["latest_charge"])


def _do(shop: RunningShop, deed: str, charge: str) -> None:
    """Something that can happen at Stripe; nothing where it cannot happen now."""
    simulator = shop.simulator
    mine = [each for each in simulator.store.select("refund") if each["charge"] == charge]
    disputes = [each for each in simulator.store.select("dispute") if each["charge"] == charge]
    left = 9600 - sum(each["amount"] for each in mine if each["status"] == "succeeded")
    open_ones = [each for each in disputes if each["status"] == "needs_response"]
    if deed == "refund part" and left > 1000 and not disputes:
        simulator.refund(charge, 1000)
    elif deed == "refund rest" and left and not disputes:
        simulator.refund(charge)
    elif deed == "fail a refund" and mine and mine[-1]["status"] == "succeeded":
        simulator.fail_refund(mine[-1]["id"])
    elif deed == "dispute" and not disputes and left == 9600:
        simulator.dispute(charge)
    elif deed in ("win", "lose") and open_ones:
        simulator.decide(open_ones[0]["id"], "won" if deed == "win" else "lost")


def _agrees(shop: RunningShop, order: Order, session: str) -> None:
    """The order says what Stripe's own objects say."""
    store = shop.simulator.store
    if store.get(session)["status"] == "expired":
        assert (order.state, order.number) == (OrderState.EXPIRED, None)
        return
    charge = _charge(shop, session)
    given_back = sum(
        each["amount"]
        for each in store.select("refund")
        if each["charge"] == charge and each["status"] == "succeeded"
    )
    assert order.refunded_amount == given_back
    whole = {0: OrderState.PAID, 9600: OrderState.REFUNDED}
    assert order.state is whole.get(given_back, OrderState.PARTLY_REFUNDED)
    assert order.number
    statuses = {each["status"] for each in store.select("dispute") if each["charge"] == charge}
    stands = {
        "needs_response": DisputeState.OPEN,
        "won": DisputeState.WON,
        "lost": DisputeState.LOST,
    }
    assert order.dispute is (stands[statuses.pop()] if statuses else None)


def _stands(order: Order) -> tuple[object, ...]:
    return order.state, order.progress, order.dispute, order.refunded_amount, order.number
