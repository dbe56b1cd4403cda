"""What staff did by mistake is taken back by the button that the next page shows."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import clock, db, settings
from shop import (
    alerts,
    catalog,
    fulfilment,
    moderation,
    orders,
    prices,
    returns,
    reviews,
    shipping,
    withdrawals,
)
from shop.models import Exhibit, Order, ReturnReason, Variant
from shop.returns import Wish
from shop.reviews import Draft
from shop.withdrawals import Declaration
from tests.shop.running import SKU
from tests.staff.test_orders import order_of
from tests.staff.test_shipping import EUROPE

pytestmark = pytest.mark.one_database

ADA = "ada@example.com"
ADDRESS = {"name": "Ada B", "line1": "2 High Street", "city": "Salem", "postal_code": "01970"}


def undo(client: FlaskClient, page: str) -> None:
    """Press the button of the page that takes back what was just done."""
    *_, last = re.finditer(
        r'<form method="post" action="([^"]+)">((?:(?!</form>).)*)data-undo',
        client.get(page).text,
        re.DOTALL,
    )
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', last[2])
    sent = {name: unescape(value) for name, value in fields}
    assert client.post(unescape(last[1]), data=sent).status_code == 303


def taken_back(
    client: FlaskClient, page: str, address: str, stands: Callable[[], object], **form: str
) -> None:
    """Do a deed, take it back, and see that all stands as before."""
    before = stands()
    assert client.post(address, data=form).status_code == 303
    assert stands() != before
    undo(client, page)
    assert stands() == before


def of_order(number: int) -> tuple[object, ...]:
    """What staff can change in it."""
    order = orders.get(number)
    parcels = [parcel.delivered_at is None for parcel in order.fulfilments]
    waits = withdrawals.open_of(number) is not None
    return (
        [each.tag for each in order.tags], order.name, {**(order.address or {})},
        order.gift_message, order.customer_note, order.progress, parcels, waits,
    )  # fmt: skip


@pytest.fixture
def ada(sample_shop: Flask) -> int:
    """Ada's order, paid and not on its way, with a tag and a note."""
    number = order_of("Ada", 1001)
    orders.tag(number, "wholesale", by="Fay")
    with db.transaction() as session:
        order = session.get_one(Order, number)
        order.customer_note = "Ring & knock.\nTwice."
        order.address = {**(order.address or {}), "line2": "", "state": "MA", "country": "US"}
    return number


@pytest.mark.parametrize(
    ("deed", "form"),
    [
        ("tags", {"tag": "VIP"}),
        ("tags/remove", {"tag": "wholesale"}),
        ("address", ADDRESS),
        ("words", {"gift": "For you", "note": ""}),
    ],
)
def test_what_was_done_to_an_order(
    fay: FlaskClient, ada: int, deed: str, form: dict[str, str]
) -> None:
    page = f"/staff/orders/{ada}"
    taken_back(fay, page, f"{page}/{deed}", lambda: of_order(ada), **form)


def test_a_parcel_that_has_not_arrived_after_all(fay: FlaskClient, ada: int) -> None:
    parcel = fulfilment.ship(ada, carrier="UPS", by="Fay")
    page = f"/staff/orders/{ada}"
    taken_back(fay, page, f"{page}/delivered", lambda: of_order(ada), parcel=str(parcel.id))
    assert fay.post(f"{page}/not-delivered", data={"parcel": parcel.id}).status_code == 303
    assert "no such parcel" in fay.get(page).text


def test_a_withdrawal_that_was_not_dealt_with(fay: FlaskClient, ada: int) -> None:
    line = orders.get(ada).lines[0].id
    withdrawals.record(ada, Declaration(name="Ada", email=ADA, units={line: 1}))
    page = f"/staff/orders/{ada}"
    taken_back(fay, page, f"{page}/withdrawal/close", lambda: of_order(ada))
    assert not withdrawals.reopen(ada, by="Fay")


def test_an_alert_that_nobody_has_seen_after_all(fay: FlaskClient, ada: int) -> None:
    alerts.raise_alert("oversold", "Two for one.", key="1", order_id=ada)
    (alert,) = alerts.unseen()

    def unseen() -> list[int]:
        return [each.id for each in alerts.unseen()]

    taken_back(fay, "/staff/", f"/staff/alerts/{alert.id}/acknowledge", unseen)


