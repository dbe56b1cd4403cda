"""Invoices, credit notes, packing slips and evidence: the same on the page and in the PDF."""

import re
import zlib

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import db, settings
from shop import papers, pdf
from shop.models import Order, OrderState, RefundLine
from tests.staff.test_orders import order_of, refund_of

pytestmark = pytest.mark.one_database


@pytest.fixture
def ada(sample_shop: Flask) -> int:
    """Ada's order, paid and not on its way."""
    return order_of("Łucja Ångström", 1001)


def pages_of(printed: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", printed))


def test_the_invoice_says_who_sold_what_to_whom(client: FlaskClient, ada: int) -> None:
    settings.change(tax_number="DE123456789", legal_name="Claw LLC")
    page = client.get("/orders/token-1001/invoice")
    for words in (
        "Invoice QL-1001",
        "Claw LLC",
        "DE123456789",
        "Łucja",
        "QL Claw",
        "$89.00",
        "$7.00",
        "$96.00",
    ):
        assert words in page.text, words
    assert page.headers["Cache-Control"] == "no-store"
    printed = client.get("/orders/token-1001/invoice.pdf")
    assert printed.content_type == "application/pdf"
    assert printed.data.startswith(b"%PDF-")
    assert pages_of(printed.data) == 1
    assert client.get("/orders/token-100/invoice").status_code == 404


def test_the_sums_of_an_invoice_add_up(ada: int) -> None:
    with db.transaction() as session:
        order = session.get_one(Order, ada)
        order.discount_amount, order.tax_amount, order.total_amount = 900, 500, 9200
    with db.reading() as session:
        taxed = papers.invoice(session.get_one(Order, ada))
    assert [amount for _, amount in taxed.sums] == ["$89.00", "-$9.00", "$7.00", "$5.00", "$92.00"]
    with db.transaction() as session:
        session.get_one(Order, ada).total_amount = 8700
    with db.reading() as session:
        included = papers.invoice(session.get_one(Order, ada))
    assert included.sums[-2:] == [("Total, paid", "$87.00"), ("Of which tax", "$5.00")]


def test_a_refund_is_a_credit_note(client: FlaskClient, ada: int) -> None:
    refund = refund_of(ada, 700)
    invoice = client.get("/orders/token-1001/invoice").text
    assert "Credited since: $7.00" in invoice
    assert f'href="/orders/token-1001/credit-notes/{refund}"' in invoice
    note = client.get(f"/orders/token-1001/credit-notes/{refund}").text
    assert "Credit note QL-1001-C1" in note
    assert "-$7.00" in note
    assert client.get(f"/orders/token-1001/credit-notes/{refund}.pdf").data.startswith(b"%PDF-")
    assert client.get(f"/orders/token-1001/credit-notes/{refund + 1}").status_code == 404
    assert "Credit note QL-1001-C1" in client.get("/orders/token-1001").text
    assert f'href="/orders/token-1001/credit-notes/{refund}"' not in note


def test_a_credit_note_names_the_goods_that_were_given_back(client: FlaskClient, ada: int) -> None:
    refund = refund_of(ada, 8900)
    with db.transaction() as session:
        line = session.get_one(Order, ada).lines[0]
        session.add(RefundLine(refund_id=refund, order_line_id=line.id, quantity=1, restocked=1))
        title = line.title
    note = client.get(f"/orders/token-1001/credit-notes/{refund}").text
    assert f"1 × {title}" in note


def test_there_is_no_invoice_of_what_nobody_paid(client: FlaskClient, sample_shop: Flask) -> None:
    order_of("Ben", 1002, OrderState.PLACED)
    assert client.get("/orders/token-1002/invoice").status_code == 404


def test_slips_of_several_orders_are_printed_at_once_without_prices(
    fay: FlaskClient, ada: int
) -> None:
    ben = order_of("Ben", 1002)
    page = fay.get(f"/staff/orders/slips?order={ada}&order={ben}").text
    assert "Packing slip QL-1001" in page
    assert "Packing slip QL-1002" in page
    assert "$" not in page.partition('<article class="paper">')[2]
    printed = fay.get(f"/staff/orders/slips.pdf?order={ada}&order={ben}").data
    assert pages_of(printed) == 2
    assert "No order chosen" in fay.get("/staff/orders/slips").text
    assert fay.get("/staff/orders/slips.pdf").status_code == 404


def test_the_evidence_is_one_file_without_what_staff_noted(fay: FlaskClient, ada: int) -> None:
    fay.post(f"/staff/orders/{ada}/ship", data={"carrier": "UPS", "tracking": "1Z1"})
    answer = fay.get(f"/staff/orders/{ada}/evidence.pdf")
    assert answer.data.startswith(b"%PDF-")
    assert pages_of(answer.data) >= 1


def test_letters_of_all_europe_are_in_the_face() -> None:
    printed = pdf.print_record("Łódź Ångström Çelik Ωμέγα Привет", [])
    streams = re.findall(rb"stream\r?\n(.*?)endstream", printed, re.DOTALL)
    unpacked = [zlib.decompress(each) for each in streams if each[:1] == b"x"]
    assert any(b"Tj" in each or b"TJ" in each for each in unpacked)
