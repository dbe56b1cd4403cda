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


def test_iris_asks_to_be_told_of_answers_and_stops_it(
    page: Page, chromium: Browser, running_shop: RunningShop
) -> None:
    post, iris = f"{running_shop.url}/blog/ql-one-sided-ache", "iris@reader.example"
    page.goto(post)
    page.get_by_label("Name or nickname").fill("Iris")
    page.locator("#comment-form").get_by_label("E-mail").first.fill(iris)
    page.get_by_label("Tell me by e-mail when somebody answers.").check()
    page.get_by_label("Comment", exact=True).fill("Left or right?")
    page.get_by_role("button", name="Send comment").click()
    expect(page.get_by_role("main")).to_contain_text("we send you one e-mail with a button")

    office = chromium.new_context().new_page()
    people.sign_in(office, running_shop, "olivia@shop.example", PASSWORD)
    approve(office, running_shop)
    running_shop.work()
    asked = running_shop.mailbox.wait_for(to=iris, subject_contains="tell you of answers")
    page.goto(people.link(asked, "/blog/comments/answers/"))
    page.get_by_role("button", name="Yes, tell me of answers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We tell you of answers")

    page.goto(post)
    page.get_by_role("link", name="Answer Iris").click()
    page.get_by_label("Name or nickname").fill("Jon")
    page.get_by_label("Comment", exact=True).fill("Either.")
    page.get_by_role("button", name="Send comment").click()
    approve(office, running_shop)
    office.context.close()
    running_shop.work()
    told = running_shop.mailbox.wait_for(to=iris, subject_contains="has an answer")
    page.goto(people.link(told, "/blog/ql-one-sided-ache"))
    expect(page.locator(":target")).to_contain_text("Either.")
    page.goto(people.link(told, "/blog/comments/answers/"))
    page.get_by_role("button", name="Stop telling me").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We do not write to you about this")


def approve(office: Page, shop: RunningShop) -> None:
    """Show the comment that waits."""
    office.goto(f"{shop.url}/staff/comments")
    office.get_by_role("button", name="Approve", exact=True).click()
    expect(office.get_by_role("status")).to_be_visible()
