"""Readers search, read on to the tool, and talk under a post."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys import people
from tests.journeys.conftest import PASSWORD
from tests.running import RunningShop

pytestmark = pytest.mark.one_database


def test_hugo_searches_reads_and_finds_the_tool(page: Page, running_shop: RunningShop) -> None:
    page.goto(f"{running_shop.url}/blog/")
    page.get_by_label("Search the blog").fill("hip flexr")
    page.keyboard.press("Enter")
    page.get_by_role("main").get_by_role("link", name="Psoas trigger points").first.click()
    page.locator('article a[href*="/products/ql-claw?from=post:"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("QL Claw")


def test_iris_comments_and_olivia_answers(
    page: Page, chromium: Browser, running_shop: RunningShop
) -> None:
    post = f"{running_shop.url}/blog/psoas-trigger-points"
    page.goto(post)
    page.get_by_label("Name or nickname").fill("Iris")
    page.get_by_label("Comment", exact=True).fill("Is a ball as good?")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_role("main")).to_contain_text("Is a ball as good?")
    page.goto(post)
    expect(page.get_by_text("Nobody has written here yet.")).to_be_visible()

    office = chromium.new_context().new_page()
    people.sign_in(office, running_shop, "olivia@shop.example", PASSWORD)
    office.goto(f"{running_shop.url}/staff/comments")
    office.get_by_text("Answer", exact=True).click()
    office.get_by_label("Your answer").fill("Softer, and rounder.")
    office.get_by_role("button", name="Approve and answer").click()
    expect(office.get_by_role("status")).to_be_visible()
    office.context.close()

    page.goto(post)
    thread = page.get_by_role("article").filter(has_text="Is a ball as good?").last
    expect(thread).to_contain_text("Softer, and rounder.")
