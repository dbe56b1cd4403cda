"""Paula buys two tools; Olivia puts her order right, ships it in two parcels, and takes one back."""

import re

import pytest
from playwright.sync_api import Page, expect

from core.mailbox.messages import Message
from tests.journeys import people
from tests.running import RunningShop
from tests.shop.running import shelf

pytestmark = pytest.mark.one_database

PAULA = "paula@example.com"


def test_paula_s_order_from_a_wrong_address_to_a_credit_note(
    page: Page, office: Page, running_shop: RunningShop
) -> None:
    _buy_two(page, running_shop)
    order_page = page.url
    office.goto(f"{running_shop.url}/staff/orders")
    office.get_by_role("link", name="QL-1001").click()
    _put_right(office)
    first = _ship(office, running_shop, "1Z1", only_one=True)
    assert first.subject == "Part of your order QL-1001 is on its way"
    page.goto(order_page)
    expect(page.get_by_text("The rest follows: 1 × QL Claw")).to_be_visible()
    expect(page.get_by_text("7 Elm Street")).to_be_visible()
    second = _ship(office, running_shop, "1Z2", only_one=False)
    assert second.subject == "Your order QL-1001 is on its way"

    _refund_one(office)
    assert shelf()[0] == 39
    running_shop.work()
    letter = running_shop.mailbox.wait_for(to=PAULA, subject_contains="A refund")
    assert "$89.00" in letter.text
    page.goto(people.link(letter, "/orders/"))
    expect(page.get_by_role("heading", name="The parcels")).to_be_visible()
    _read_the_papers(page, running_shop)


def test_a_letter_leads_olivia_from_the_bank_s_question_to_the_evidence(
    page: Page, office: Page, running_shop: RunningShop
) -> None:
    people.buy(page, running_shop, PAULA)
    (charge,) = running_shop.simulator.store.select("charge")
    made = running_shop.simulator.dispute(charge["id"], "product_not_received")
    assert running_shop.simulator.wait_until_idle()
    running_shop.work()
    support = "help@shop.example"
    asked = running_shop.mailbox.wait_for(to=support, subject_contains="disputes order QL-1001")
    assert "tracking number" in asked.text
    office.goto(people.link(asked, "/staff/orders/"))
    expect(office.get_by_role("heading", level=1)).to_have_text("QL-1001")
    expect(office.get_by_text("The bank asks for $96.00 back")).to_be_visible()
    expect(office.get_by_text("Refund…")).to_have_count(0)
    way = office.get_by_role("link", name="Evidence for the bank (PDF)").get_attribute("href")
    assert office.request.get(f"{running_shop.url}{way}").body().startswith(b"%PDF-")
    running_shop.simulator.decide(made["id"], "won")
    assert running_shop.simulator.wait_until_idle()
    running_shop.work()
    assert running_shop.mailbox.wait_for(to=support, subject_contains="is won")


def _buy_two(page: Page, shop: RunningShop) -> None:
    page.goto(f"{shop.url}/products/ql-claw")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Change").click()
    page.get_by_role("button", name=re.compile("payment")).first.click()
    page.wait_for_url("**/c/pay/**")
    people.fill_in(page, PAULA)
    people.pay_by_card(page)
    page.wait_for_url("**/orders/**")


def _put_right(office: Page) -> None:
    """A note, and the address: changed, taken back, and changed again."""
    office.get_by_label("Note for other staff").fill("She called: the house number is wrong.")
    office.get_by_role("button", name="Add the note").click()
    expect(office.get_by_text("She called: the house number is wrong.")).to_be_visible()
    address = office.locator("address")
    before = address.inner_text()
    for deed in ("change", "undo", "change"):
        if deed == "undo":
            office.keyboard.press("z")
            expect(address).to_have_text(before, use_inner_text=True)
            continue
        office.get_by_text("Put the address right…").click()
        office.get_by_label("Street and number").fill("7 Elm Street")
        office.get_by_role("button", name="Save the address").click()
        expect(address).to_contain_text("7 Elm Street")
    expect(office.get_by_text("Address corrected")).to_have_count(3)


def _ship(office: Page, shop: RunningShop, tracking: str, *, only_one: bool) -> Message:
    """Send a parcel; the letter that Paula gets."""
    office.get_by_role("combobox", name="Carrier").fill("UPS")
    office.get_by_label("Tracking number").fill(tracking)
    if only_one:
        office.get_by_text("Only some of it in this parcel…").click()
        parcel = office.locator("section[aria-labelledby=ship]")
        parcel.get_by_label("QL Claw").fill("1")
    office.get_by_role("button", name="Mark as shipped and tell the customer").click()
    expect(office.get_by_text("On its way; the customer is told.")).to_be_visible()
    shop.work()
    letters = shop.mailbox.messages(to=PAULA)
    letter = next(each for each in letters if tracking in each.text)
    assert people.link(letter, "/orders/")
    return letter


def _refund_one(office: Page) -> None:
    office.get_by_text("Refund…").click()
    money = office.locator("section[aria-labelledby=money]")
    money.get_by_label("QL Claw").fill("1")
    money.get_by_label("Why").fill("One was enough")
    money.get_by_label("Put the goods back on the shelf").check()
    money.get_by_role("button", name="Refund through Stripe").click()
    expect(office.get_by_text("$89.00 go back to the customer.")).to_be_visible()


def _read_the_papers(page: Page, shop: RunningShop) -> None:
    """The invoice as a page and as a PDF, and the credit note below it."""
    page.get_by_role("link", name="Invoice, to print or save").click()
    expect(page.get_by_text("$185.00").first).to_be_visible()
    way = page.get_by_role("link", name="Download as PDF").get_attribute("href")
    invoice = page.request.get(f"{shop.url}{way}")
    assert invoice.headers["content-type"] == "application/pdf"
    assert invoice.body().startswith(b"%PDF-")
    page.get_by_role("link", name=re.compile("^Credit note")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Credit note")
    expect(page.get_by_text("89.00").first).to_be_visible()
