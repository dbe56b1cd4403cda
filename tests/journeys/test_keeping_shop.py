"""Olivia keeps the shop: goods come back, parcels leave, money goes back, a bank asks."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from shop import catalog, stock
from tests.journeys import people
from tests.running import RunningShop

pytestmark = pytest.mark.one_database


def test_hana_is_told_once_that_it_is_back(
    page: Page, office: Page, app: Flask, running_shop: RunningShop
) -> None:
    offer = catalog.offer("QL-CLAW")
    assert offer
    stock.receive(offer.variant_id, -offer.available, by="olivia", why="lost in the flood")
    page.goto(f"{running_shop.url}/products/ql-claw")
    page.get_by_label("Your e-mail address").fill("hana@example.com")
    page.get_by_role("button", name="Tell me when it is back").click()
    running_shop.work()
    question = running_shop.mailbox.wait_for(to="hana@example.com")
    page.goto(people.link(question, "/restock/"))
    page.get_by_role("button", name="Yes, tell me once").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are in the line")
    page.context.clear_cookies()

    office.goto(f"{running_shop.url}/staff/shelf")
    expect(office.get_by_text("Wait to be told when it is back")).to_be_visible()
    office.get_by_label("Units that came in").first.fill("3")
    office.get_by_role("button", name="Add").first.click()
    running_shop.work()
    running_shop.work()
    _, told = people.subjects(running_shop, "hana@example.com")
    assert "back" in told
    letter = running_shop.mailbox.messages(to="hana@example.com")[-1]
    page.goto(people.link(letter, "/products/ql-claw"))
    expect(page.get_by_role("button", name="Continue to payment").first).to_be_visible()


def test_olivia_ships_a_file_of_orders(page: Page, office: Page, running_shop: RunningShop) -> None:
    for email in ("jana@example.com", "karl@example.com"):
        people.buy(page, running_shop, email)
        page.goto(f"{running_shop.url}/products/ql-claw")
    rows = b"order,carrier,tracking\nQL-1001,UPS,1Z1\nQL-1002,USPS,9400\nQL-9999,UPS,1Z3\n"
    office.goto(f"{running_shop.url}/staff/orders/ship")
    office.get_by_label("CSV with order number").set_input_files(
        {"name": "parcels.csv", "mimeType": "text/csv", "buffer": rows}
    )
    office.get_by_role("button", name="Look at the rows").click()
    expect(office.get_by_text("1 row needs a look")).to_be_visible()
    office.get_by_role("button", name="Ship these and tell the customers").click()
    expect(office.get_by_text("On the way:")).to_contain_text("QL-1002")
    expect(office.get_by_label("Order of row 1")).to_have_value("QL-9999")
    running_shop.work()
    for email, tracking in (("jana@example.com", "1Z1"), ("karl@example.com", "9400")):
        letter = running_shop.mailbox.wait_for(to=email, subject_contains="on its way")
        assert tracking in letter.text


def test_lena_s_bank_asks_and_olivia_has_the_evidence(
    page: Page, office: Page, running_shop: RunningShop
) -> None:
    people.buy(page, running_shop, "lena@example.com")
    (charge,) = running_shop.simulator.store.select("charge")
    running_shop.simulator.dispute(charge["id"])
    assert running_shop.simulator.wait_until_idle()
    running_shop.work()
    office.goto(f"{running_shop.url}/staff/orders/disputes")
    row = office.get_by_role("row").filter(has_text="QL-1001")
    address = row.get_by_role("link", name="Evidence (PDF)").get_attribute("href")
    evidence = office.request.get(f"{running_shop.url}{address}")
    assert evidence.body().startswith(b"%PDF-")


def test_mira_looks_through_the_gallery_without_a_mouse(
    page: Page, running_shop: RunningShop
) -> None:
    page.goto(f"{running_shop.url}/products/ql-claw")
    track = page.get_by_role("group", name="Large pictures")
    track.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    second = page.get_by_role("link", name=re.compile("^Picture 2 of 6"))
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#picture-2$"))
    expect(page.locator("#picture-2")).to_be_in_viewport(ratio=0.9)
    track.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#picture-1")).not_to_be_in_viewport(ratio=0.9)


def test_nora_changes_her_mind_in_the_cart(page: Page, running_shop: RunningShop) -> None:
    page.goto(f"{running_shop.url}/products/ql-claw")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_label("Quantity").fill("3")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("$267.00").first).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("There is nothing in it yet")).to_be_visible()
