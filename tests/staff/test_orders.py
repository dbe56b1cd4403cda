"""Fay ships, refunds and finds orders; Stripe is the simulator, over real HTTP."""

import csv
import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from blog import pages
from core import clock, db
from core.mail import ledger
from newsletter import newsletters
from shop import alerts, orders
from shop.models import Order, OrderLine, OrderState, Progress, Refund, Variant
from tests.shop.running import RunningShop, letters, shelf, the_order

pytestmark = pytest.mark.one_database

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


def refund_of(order_id: int, amount: int) -> int:
    """A refund that Stripe made, written down without Stripe; its id."""
    now = clock.now()
    with db.transaction() as session:
        made = Refund(
            order_id=order_id, amount=amount, currency="USD", status="succeeded", who="Stripe",
            created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


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
    assert "No order fits “zoe”" in fay.get("/staff/orders?q=zoe").text


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
    again = fay.post(f"/staff/orders/{ada}/ship", data={"carrier": "UPS"})
    assert again.status_code == 422
    assert orders.get(ada).fulfilments[0].carrier == "USPS"
    assert len(letters()) == 1
    assert "Nothing to ship" in fay.get("/staff/orders?state=to-ship").text


def test_a_parcel_that_is_not_right_is_answered_at_its_field_and_nothing_is_lost(
    fay: FlaskClient, ada: int
) -> None:
    form = {"carrier": "USPS", "tracking": "9400 7", "url": "javascript:alert(1)"}
    answer = fay.post(f"/staff/orders/{ada}/ship", data=form)
    assert answer.status_code == 422
    assert re.search(r'id="ship-url-error">A tracking page begins with https://', answer.text)
    for kept in form.values():
        assert f'value="{kept}"' in answer.text
    line = orders.get(ada).lines[0].id
    for units, told in (
        ("two", "Enter a whole number."),
        ("0", "at least one thing"),
        ("2", "Of QL Claw, 1 can"),
    ):
        data = {"carrier": "UPS", f"units-{line}": units}
        assert told in fay.post(f"/staff/orders/{ada}/ship", data=data).text
    assert "Which carrier takes it?" in fay.post(f"/staff/orders/{ada}/ship", data={}).text
    assert letters() == []


def test_fay_sends_part_then_the_rest_and_marks_them_delivered(fay: FlaskClient, ada: int) -> None:
    with db.transaction() as session:
        session.query(OrderLine).one().quantity = 3
    line = orders.get(ada).lines[0].id
    fay.post(
        f"/staff/orders/{ada}/ship",
        data={"carrier": "UPS", "tracking": "1Z1", f"units-{line}": "2"},
    )
    page = fay.get(f"/staff/orders/{ada}").text
    assert "Partly shipped" in page
    assert "Send the rest on its way" in page
    assert 'href="https://www.ups.com/track?tracknum=1Z1"' in page
    fay.post(f"/staff/orders/{ada}/ship", data={"carrier": "UPS"})
    first, second = (each.id for each in orders.get(ada).fulfilments)
    for parcel in (first, second):
        fay.post(f"/staff/orders/{ada}/delivered", data={"parcel": parcel})
    assert (
        "no parcel on its way"
        in fay.post(
            f"/staff/orders/{ada}/delivered", data={"parcel": first}, follow_redirects=True
        ).text
    )
    assert orders.get(ada).progress is Progress.DELIVERED
    assert "ada@example.com" in fay.get("/staff/orders?state=delivered").text
    assert "ada@example.com" in fay.get("/staff/orders?goods=delivered&country=us").text
    assert "ada@example.com" in fay.get("/staff/orders?q=1z1").text
    assert "ada@example.com" not in fay.get("/staff/orders?state=to-ship").text


def test_the_list_is_narrowed_by_tag_country_and_day(fay: FlaskClient, ada: int) -> None:
    order_of("Ben", 1002)
    fay.post(f"/staff/orders/{ada}/tags", data={"tag": "  Gift   Wrap "})
    today, tomorrow = (f"{clock.now() + timedelta(days=n):%Y-%m-%d}" for n in (0, 1))
    for query, has_ada, has_ben in (
        ("tag=gift+wrap", True, False),
        ("country=US", True, True),
        ("country=DE", False, False),
        (f"since={today}&until={today}", True, True),
        (f"since={tomorrow}", False, False),
        ("payment=paid&goods=unfulfilled", True, True),
        ("payment=refunded", False, False),
    ):
        page = fay.get(f"/staff/orders?{query}").text
        assert ("ada@example.com" in page, "ben@example.com" in page) == (has_ada, has_ben), query
    wrong = fay.get("/staff/orders?since=yesterday").text
    assert "Enter a day like" in wrong
    assert 'value="yesterday"' in wrong
    fay.post(f"/staff/orders/{ada}/tags/remove", data={"tag": "gift wrap"})
    assert "ada@example.com" not in fay.get("/staff/orders?tag=gift+wrap").text
    told = fay.get(f"/staff/orders/{ada}").text
    assert "Tagged" in told
    assert "Tag removed" in told
    assert fay.post(f"/staff/orders/{ada}/tags", data={"tag": "x" * 41}).status_code == 422


def test_an_address_is_put_right_before_it_leaves(fay: FlaskClient, ada: int) -> None:
    form = {"name": "Ada Byron", "line1": "2 Side Street", "city": "", "postal_code": "02102"}
    answer = fay.post(f"/staff/orders/{ada}/address", data=form)
    assert answer.status_code == 422
    assert 'id="address-city-error">Please fill this in.' in answer.text
    assert 'value="2 Side Street"' in answer.text
    fay.post(f"/staff/orders/{ada}/address", data=form | {"city": "Boston"})
    page = fay.get(f"/staff/orders/{ada}").text
    assert "2 Side Street" in page
    assert "Address corrected" in page
    fay.post(f"/staff/orders/{ada}/ship", data={"carrier": "UPS"})
    assert fay.post(f"/staff/orders/{ada}/address", data=form | {"city": "X"}).status_code == 422


def test_any_letter_of_the_order_goes_out_again(fay: FlaskClient, ada: int) -> None:
    other = order_of("Ben", 1002)
    fay.post(f"/staff/orders/{ada}/ship", data={"carrier": "UPS", "tracking": "1Z1"})
    (sent,) = ledger.under(f"order:{ada}")
    fay.post(f"/staff/orders/{other}/send-again", data={"delivery": sent.id})
    assert len(letters()) == 1, "it is not about that order"
    fay.post(f"/staff/orders/{ada}/send-again", data={"delivery": sent.id})
    again, first = ledger.under(f"order:{ada}")
    assert (again.letter, again.recipient, again.payload) == (
        first.letter,
        first.recipient,
        first.payload,
    )
    assert "Send again</button>" in fay.get(f"/staff/orders/{ada}").text


def test_the_export_holds_what_the_list_shows_and_no_formula(fay: FlaskClient, ada: int) -> None:
    ben = order_of("Ben", 1002, OrderState.REFUNDED)
    with db.transaction() as session:
        session.get_one(Order, ben).name = "=HYPERLINK(1)"
    answer = fay.get("/staff/orders/export.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["number"] for row in rows] == ["QL-1002", "QL-1001"]
    assert rows[0]["name"] == "'=HYPERLINK(1)"
    assert (rows[1]["total"], rows[1]["items"], rows[1]["city"]) == (
        "96.00",
        "1 × QL-CLAW",
        "Boston",
    )
    narrowed = fay.get("/staff/orders/export.csv?state=refunded").text
    assert "QL-1002" in narrowed
    assert "QL-1001" not in narrowed


def test_chosen_orders_are_shipped_together_and_what_is_wrong_stays(
    fay: FlaskClient, ada: int
) -> None:
    ben = order_of("Ben", 1002)
    form = fay.get(f"/staff/orders/ship?order={ada}&order={ben}").text
    assert form.count('name="tracking"') == 2
    rows = {
        "number": ["QL-1001", "QL-1002", "QL-9"],
        "carrier": ["UPS", "", "UPS"],
        "tracking": ["1Z1", "1Z2", "1Z3"],
    }
    looked = fay.post("/staff/orders/ship", data=rows | {"check": "1"}).text
    assert "2 rows need a look" in looked
    assert letters() == []
    answer = fay.post("/staff/orders/ship", data=rows)
    assert answer.status_code == 422
    assert [to for _, to in letters()] == ["ada@example.com"]
    assert 'id="carrier-1-error">Which carrier takes it?' in answer.text
    assert 'id="number-2-error">There is no such order.' in answer.text
    for kept in ("QL-1002", "1Z2", "QL-9", "1Z3"):
        assert f'value="{kept}"' in answer.text
    fixed = {"number": ["QL-1002"], "carrier": ["UPS"], "tracking": ["1Z2"]}
    assert fay.post("/staff/orders/ship", data=fixed).status_code == 200
    assert [to for _, to in letters()] == ["ada@example.com", "ben@example.com"]


def test_a_carrier_s_file_is_looked_at_before_anything_is_sent(fay: FlaskClient, ada: int) -> None:
    def upload(content: bytes) -> TestResponse:
        return fay.post("/staff/orders/ship", data={"file": (io.BytesIO(content), "x.csv")})

    for content in (
        b"QL-1001,UPS,1Z1\n",
        b"\xef\xbb\xbfTracking number;Order number;Carrier\n1Z1;#ql-1001;UPS\n",
        b"order\tcarrier\ttracking\r\nQL-1001\tUPS\t1Z1\r\n",
    ):
        page = upload(content).text
        for words in ('value="QL-1001"', 'value="UPS"', 'value="1Z1"', "1 × QL Claw"):
            assert words in page, content
    twice = upload(b"QL-1001,UPS,1\nQL-1001,UPS,2\n").text
    assert "It stands here twice." in twice
    for content, told in (
        (b"", "no row in this file"),
        ("Zo\u00eb".encode("utf-16"), "in UTF-8"),
        (b"a\n" * 501, "No more than 500 rows"),
    ):
        answer = upload(content)
        assert answer.status_code == 422
        assert told in answer.text
    assert letters() == []


def test_the_receipt_goes_out_again_when_fay_says_so(fay: FlaskClient, ada: int) -> None:
    fay.post(f"/staff/orders/{ada}/send-again")
    assert letters() == [("shop.receipt", "ada@example.com")]
    assert "Letter sent again" in fay.get(f"/staff/orders/{ada}").text


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
        told = fay.post(f"{base}/refund", data={"amount": entered, "why": "late"}).text
        assert 'id="refund-amount-error">This is no amount of money.' in told
        assert 'value="late"' in told
    told = fay.post(f"{base}/refund", data={"amount": "500"}).text
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


def test_fay_refunds_one_of_two_tools_and_it_goes_back_on_the_shelf(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    running_shop.simulator.pay(running_shop.buy(quantity=2))
    running_shop.wait()
    order = the_order()
    line = orders.get(order.id).lines[0].id
    base = f"/staff/orders/{order.id}"
    told = fay.post(f"{base}/refund", data={f"units-{line}": "3"})
    assert told.status_code == 422
    assert "Of QL Claw, 2 can be given back." in told.text
    given = {f"units-{line}": "1", "restock": "1", "why": "one too many"}
    assert "$89.00 go back" in fay.post(f"{base}/refund", data=given, follow_redirects=True).text
    running_shop.wait()
    assert shelf() == (39, 0)
    left = orders.get(order.id)
    assert (left.state, left.progress, left.lines[0].to_ship) == (
        OrderState.PARTLY_REFUNDED, Progress.UNFULFILLED, 1,
    )  # fmt: skip


def test_fay_calls_off_a_paid_order_and_the_money_goes_back(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    base = f"/staff/orders/{the_order().id}"
    assert fay.post(f"{base}/cancel", data={"why": " "}).status_code == 422
    told = fay.post(f"{base}/cancel", data={"why": "fraud"}, follow_redirects=True).text
    assert "the goods are back on the shelf. $96.00 go back." in told
    running_shop.wait()
    order = the_order()
    assert (order.state, order.progress) == (OrderState.REFUNDED, Progress.CANCELLED)
    assert shelf() == (40, 0)
    again = fay.post(f"{base}/cancel", data={"why": "fraud"}, follow_redirects=True).text
    assert "It cannot be called off" in again
    assert fay.post(f"{base}/ship", data={"carrier": "UPS"}).status_code == 422


def test_a_dispute_stands_on_its_desk_with_the_time_that_is_left(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    assert "No open dispute" in fay.get("/staff/orders/disputes").text
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    intent = running_shop.simulator.store.get(the_order().payment_intent or "")
    made = running_shop.simulator.dispute(str(intent["latest_charge"]))
    running_shop.wait()
    page = fay.get("/staff/orders/disputes").text
    assert "QL-1001" in page
    assert re.search(r"\d+ days", page)
    assert "Disputed" in fay.get("/staff/orders?state=disputed").text
    running_shop.simulator.decide(made["id"], "won")
    running_shop.wait()
    page = fay.get("/staff/orders/disputes").text
    assert "No open dispute" in page
    assert "won" in page
    assert "Dispute won" in fay.get("/staff/orders?state=disputed").text


def test_a_fraud_warning_suggests_to_call_the_order_off(
    running_shop: RunningShop, fay: FlaskClient
) -> None:
    running_shop.simulator.pay(running_shop.buy())
    running_shop.wait()
    intent = running_shop.simulator.store.get(the_order().payment_intent or "")
    running_shop.simulator.warn(str(intent["latest_charge"]))
    running_shop.wait()
    assert "Call the order off below" in fay.get(f"/staff/orders/{the_order().id}").text


def test_today_shows_what_waits_and_lets_alerts_be_seen(fay: FlaskClient, ada: int) -> None:
    alerts.raise_alert("forged_webhook", "Somebody signed with a wrong key.", key="x")
    page = fay.get("/staff/").text
    assert "Somebody signed with a wrong key." in page
    assert "$96.00" in page
    alert = alerts.unseen()[0]
    fay.post(f"/staff/alerts/{alert.id}/acknowledge")
    assert alerts.unseen() == []
    assert "Somebody signed" not in fay.get("/staff/").text


def test_ed_s_today_has_no_orders_and_no_alerts(ed: FlaskClient, ada: int) -> None:
    alerts.raise_alert("forged_webhook", "Somebody signed with a wrong key.", key="x")
    page = ed.get("/staff/").text
    assert "none to decide on" in page
    assert "To ship" not in page
    assert "Somebody signed" not in page


def test_search_finds_on_every_open_desk(olivia: FlaskClient, ed: FlaskClient, ada: int) -> None:
    assert "QL-1001" in olivia.get("/staff/search?q=ada@").text
    assert olivia.get("/staff/search?q=ql-1001").location == f"/staff/orders/{ada}"
    assert "QL-1001" not in ed.get("/staff/search?q=ada@").text
    assert "Nothing found" in ed.get("/staff/search?q=ada@").text
    for words in ("ql cl", "claw-pair"):
        assert re.search(r'href="/staff/products/\d+">', ed.get(f"/staff/search?q={words}").text)
    newsletters.draft("Sitting well", "Hello.")
    pages.save("care", title="Care of the tool", summary="", body="Wipe it.", by="Ed")
    assert re.search(
        r'"/staff/newsletters/\d+">Sitting well', ed.get("/staff/search?q=sitting").text
    )
    assert '"/staff/pages/care">Care of the tool' in ed.get("/staff/search?q=care").text


def test_the_way_of_a_buyer_is_told_step_by_step(fay: FlaskClient, ada: int) -> None:
    with db.transaction() as session:
        session.get_one(Order, ada).source = "newsletter:12,post:gone:card-2,finder,restock"
    page = fay.get(f"/staff/orders/{ada}").text
    assert "newsletter 12, then the post “gone”" in page
    assert "the pain finder, then the letter that it is back in stock" in page
