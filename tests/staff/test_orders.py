"""Fay ships, refunds and finds orders; Stripe is the simulator, over real HTTP."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock, db
from shop import alerts, orders
from shop.models import Order, OrderLine, OrderState, Variant
from tests.shop.running import RunningShop, letters, shelf, the_order

ADDRESS = {"line1": "1 Main Street", "city": "Boston", "state": "MA", "postal_code": "02101"}


def order_of(name: str, number: int, state: OrderState = OrderState.PAID) -> int:
    """An order as settlement leaves it, written down without Stripe."""
    now = clock.now()
    with db.transaction() as session:
        variant = session.query(Variant).first()
        assert variant is not None
        bought = state in (OrderState.PAID, OrderState.PARTLY_REFUNDED, OrderState.REFUNDED)
        order = Order(
            token=f"token-{number}",
            number=f"QL-{number}" if bought else None,
            state=state,
            currency="USD",
            goods_amount=8900,
            shipping_amount=700,
            discount_amount=0,
            tax_amount=0,
            total_amount=9600,
            refunded_amount=0,
            email=f"{name.lower()}@example.com",
            name=name,
            country="US",
            shipping_title="Standard",
            days_min=3,
            days_max=6,
            address=ADDRESS,
            marketing_consent=False,
            source="post:the-ql",
            attempt=1,
            placed_at=now,
            expires_at=now + timedelta(hours=1),
            paid_at=now if bought else None,
        )
        session.add(order)
        session.flush()
        session.add(
            OrderLine(
                order_id=order.id,
                position=1,
                variant_id=variant.id,
                sku=variant.sku,
                title="QL Claw",
                unit_amount=8900,
                quantity=1,
            )
        )
        orders.note(order, "paid", who="Stripe")
        return order.id


@pytest.fixture
def ada(sample_shop: Flask) -> int:
    """Ada's order, paid and not on its way."""
    return order_of("Ada", 1001)


def test_the_list_is_filtered_by_its_address(fay: FlaskClient, ada: int) -> None:
    order_of("Ben", 1002, OrderState.REFUNDED)
    order_of("Chloe", 1003, OrderState.PLACED)

    def shown(query: str) -> set[str]:
        page = fay.get(f"/staff/orders{query}").text
        return {name for name in ("Ada", "Ben", "Chloe") if f"{name.lower()}@example.com" in page}

    assert shown("") == {"Ada", "Ben"}
    assert shown("?state=to-ship") == {"Ada"}
    assert shown("?state=refunded") == {"Ben"}
    assert shown("?state=awaiting") == {"Chloe"}
    assert shown("?state=all") == {"Ada", "Ben", "Chloe"}
    assert shown("?q=ql-1002") == {"Ben"}
    assert shown("?q=chl") == {"Chloe"}
    assert "No number, address or name begins with" in fay.get("/staff/orders?q=zoe").text


def test_fay_ships_and_the_customer_is_told(fay: FlaskClient, ada: int) -> None:
    page = fay.get(f"/staff/orders/{ada}").text
    assert "1 Main Street" in page
    assert "$96.00" in page
    assert "the post “the-ql”" in page
    told = fay.post(
        f"/staff/orders/{ada}/ship",
        data={"carrier": "USPS", "tracking": "9400 1", "url": "https://usps.example/9400"},
        follow_redirects=True,
    ).text
    assert "On its way; the customer is told." in told
    assert "fay@shop.example" in told
    assert ("shop.shipped", "ada@example.com") in letters()
    again = fay.post(
        f"/staff/orders/{ada}/ship", data={"carrier": "UPS"}, follow_redirects=True
    ).text
    assert "There is nothing to ship" in again
    assert "Nothing to ship" in fay.get("/staff/orders?state=to-ship").text


def test_a_tracking_page_that_is_no_web_page_is_refused(fay: FlaskClient, ada: int) -> None:
    told = fay.post(
        f"/staff/orders/{ada}/ship",
        data={"carrier": "USPS", "url": "javascript:alert(1)"},
        follow_redirects=True,
    ).text
    assert "begins with https://" in told
    assert letters() == []


def test_the_receipt_goes_out_again_when_fay_says_so(fay: FlaskClient, ada: int) -> None:
    fay.post(f"/staff/orders/{ada}/send-again", data={"letter": "shop.receipt"})
    assert letters() == [("shop.receipt", "ada@example.com")]
    assert "Letter sent again" in fay.get(f"/staff/orders/{ada}").text
    other = fay.post(f"/staff/orders/{ada}/send-again", data={"letter": "newsletter.issue"})
    assert other.status_code == 400


def test_a_note_stands_in_the_timeline(fay: FlaskClient, ada: int) -> None:
    fay.post(f"/staff/orders/{ada}/note", data={"text": "Called; <b>wants</b> it Friday"})
    assert "Called; &lt;b&gt;wants&lt;/b&gt; it Friday" in fay.get(f"/staff/orders/{ada}").text


def test_fay_refunds_part_and_then_the_rest(running_shop: RunningShop, fay: FlaskClient) -> None:
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    order = the_order()
    assert shelf() == (39, 0)
    base = f"/staff/orders/{order.id}"
    for entered in ("much", "-5", "0"):
        told = fay.post(f"{base}/refund", data={"amount": entered}, follow_redirects=True).text
        assert "This is no amount of money." in told
    told = fay.post(f"{base}/refund", data={"amount": "500"}, follow_redirects=True).text
    assert "can be refunded" in told
    told = fay.post(
        f"{base}/refund", data={"amount": "6.00", "why": "late"}, follow_redirects=True
    ).text
    assert "$6.00 go back to the customer." in told
    told = fay.post(f"{base}/refund", data={"restock": "1"}, follow_redirects=True).text
    assert "$90.00 go back" in told
    running_shop.wait()
    assert the_order().state is OrderState.REFUNDED
    assert shelf() == (40, 0)


def test_fay_calls_off_an_order_that_nobody_paid(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    running_shop.buy()
    order = the_order()
    told = fay.post(
        f"/staff/orders/{order.id}/cancel", data={"why": "twice"}, follow_redirects=True
    ).text
    assert "Called off" in told
    assert the_order().state is OrderState.CANCELLED
    assert shelf() == (40, 0)


def test_today_shows_what_waits_and_lets_alerts_be_seen(fay: FlaskClient, ada: int) -> None:
    alerts.raise_alert("forged_webhook", "Somebody signed with a wrong key.", key="x")
    page = fay.get("/staff/").text
    assert "Somebody signed with a wrong key." in page
    assert "$96.00" in page
    alert = alerts.unseen()[0]
    fay.post(f"/staff/alerts/{alert.id}/acknowledge")
    assert alerts.count_unseen() == 0
    assert "Somebody signed" not in fay.get("/staff/").text


def test_ed_s_today_has_no_orders_and_no_alerts(ed: FlaskClient, ada: int) -> None:
    alerts.raise_alert("forged_webhook", "Somebody signed with a wrong key.", key="x")
    page = ed.get("/staff/").text
    assert "Comments waiting" in page
    assert "To ship" not in page
    assert "Somebody signed" not in page


def test_search_finds_on_every_open_desk(olivia: FlaskClient, ed: FlaskClient, ada: int) -> None:
    assert "QL-1001" in olivia.get("/staff/search?q=ada@").text
    assert olivia.get("/staff/search?q=ql-1001").location == f"/staff/orders/{ada}"
    assert "QL-1001" not in ed.get("/staff/search?q=ada@").text
    assert "Nothing found" in ed.get("/staff/search?q=ada@").text
