"""Olivia's first morning: an order to ship, and a newsletter to everybody."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.conftest import PASSWORD
from tests.running import RunningShop


@pytest.mark.one_database
def test_olivia_ships_ada_s_order_and_writes_to_ben(page: Page, running_shop: RunningShop) -> None:
    people.read_and_follow_the_product(page, running_shop, "psoas-trigger-points")
    people.buy(page, running_shop, "ada@example.com")
    people.sign_up(page, running_shop, "ben@example.com")
    people.confirm(page, running_shop, "ben@example.com")

    people.sign_in(page, running_shop, "olivia@shop.example", PASSWORD)
    page.goto(f"{running_shop.url}/staff/orders")
    page.get_by_role("link", name="QL-1001").click()
    expect(page.get_by_role("link", name=re.compile("Psoas trigger points"))).to_be_visible()
    page.get_by_role("combobox", name="Carrier").fill("UPS")
    page.get_by_label("Tracking number").fill("1Z999")
    page.get_by_role("button", name="Mark as shipped and tell the customer").click()
    running_shop.work()
    note = running_shop.mailbox.wait_for(to="ada@example.com", subject_contains="on its way")
    assert "1Z999" in note.text

    page.goto(f"{running_shop.url}/staff/newsletters/new")
    page.get_by_label("Subject", exact=True).fill("Why the ache moves")
    page.get_by_label("Preheader", exact=True).fill(
        "One thing about referred pain that is worth knowing today"
    )
    page.get_by_role("textbox", name="Letter").fill("Hello {{ name }},\n\nread this.\n\nOlivia")
    page.get_by_role("button", name="Save and send me a test").click()
    running_shop.work()
    assert running_shop.mailbox.wait_for(to="olivia@shop.example", subject_contains="Why the ache")
    page.get_by_role("button", name="Review and send…").click()
    page.get_by_role("button", name=re.compile("^Send")).first.click()
    running_shop.work()
    running_shop.work()
    issue = running_shop.mailbox.wait_for(to="ben@example.com", subject_contains="Why the ache")
    assert "Hello there," in issue.text
    page.reload()
    expect(page.get_by_text("accepted")).to_be_visible()

    page.goto(f"{running_shop.mailbox.http_url}/messages/{issue.id}")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_text("200 OK")).to_be_visible()
    page.goto(f"{running_shop.url}/staff/subscribers")
    expect(page.get_by_text("Unsubscribed").first).to_be_visible()
