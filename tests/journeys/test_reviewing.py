"""Ada says in public what she thinks; Olivia answers, and takes down what names a neighbor."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import people
from tests.journeys.conftest import PASSWORD
from tests.running import RunningShop

pytestmark = pytest.mark.one_database


def test_ada_reviews_what_she_bought_and_olivia_answers(
    page: Page, chromium: Browser, running_shop: RunningShop
) -> None:
    people.buy(page, running_shop, "ada@example.com")
    order_page = page.url
    expect(page.get_by_role("link", name="Review QL Claw")).to_have_count(0)
    office = chromium.new_context().new_page()
    people.sign_in(office, running_shop, "olivia@shop.example", PASSWORD)
    office.goto(f"{running_shop.url}/staff/orders")
    office.get_by_role("link", name="QL-1001").click()
    office.get_by_role("combobox", name="Carrier").fill("UPS")
    office.get_by_role("button", name="Mark as shipped and tell the customer").click()

    page.goto(order_page)
    page.get_by_role("link", name="Review QL Claw").click()
    page.get_by_label("2, poor").check()
    page.get_by_label("In a few words").fill("Too firm for me")
    page.get_by_label("Your review").fill("My neighbor Dan Miller says so too.")
    page.get_by_label("Name above it").fill("Ada B.")
    page.get_by_role("button", name="Show my review").click()
    page.get_by_role("link", name="on the page of QL Claw").click()
    review = page.get_by_role("article").filter(has_text="Too firm for me")
    expect(review).to_contain_text("Ada B.")
    expect(review.get_by_role("img", name="2 of 5 stars")).to_be_visible()
    page.goto(f"{running_shop.url}/products/ql-claw")
    expect(page.get_by_text("2.0 of 5 stars")).to_be_visible()
    page.get_by_role("link", name="The lowest first").click()
    expect(page.get_by_text("Too firm for me")).to_be_visible()

    office.goto(f"{running_shop.url}/staff/reviews")
    office.get_by_text("Answer…").click()
    office.get_by_label("Your answer").fill("A folded towel softens it.")
    office.get_by_role("button", name="Answer", exact=True).click()
    page.reload()
    expect(page.get_by_text("QL Claw answers")).to_be_visible()
    expect(page.get_by_text("A folded towel softens it.")).to_be_visible()

    office.goto(f"{running_shop.url}/staff/reviews?state=shown")
    office.get_by_text("Take it down…").click()
    office.get_by_label("Reason").select_option("personal")
    office.get_by_label("What in it is meant").fill("names a neighbor")
    office.get_by_role("button", name="Take it down", exact=True).click()
    expect(office.get_by_text("counted in public")).to_be_visible()
    office.context.close()
    page.goto(f"{running_shop.url}/reviews/")
    row = page.get_by_role("row").filter(has_text="Personal data of somebody else")
    expect(row.get_by_role("cell")).to_have_text("1")
    page.goto(f"{running_shop.url}/products/ql-claw")
    expect(page.get_by_text(re.compile("There are none yet"))).to_be_visible()
    running_shop.work()
    assert running_shop.mailbox.wait_for(to="ada@example.com", subject_contains="took your review")
