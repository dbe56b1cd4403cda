"""Readers become buyers, and nothing that goes wrong on the way costs them or us anything."""

import re

import pytest
from playwright.sync_api import Page, expect

from core import db
from shop import catalog, orders
from shop.models import OrderState
from tests.journeys import people
from tests.running import RunningShop


def available() -> int:
    offer = catalog.offer("QL-CLAW")
    assert offer
    return offer.available


def test_ada_reads_a_post_and_buys_the_tool(page: Page, running_shop: RunningShop) -> None:
    people.read_and_follow_the_product(page, running_shop, "referred-back-pain")
    people.go_to_payment(page, running_shop)
    people.fill_in(page, "ada@example.com")
    people.pay_by_card(page)
    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    running_shop.work()
    receipt = running_shop.mailbox.wait_for(to="ada@example.com", subject_contains="Your order")
    page.goto(people.link(receipt, "/orders/"))
    expect(page.get_by_text("1 × QL Claw")).to_be_visible()
    with db.reading():
        (order,) = orders.of_email("ada@example.com")
        assert (order.state, order.source) == (OrderState.PAID, "post:referred-back-pain")


@pytest.mark.one_database
def test_ben_s_card_is_declined_and_his_second_one_is_not(
    page: Page, running_shop: RunningShop
) -> None:
    people.go_to_payment(page, running_shop)
    people.fill_in(page, "ben@example.com")
    people.pay_by_card(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    people.pay_by_card(page)
    page.wait_for_url("**/orders/**")
    running_shop.work()
    assert people.subjects(running_shop, "ben@example.com") == ["Your order QL-1001"]


@pytest.mark.one_database
def test_chloe_s_bank_asks_her_first(page: Page, running_shop: RunningShop) -> None:
    people.go_to_payment(page, running_shop)
    people.fill_in(page, "chloe@example.com")
    people.pay_by_card(page, "4000 0025 0000 3155")
    page.get_by_role("button", name="Complete authentication").click()
    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")


@pytest.mark.one_database
def test_dan_pays_by_bank_debit_and_the_money_comes_later(
    page: Page, running_shop: RunningShop
) -> None:
    people.go_to_payment(page, running_shop)
    people.fill_in(page, "dan@example.com")
    page.get_by_label("Bank debit (asynchronous)").check()
    people.press_pay(page)
    page.wait_for_url("**/orders/**")
    order_page = page.url
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Thank you")
    (payment,) = running_shop.simulator.store.select("payment_intent")
    running_shop.simulator.settle(payment["id"])
    assert running_shop.simulator.wait_until_idle()
    page.goto(order_page)
    expect(page.get_by_text(re.compile("Paid"))).to_be_visible()
    running_shop.work()
    assert running_shop.mailbox.wait_for(to="dan@example.com", subject_contains="Your order")


@pytest.mark.one_database
def test_eve_s_bank_debit_fails_and_the_tool_is_there_for_others_again(
    page: Page, running_shop: RunningShop
) -> None:
    before = available()
    people.go_to_payment(page, running_shop)
    people.fill_in(page, "eve@example.com")
    page.get_by_label("Bank debit (asynchronous)").check()
    people.press_pay(page)
    page.wait_for_url("**/orders/**")
    (payment,) = running_shop.simulator.store.select("payment_intent")
    running_shop.simulator.settle(payment["id"], succeeds=False)
    assert running_shop.simulator.wait_until_idle()
    running_shop.work()
    assert len(people.subjects(running_shop, "eve@example.com")) == 1
    assert available() == before


@pytest.mark.one_database
def test_finn_is_back_before_the_webhook(page: Page, running_shop: RunningShop) -> None:
    running_shop.simulator.pause()
    people.buy(page, running_shop, "finn@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    running_shop.simulator.resume()
    assert running_shop.simulator.wait_until_idle()
    running_shop.work()
    assert people.subjects(running_shop, "finn@example.com") == ["Your order QL-1001"]


@pytest.mark.one_database
def test_gita_closes_the_page_and_no_webhook_ever_comes(
    page: Page, running_shop: RunningShop
) -> None:
    running_shop.simulator.pause()
    people.go_to_payment(page, running_shop)
    (session,) = running_shop.simulator.store.select("checkout.session")
    page.close()
    running_shop.simulator.pay(session["id"], {"email": "gita@example.com"})
    running_shop.work()
    running_shop.work()
    assert people.subjects(running_shop, "gita@example.com") == ["Your order QL-1001"]


@pytest.mark.one_database
def test_hana_adds_a_bag_on_the_payment_page(page: Page, running_shop: RunningShop) -> None:
    people.go_to_payment(page, running_shop)
    expect(page.get_by_role("heading", name="Add to your order")).to_be_visible()
    page.get_by_role("button", name="Add Travel bag").click()
    expect(page.get_by_text("Travel bag was added.")).to_be_visible()
    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Update the total").click()
    expect(page.locator(".total")).to_have_text("$124.00")
    people.fill_in(page, "hana@example.com")
    people.pay_by_card(page)
    page.wait_for_url("**/orders/**")
    expect(page.get_by_text("2 × Travel bag")).to_be_visible()
    expect(page.get_by_text("$124.00")).to_be_visible()
    running_shop.work()
    receipt = running_shop.mailbox.wait_for(to="hana@example.com", subject_contains="Your order")
    assert "2 × Travel bag: $28.00" in receipt.text


@pytest.mark.one_database
def test_ian_changes_his_mind_about_the_bag(page: Page, running_shop: RunningShop) -> None:
    people.go_to_payment(page, running_shop)
    page.get_by_role("button", name="Add Travel bag").click()
    page.get_by_role("button", name="Remove Travel bag").click()
    expect(page.get_by_text("Travel bag was removed.")).to_be_visible()
    people.fill_in(page, "ian@example.com")
    people.pay_by_card(page)
    page.wait_for_url("**/orders/**")
    expect(page.get_by_text("Travel bag")).to_have_count(0)
    with db.reading():
        (order,) = orders.of_email("ian@example.com")
        assert [line.sku for line in order.lines] == ["QL-CLAW"]
