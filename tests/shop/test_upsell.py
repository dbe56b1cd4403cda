"""What Stripe's page offers beside an order comes to it as it was offered, or not at all."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings, strategies
from sqlalchemy import select, update

from core import db
from core import events as core_events
from core import settings as store
from shop import (
    catalog,
    checkout,
    orders,
    papers,
    payments,
    prices,
    promotions,
    reconciler,
    refunds,
    settlement,
    shipping,
    stock,
    upsell,
)
from shop.checkout import Purchase
from shop.events import OrderPaid
from shop.facts import Line
from shop.models import Order, OrderLine, OrderOffer, OrderState, Product, Upsell
from shop.promotions import Terms
from shop.shipping import Zone
from shop.upsell import NotOffered
from tests.shop.running import (
    SKU,
    RunningShop,
    alerts,
    every_order,
    leave_on_shelf,
    letters,
    moved,
    session_in,
    shelf,
    the_order,
)

BAG = "TRAVEL-BAG"


def claw() -> Product:
    product = catalog.by_slug("ql-claw")
    assert product is not None
    return product


def options(shop: RunningShop, session: str) -> list[dict[str, Any]]:
    """What a Session offers, as Stripe has it."""
    return shop.simulator.store.get(session)["optional_items"] or []


def take(shop: RunningShop, session: str, units: int = 1, **form: str) -> None:
    """Add the first thing that is offered, and pay."""
    (option,) = options(shop, session)
    paid = shop.simulator.pay(session, {f"optional-{option['price']}": str(units), **form})
    assert paid.status in ("paid", "processing")
    shop.wait()


def bought(order: Order) -> list[tuple[str, int, int]]:
    return [(line.sku, line.quantity, line.amount) for line in orders.get(order.id).lines]


def test_what_is_added_on_stripes_page_is_in_the_order_and_everything_after_it(
    running_shop: RunningShop,
) -> None:
    told: list[OrderPaid] = []
    core_events.listen(OrderPaid, told.append)
    session = running_shop.buy()
    assert shelf(BAG) == (60, 0)
    take(running_shop, session, 2)
    order = orders.get(the_order().id)
    assert (order.state, order.goods_amount, order.total_amount) == (OrderState.PAID, 11700, 12400)
    assert bought(order) == [(SKU, 1, 8900), (BAG, 2, 2800)]
    assert (shelf(), shelf(BAG), moved(BAG)) == ((39, 0), (58, 0), 58)
    assert [each.skus for each in told] == [(SKU, BAG)]
    assert ("added on the payment page", "2 × Travel bag, $28.00") in [
        (each.what, each.why) for each in order.timeline
    ]
    invoice = papers.invoice(order)
    assert invoice.rows[1] == ("Travel bag", BAG, "2", "$14.00", "$28.00")
    assert ("Total, paid", "$124.00") in invoice.sums
    assert letters() == [("shop.receipt", "ada@example.com")]
    assert alerts() == []
    assert reconciler.reconcile()["unmatched"] == 0
    settlement.settle(session)
    assert bought(order) == [(SKU, 1, 8900), (BAG, 2, 2800)]


def test_what_is_not_added_is_not_in_the_order(running_shop: RunningShop) -> None:
    session = running_shop.buy()
    (option,) = options(running_shop, session)
    assert option["adjustable_quantity"] == {"enabled": True, "minimum": 1, "maximum": 2}
    running_shop.simulator.pay(session)
    running_shop.wait()
    assert bought(the_order()) == [(SKU, 1, 8900)]
    assert shelf(BAG) == (60, 0)


def test_a_price_at_stripe_is_made_once_and_anew_where_it_changed(
    running_shop: RunningShop,
) -> None:
    first = options(running_shop, running_shop.buy())
    assert options(running_shop, running_shop.buy()) == first
    payments._price_ids.clear()  # another process
    assert options(running_shop, running_shop.buy()) == first
    prices.set_price(BAG, 1500, "USD")
    (changed,) = options(running_shop, running_shop.buy())
    assert changed["price"] != first[0]["price"]
    assert running_shop.simulator.store.get(changed["price"])["unit_amount"] == 1500


def test_a_price_that_was_archived_costs_no_sale(running_shop: RunningShop) -> None:
    (option,) = options(running_shop, running_shop.buy())
    price = running_shop.simulator.store.get(option["price"])
    running_shop.simulator.store.save({**price, "active": False})
    session = running_shop.buy()
    assert options(running_shop, session) == []
    running_shop.simulator.pay(session)
    running_shop.wait()
    assert every_order()[-1].state is OrderState.PAID
    assert options(running_shop, running_shop.buy())


@pytest.mark.parametrize(
    "wrong",
    [{"unit_amount": 100}, {"most": 1}, {"sku": "ANOTHER"}],
    ids=["price", "number", "goods"],
)
def test_what_was_not_offered_so_settles_nothing_and_alerts_staff(
    running_shop: RunningShop, wrong: dict[str, Any]
) -> None:
    session = running_shop.buy()
    with db.transaction():
        db.changed(update(OrderOffer).values(**wrong))
    take(running_shop, session, 2)
    assert the_order().state is OrderState.PLACED
    assert alerts() == ["mismatch"]
    assert bought(the_order()) == [(SKU, 1, 8900)]
    assert (shelf(), shelf(BAG)) == ((40, 1), (60, 0))
    assert letters() == []


def test_what_sells_out_while_it_is_paid_for_is_kept_and_staff_are_told(
    running_shop: RunningShop,
) -> None:
    session = running_shop.buy()
    leave_on_shelf(1, BAG)
    take(running_shop, session, 2)
    order = orders.get(the_order().id)
    assert (order.state, order.total_amount) == (OrderState.PAID, 12400)
    assert (shelf(), shelf(BAG)) == ((39, 0), (1, 0))
    assert alerts() == ["oversold"]
    assert [each.tag for each in order.tags] == [settlement.OVERSOLD]
    bag = order.lines[1]
    made = refunds.refund(order.id, units={bag.id: 2}, by="Olivia", restock=True)
    running_shop.wait()
    assert made.amount == 2800
    assert shelf(BAG) == (1, 0), "what was never taken does not come back"


def test_a_bank_debit_takes_up_what_was_added_once(running_shop: RunningShop) -> None:
    session = running_shop.buy()
    take(running_shop, session, 2, method="debit")
    order = the_order()
    assert (order.state, order.goods_amount) == (OrderState.AWAITING_PAYMENT, 11700)
    assert shelf(BAG) == (60, 2)
    assert order.payment_intent is not None
    running_shop.simulator.settle(order.payment_intent)
    running_shop.wait()
    assert bought(order) == [(SKU, 1, 8900), (BAG, 2, 2800)]
    assert (the_order().state, shelf(BAG)) == (OrderState.PAID, (58, 0))
    assert alerts() == []


def test_whoever_tries_again_after_a_failed_debit_gets_all_they_chose(
    running_shop: RunningShop,
) -> None:
    ada = running_shop.visitor()
    take(running_shop, running_shop.buy(ada), 2, method="debit")
    intent = the_order().payment_intent
    assert intent is not None
    running_shop.simulator.settle(intent, succeeds=False)
    running_shop.wait()
    assert (the_order().state, shelf(BAG)) == (OrderState.FAILED, (60, 0))
    again = session_in(ada.post(f"/orders/{the_order().token}/pay"))
    assert options(running_shop, again) == []
    running_shop.simulator.pay(again)
    running_shop.wait()
    assert (the_order().state, the_order().total_amount) == (OrderState.PAID, 12400)
    assert (shelf(), shelf(BAG)) == ((39, 0), (58, 0))


def test_a_page_that_was_taken_up_again_offers_it_too(running_shop: RunningShop) -> None:
    store.change(checkout_reminders=True)
    session = running_shop.buy()
    running_shop.simulator.expire(session)
    running_shop.wait()
    again = str(running_shop.simulator.recover(session)["id"])
    take(running_shop, again, 1)
    assert (the_order().state, the_order().goods_amount) == (OrderState.PAID, 10300)
    assert (shelf(), shelf(BAG)) == ((39, 0), (59, 0))
    assert alerts() == []


def test_a_promotion_stays_what_the_cart_showed(running_shop: RunningShop) -> None:
    promotions.make(Terms(code="SPRING", percent=10, worth={}), by="Olivia")
    ada = running_shop.visitor()
    ada.post("/cart/items", sku=SKU, quantity=1)
    ada.post("/cart/code", code="SPRING")
    take(running_shop, session_in(ada.post("/checkout", email="ada@example.com")), 1)
    order = the_order()
    assert (order.state, order.discount_amount, order.total_amount) == (OrderState.PAID, 890, 10110)


def test_a_bundle_that_is_offered_takes_its_parts(running_shop: RunningShop) -> None:
    bag = catalog.by_slug("travel-bag")
    assert bag is not None
    upsell.choose(bag, {"QL-CLAW-PAIR": 1})
    session = running_shop.buy(sku=BAG)
    take(running_shop, session)
    assert bought(the_order()) == [(BAG, 1, 1400), ("QL-CLAW-PAIR", 1, 16900)]
    assert (shelf(), shelf(BAG)) == ((38, 0), (59, 0))


def offered(country: str = "US", cart: str = "c", **lines: int) -> dict[str, int]:
    """What the page of an order for these lines offers: the most of each SKU."""
    wanted = {sku.replace("_", "-"): units for sku, units in lines.items()} or {SKU: 1}
    order = checkout.place(Purchase(lines=wanted, country=country, cart=cart))
    return {each.sku: each.most for each in upsell.of_order(order.id)}


def test_offered_is_what_can_be_bought_now(sample_shop: Flask) -> None:
    assert offered(cart="a") == {BAG: 2}
    assert offered(cart="b", QL_CLAW=1, TRAVEL_BAG=1) == {}, "it is in the cart already"
    leave_on_shelf(2, BAG)
    assert offered(cart="d") == {BAG: 1}, "that order holds one of the two"
    leave_on_shelf(1, BAG)
    assert offered(cart="e") == {}


def test_what_would_change_the_shipping_is_not_offered(sample_shop: Flask) -> None:
    zone = next(iter(shipping.zones()))
    given: dict[str, Any] = {
        "title": "Standard", "countries": ["US"], "currency": "USD", "days_min": 3, "days_max": 6,
    }  # fmt: skip
    shipping.save_zone(Zone(bands={1050: 700, None: 1500}, **given), zone.id)
    assert offered(cart="a") == {BAG: 1}, "a second one needs a dearer parcel"
    shipping.save_zone(Zone(bands={1000: 700}, **given), zone.id)
    assert offered(cart="b") == {}, "the zone does not take the weight"
    shipping.save_zone(Zone(bands={None: 700}, free_from=10000, **given), zone.id)
    assert offered(cart="d") == {}, "with it, shipping would be free"


def test_staff_choose_among_the_variants_of_others(sample_shop: Flask) -> None:
    upsell.choose(claw(), {BAG: 3})
    assert upsell.chosen(claw()) == {BAG: 3}
    for wrong in ({SKU: 1}, {"NOTHING": 1}, {f"A-{n}": 1 for n in range(11)}):
        with pytest.raises(ValueError, match=r"no other product|at most"):
            upsell.choose(claw(), wrong)
    assert upsell.chosen(claw()) == {BAG: 3}
    upsell.choose(claw(), {})
    with db.reading() as session:
        assert session.scalars(select(Upsell)).all() == []


lines = strategies.builds(
    Line,
    offered=strategies.sampled_from([None, None, BAG, "OTHER"]),
    quantity=strategies.integers(0, 4),
    amount=strategies.sampled_from([0, 1400, 2800, 4200, 8900]),
)


@settings(max_examples=30)
@given(found=strategies.lists(lines, max_size=4))
def test_nothing_is_taken_up_but_what_was_offered(sample_shop: Flask, found: list[Line]) -> None:
    order = the_order() if every_order() else checkout.place(
        Purchase(lines={SKU: 1}, country="US", cart="c")
    )  # fmt: skip
    try:
        added: list[OrderLine] = upsell.taken_up(orders.get(order.id), found)
    except NotOffered:
        return
    assert sum(line.amount for line in found if line.offered is None) == 8900
    assert [(line.sku, line.unit_amount) for line in added] in ([], [(BAG, 1400)])
    assert all(1 <= line.quantity <= 2 for line in added)
    assert sum(line.amount for line in added) == sum(
        line.amount for line in found if line.offered is not None
    )


def test_nobody_is_sold_more_than_is_there(running_shop: RunningShop) -> None:
    leave_on_shelf(3, BAG)
    sessions = [running_shop.buy() for _ in range(3)]
    for session in sessions:
        take(running_shop, session, 2)
    assert shelf(BAG) == (1, 0)
    assert alerts() == ["oversold", "oversold"]
    assert stock.movements(catalog.offers_of([BAG])[BAG].variant_id)[0].change == -2
