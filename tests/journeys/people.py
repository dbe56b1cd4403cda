"""What people do on the pages, in their own words."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from core.mailbox.messages import Message
from tests.running import RunningShop

CARD = "4242 4242 4242 4242"


def read_and_follow_the_product(page: Page, shop: RunningShop, post: str) -> None:
    """Read a post, and follow the product card in it."""
    page.goto(f"{shop.url}/blog/{post}")
    page.locator(f'a[href*="/products/ql-claw?from=post:{post}"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("QL Claw")


def go_to_payment(page: Page, shop: RunningShop) -> None:
    """Open the product's page, unless it is open, and buy what it offers."""
    if "/products/" not in page.url:
        page.goto(f"{shop.url}/products/ql-claw")
    page.get_by_role("button", name="Continue to payment").first.click()
    page.wait_for_url("**/c/pay/**")


def fill_in(page: Page, email: str) -> None:
    """Say who and where on the hosted page."""
    page.get_by_role("button", name="Fill in a sample address").click()
    page.get_by_label("Email").fill(email)


def pay_by_card(page: Page, number: str = CARD) -> None:
    """Type a card and press Pay."""
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("CVC").fill("123")
    page.get_by_label("Name on card").fill("Ada Example")
    press_pay(page)


def press_pay(page: Page) -> None:
    """Press Pay."""
    page.get_by_role("button", name=re.compile("^Pay")).click()


def buy(page: Page, shop: RunningShop, email: str) -> None:
    """Everything from the product page to the order page."""
    go_to_payment(page, shop)
    fill_in(page, email)
    pay_by_card(page)
    page.wait_for_url("**/orders/**")


def sign_up(page: Page, shop: RunningShop, email: str) -> None:
    """Sign up under a post."""
    page.goto(f"{shop.url}/blog/psoas-trigger-points")
    form = page.locator('form[action="/newsletter/subscribe"]').first
    form.get_by_label("E-mail address").fill(email)
    form.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please look in your inbox")


def confirm(page: Page, shop: RunningShop, email: str) -> None:
    """Find the confirmation in the mailbox, and press its button."""
    shop.work()
    message = shop.mailbox.wait_for(to=email, subject_contains="confirm")
    page.goto(link(message, "/newsletter/confirm/"))
    page.get_by_role("button", name="Yes, send me the letters").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on the list")


def sign_in(page: Page, shop: RunningShop, email: str, password: str) -> None:
    """Sign in to the back office."""
    page.goto(f"{shop.url}/staff/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def link(message: Message, path: str) -> str:
    """The first link of a message whose path begins so."""
    return next(found for found in message.links if urlsplit(found).path.startswith(path))


def subjects(shop: RunningShop, email: str) -> list[str]:
    """The subjects of all that came to an address, the oldest first."""
    return [message.subject for message in shop.mailbox.messages(to=email)]