def test_a_return_that_was_closed_too_soon(fay: FlaskClient, ada: int) -> None:
    fulfilment.ship(ada, carrier="UPS", by="Fay")
    line = orders.get(ada).lines[0].id
    wish = Wish(units={line: 1}, reason=ReturnReason.UNSUITED, words="")
    back = returns.request(ada, wish).id
    returns.approve(back, by="Fay", answer="")
    returns.receive(back, received={line: 1}, restocked={line: 1}, by="Fay")

    def stands() -> object:
        found = returns.get(back)
        return found and (found.state, found.ended_at, found.ended_by)

    taken_back(fay, "/staff/returns", f"/staff/returns/{back}/close", stands)
    assert not returns.reopen(back, by="Fay")


@pytest.mark.parametrize(
    ("deed", "form"), [("seen", {}), ("reply", {"text": "Thanks."}), ("drop", {})]
)
def test_what_was_done_to_a_review(
    ed: FlaskClient, ada: int, deed: str, form: dict[str, str]
) -> None:
    draft = Draft(stars=5, title="", body="It reaches. No more pain.", name="Ada", may_quote=True)
    fulfilment.ship(ada, carrier="UPS", by="Fay")
    number = reviews.write(orders.get(ada).lines[0].id, draft).id
    if deed == "drop":
        ed.post(f"/staff/reviews/{number}/pick", data={"quote": "No more pain.", "warned": "1"})
        ed.get("/staff/reviews")
    if deed == "reply":
        moderation.reply(number, "Thank you, Ada.", by="Ed")

    def stands() -> object:
        found = reviews.get(number)
        return found and (found.seen_at is None, found.reply, found.picked_quote)

    taken_back(ed, "/staff/reviews", f"/staff/reviews/{number}/{deed}", stands, **form)


def test_a_planned_price_and_one_that_was_called_off(
    olivia: FlaskClient, sample_shop: Flask
) -> None:
    offer = catalog.offer(SKU)
    assert offer
    variant = offer.variant_id

    def stands() -> list[object]:
        return [(each.amount, each.valid_from, each.why) for each in prices.history(variant)]

    page = f"/staff/prices/{SKU}"
    moment = (clock.now() + timedelta(days=3)).replace(microsecond=0)
    taken_back(olivia, page, page, stands, amount="79", at=moment.isoformat(), why="spring")
    prices.set_price(SKU, 7900, "USD", at=moment, why="spring")
    planned = str(prices.history(variant)[0].id)
    taken_back(olivia, page, f"{page}/call-off", stands, price=planned)


def test_a_variant_that_was_better_before(olivia: FlaskClient, sample_shop: Flask) -> None:
    offer = catalog.offer(SKU)
    assert offer

    def stands() -> object:
        with db.reading() as session:
            found = session.get_one(Variant, offer.variant_id, populate_existing=True)
        return found.title, found.weight_grams, found.on_sale, found.position, found.options

    page = f"/staff/variants/{offer.variant_id}"
    product = catalog.by_slug("ql-claw")
    assert product
    taken_back(
        olivia,
        f"/staff/products/{product.id}",
        page,
        stands,
        title="Other",
        weight_grams="1",
        position="3",
    )


def test_a_zone_and_a_picture_that_were_added(olivia: FlaskClient, sample_shop: Flask) -> None:
    page = "/staff/shipping"
    taken_back(olivia, page, f"{page}/new", lambda: len(shipping.zones()), **EUROPE)
    product = catalog.by_slug("ql-claw")
    assert product

    def shown() -> list[str]:
        with db.reading() as session:
            return list(session.scalars(select(Exhibit.picture).order_by(Exhibit.position)))

    page = f"/staff/gallery/{product.id}"
    taken_back(olivia, page, page, shown, picture="product/hero", alt="The hook")


def test_whether_stripe_s_page_asks_for_codes(olivia: FlaskClient, sample_shop: Flask) -> None:
    page = "/staff/promotions"
    taken_back(
        olivia, page, f"{page}/stripe", lambda: settings.store().stripe_promotion_codes, allowed="1"
    )
