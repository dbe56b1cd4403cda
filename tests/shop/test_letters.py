"""The letters say, in both parts, how things stand when they are sent."""

import pytest
from sqlalchemy import select

from core import db
from core.mail import letters as kinds
from core.mail.letters import Message
from core.mail.models import Delivery
from shop import fulfilment, letters, refunds
from tests.shop.running import RunningShop, the_order

pytestmark = pytest.mark.one_database

ADA = "ada@example.com"


@pytest.fixture
def paid_shop(running_shop: RunningShop) -> RunningShop:
    """A shop in which Ada bought two tools to London."""
    running_shop.simulator.pay(running_shop.buy(quantity=2, country="GB"))
    running_shop.wait()
    return running_shop


def written() -> list[Message]:
    with db.reading() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        return [kinds.find(row.letter).compose(row) for row in rows]


def in_both_parts(message: Message, *words: str) -> None:
    for part in (message.html, message.text):
        for each in words:
            assert each in part, (each, part)


def test_the_receipt_says_what_was_bought_and_paid(paid_shop: RunningShop) -> None:
    receipt = written()[0]
    assert receipt.subject == "Your order QL-1001"
    link = f"{paid_shop.url}/orders/{the_order().token}"
    in_both_parts(receipt, "2 × QL Claw", "$178.00", "$19.00", "$197.00", "London", "7 to 14", link)
    assert "[Sample: your company name]" in receipt.text
    assert receipt.headers["Auto-Submitted"] == "auto-generated"


def test_the_letter_of_a_parcel_leads_to_it_and_to_the_warnings(paid_shop: RunningShop) -> None:
    fulfilment.ship(
        the_order().id,
        carrier="Royal Mail",
        tracking="RM1",
        url="https://carrier.example/RM1",
        by="Chloe",
    )
    in_both_parts(
        written()[-1], "Royal Mail", "RM1", "https://carrier.example/RM1", "/pages/safety"
    )


def test_the_letter_of_a_refund_says_how_much(paid_shop: RunningShop) -> None:
    refunds.refund(the_order().id, 1900, by="Chloe")
    in_both_parts(written()[-1], "$19.00", "$197.00", "QL-1001")


def test_a_failed_payment_is_told_with_a_way_to_pay_again(running_shop: RunningShop) -> None:
    running_shop.simulator.pay(running_shop.buy(), {"method": "debit"})
    running_shop.wait()
    running_shop.simulator.settle(the_order().payment_intent or "", succeeds=False)
    running_shop.wait()
    in_both_parts(written()[-1], "Nothing was charged", f"/orders/{the_order().token}")


def test_the_links_go_to_whoever_has_orders_and_once_in_a_while(paid_shop: RunningShop) -> None:
    before = len(written())
    for email in (ADA, ADA, "ben@example.com"):
        letters.send_links(email)
    assert len(written()) == before + 1
    in_both_parts(written()[-1], f"/orders/{the_order().token}", "QL-1001")


def test_an_address_typed_in_capitals_finds_the_orders(paid_shop: RunningShop) -> None:
    paid_shop.visitor().post("/orders/", email="ADA@Example.com")
    assert [message.subject for message in written()][1:] == ["The link to your order"]
