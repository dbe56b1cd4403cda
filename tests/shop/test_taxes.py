"""Tax that Stripe works out: in the prices or on top of them, it adds up on everything we write."""

import re

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings, strategies
from sqlalchemy import update

from core import db, money
from core import settings as store
from shop import (
    catalog,
    checkout,
    exports,
    orders,
    papers,
    prices,
    products,
    promotions,
    reconciler,
    refunds,
    upsell,
)
from shop.checkout import Purchase
from shop.models import Order, OrderLine, OrderState
from shop.products import Draft
from shop.promotions import Terms
from tests.shop.running import SKU, RunningShop, alerts, every_order, ship_to, the_order

pytestmark = pytest.mark.one_database

CURRENCIES = ["USD", "JPY", "KWD", "ISK"]


def tax(*, included: bool) -> None:
    store.change(automatic_tax=True, prices_include_tax=included)


def buy(shop: RunningShop, country: str) -> Order:
    """Pay for one tool to a country."""
    shop.simulator.pay(shop.buy(country=country), {"country": country})
    shop.wait()
    order = orders.get(the_order().id)
    assert order.state is OrderState.PAID, alerts()
    return order


def test_tax_on_top_is_on_everything_that_names_the_total(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    tax(included=False)
    order = buy(running_shop, "US")
    assert (order.tax_included, order.tax_amount, order.total_amount) == (False, 792, 10392)
    assert (order.added_tax, order.included_tax) == (792, 0)
    assert papers.invoice(order).sums[-2:] == [("Tax", "$7.92"), ("Total, paid", "$103.92")]
    page = running_shop.visitor().get(f"/orders/{order.token}").text
    assert "<dt>Tax</dt><dd>$7.92</dd>" in page
    assert "Of which tax" not in page
    assert "$7.92" in fay.get(f"/staff/orders/{order.id}").text
    assert ",7.92,0.00,103.92," in "".join(exports.write([order]))
    assert reconciler.reconcile()["unmatched"] == 0


def test_tax_in_the_prices_is_told_and_added_nowhere(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    tax(included=True)
    order = buy(running_shop, "DE")
    assert (order.tax_included, order.tax_amount, order.total_amount) == (True, 1724, 10800)
    assert (order.added_tax, order.included_tax) == (0, 1724)
    assert papers.invoice(order).sums[-2:] == [
        ("Total, paid", "$108.00"), ("Of which tax", "$17.24"),
    ]  # fmt: skip
    page = running_shop.visitor().get(f"/orders/{order.token}").text
    assert "<dt>Of which tax</dt><dd>$17.24</dd>" in page
    assert "<dt>Tax</dt>" not in page
    assert "Of which tax" in fay.get(f"/staff/orders/{order.id}").text
    assert ",17.24,17.24,108.00," in "".join(exports.write([order]))
    assert alerts() == []


@pytest.mark.parametrize(("included", "whole", "share"), [(False, 9634, 734), (True, 8900, 1421)])
def test_a_line_is_given_back_with_its_tax(
    running_shop: RunningShop, *, included: bool, whole: int, share: int
) -> None:
    tax(included=included)
    order = buy(running_shop, "US" if not included else "DE")
    made = refunds.refund(order.id, units={order.lines[0].id: 1}, by="Fay")
    running_shop.wait()
    assert made.amount == whole
    order = orders.get(order.id)
    ((number, refund),) = papers.credit_notes(order)
    assert papers.credit_note(order, number, refund).sums == [
        ("Total, credited", f"-{money.display(whole, 'USD')}"),
        ("Of which tax", f"-{money.display(share, 'USD')}"),
    ]


def test_a_session_that_was_taxed_the_other_way_settles_nothing(
    running_shop: RunningShop,
) -> None:
    tax(included=False)
    session = running_shop.buy()
    with db.transaction():
        db.changed(update(Order).values(tax_included=True))
    running_shop.simulator.pay(session)
    running_shop.wait()
    assert (the_order().state, alerts()) == (OrderState.PLACED, ["mismatch"])


def test_stripe_is_told_what_is_sold_and_never_left_to_a_default(
    running_shop: RunningShop,
) -> None:
    sessions = running_shop.simulator.store
    assert sessions.get(running_shop.buy())["automatic_tax"]["enabled"] is False
    claw = catalog.by_slug("ql-claw")
    assert claw is not None
    with db.transaction():
        products.save(
            Draft(
                slug="ql-claw", title=claw.title, summary=claw.summary, body=claw.body,
                details={**claw.details, "tax_code": "txcd_99999999"},
            )
        )  # fmt: skip
    tax(included=True)
    session = sessions.get(running_shop.buy())
    (line,) = sessions.children(session["id"], "item")
    assert line["price"]["tax_behavior"] == "inclusive"
    assert sessions.get(line["price"]["product"])["tax_code"] == "txcd_99999999"
    (offered,) = session["optional_items"]
    assert sessions.get(offered["price"])["tax_behavior"] == "inclusive"
    rate = sessions.get(session["shipping_options"][0]["shipping_rate"])
    assert (rate["tax_behavior"], rate["tax_code"]) == ("inclusive", "txcd_92010001")


@pytest.mark.parametrize(
    ("included", "words"), [(True, "Tax is included."), (False, "Tax comes on top")]
)
def test_people_and_machines_are_told_whether_tax_is_in_the_price(
    running_shop: RunningShop, *, included: bool, words: str
) -> None:
    visitor = running_shop.visitor()
    assert "Tax " not in visitor.get("/products/ql-claw").text
    tax(included=included)
    page = visitor.get("/products/ql-claw?variant=QL-CLAW").text
    assert words in page
    told = re.findall(r'"valueAddedTaxIncluded": ?(true|false)', page)
    assert set(told) == {str(included).lower()}
    assert '"price": "89.00"' in page
    visitor.post("/cart/items", sku=SKU, quantity=1)
    cart = visitor.get("/cart").text
    assert words in cart
    assert ("Total before tax" in cart) is not included


def sell_in(currency: str, amount: int, shipping: int) -> None:
    """Let the tool, its bag and the way to Germany cost so much, in another currency."""
    prices.set_price(SKU, amount, currency)
    prices.set_price("TRAVEL-BAG", money.step(currency) * 7, currency)
    ship_to("DE", shipping, currency)


@pytest.mark.parametrize("currency", CURRENCIES)
@settings(max_examples=4)
@given(data=strategies.data(), included=strategies.sampled_from([None, True, False]))
def test_the_sum_of_all_is_the_total_in_every_currency(
    running_shop: RunningShop,
    *,
    currency: str,
    data: strategies.DataObject,
    included: bool | None,
) -> None:
    step = money.step(currency)
    units = strategies.integers(100, 20_000).map(lambda count: count * step)
    store.change(automatic_tax=included is not None, prices_include_tax=bool(included))
    sell_in(currency, data.draw(units), data.draw(strategies.integers(0, 900)) * step)
    code = f"CODE{len(promotions.every())}"
    percent = data.draw(strategies.integers(1, 60))
    promotions.make(Terms(code=code, percent=percent, worth={}), by="Olivia")
    order = checkout.begin(
        Purchase(
            lines={SKU: data.draw(strategies.integers(1, 3))}, country="DE", code=code,
            cart=code, email="ada@example.com",
        )
    )  # fmt: skip
    assert order.session_id is not None
    options = running_shop.simulator.store.get(order.session_id)["optional_items"] or []
    added = {f"optional-{each['price']}": data.draw(st_units) for each in options}
    running_shop.simulator.pay(order.session_id, {"country": "DE", **added})
    running_shop.wait()
    paid = orders.get(order.id)
    assert paid.state is OrderState.PAID, (alerts(), every_order())
    lines = sum(line.unit_amount * line.quantity for line in paid.lines)
    asked = lines - paid.discount_amount + paid.shipping_amount
    assert lines == paid.goods_amount
    assert asked + (paid.tax_amount if included is False else 0) == paid.total_amount
    assert (paid.tax_amount > 0) is (included is not None)
    assert paid.total_amount % money.step(currency) == 0 or currency == "ISK"
    assert len(paid.lines) == 1 + sum(count != "0" for count in added.values())


st_units = strategies.sampled_from(["0", "1", "2"])


@given(
    amounts=strategies.lists(
        strategies.tuples(strategies.integers(1, 9000), strategies.integers(1, 4)),
        min_size=1, max_size=4,
    ),
    currency=strategies.sampled_from(CURRENCIES),
    discount=strategies.integers(0, 60),
    added=strategies.integers(0, 27),
)  # fmt: skip
def test_lines_given_back_one_by_one_are_never_more_than_was_paid(
    amounts: list[tuple[int, int]], currency: str, discount: int, added: int
) -> None:
    step = money.step(currency)
    lines = [
        OrderLine(id=number, unit_amount=each * step, quantity=count)
        for number, (each, count) in enumerate(amounts)
    ]
    goods = sum(line.amount for line in lines)
    off = money.share(goods, discount, currency)
    tax_amount = money.share(goods - off, added, currency)
    order = Order(
        currency=currency, goods_amount=goods, discount_amount=off, shipping_amount=0,
        tax_amount=tax_amount, total_amount=goods - off + tax_amount, lines=lines,
    )  # fmt: skip
    back = [refunds.worth(order, {line.id: 1}) for line in lines for _ in range(line.quantity)]
    assert all(amount % step == 0 for amount in back)
    assert sum(back) <= order.total_amount
    assert refunds.worth(order, {line.id: line.quantity for line in lines}) == order.total_amount


def test_what_is_offered_keeps_its_tax_code(running_shop: RunningShop) -> None:
    tax(included=True)
    bag = catalog.offer("TRAVEL-BAG")
    assert bag is not None
    assert catalog.tax_codes([bag.variant_id]) == {}
    assert upsell.of_order(checkout.place(Purchase(lines={SKU: 1}, country="US", cart="c")).id)
