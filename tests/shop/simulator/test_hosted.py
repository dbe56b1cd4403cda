"""The hosted page, as customers use it in a browser that runs no script."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from playwright.sync_api import Browser, Page, expect

from shop.simulator.server import Simulator
from tests.shop.simulator.conftest import order

pytestmark = pytest.mark.journey

Client = stripe.StripeClient
BANNER = "Simulated Stripe – test mode, no money moves"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def open_session(client: Client, simulator: Simulator, **changes: Any) -> stripe.checkout.Session:
    done = f"{simulator.base_url}/?done={{CHECKOUT_SESSION_ID}}"
    return client.v1.checkout.sessions.create(params=order(success_url=done, **changes))


def fill_address(page: Page) -> None:
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Full name").fill("Ada Lovelace")
    page.get_by_label("Country").select_option(label="United States")
    page.get_by_label("Address line 1").fill("12 Analytical Way")
    page.get_by_label("City", exact=True).fill("Portland")
    page.get_by_label("State", exact=True).fill("OR")
    page.get_by_label("ZIP / Postal code").fill("97201")


def fill_card(page: Page, number: str) -> None:
    page.get_by_role("radio", name="Card", exact=True).check()
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry").fill("12 / 34")
    page.get_by_label("CVC").fill("123")
    page.get_by_label("Name on card").fill("Ada Lovelace")


def press_pay(page: Page) -> None:
    page.get_by_role("button", name="Pay", exact=True).click()


def test_ada_pays_by_card_and_comes_back_to_the_shop(
    client: Client, simulator: Simulator, page: Page
) -> None:
    session = open_session(client, simulator)
    page.goto(str(session.url))
    expect(page.get_by_text(BANNER)).to_be_visible()
    fill_address(page)
    fill_card(page, "4242 4242 4242 4242")
    press_pay(page)
    page.wait_for_url(f"**/?done={session.id}")
    paid = client.v1.checkout.sessions.retrieve(session.id).to_dict()
    assert paid["payment_status"] == "paid"
    assert paid["customer_details"]["email"] == "ada@example.com"
    shipping = paid["collected_information"]["shipping_details"]
    assert (shipping["name"], shipping["address"]["line1"]) == ("Ada Lovelace", "12 Analytical Way")


def test_a_declined_card_says_why_and_another_one_pays(
    client: Client, simulator: Simulator, page: Page
) -> None:
    session = open_session(client, simulator)
    page.goto(str(session.url))
    fill_address(page)
    fill_card(page, "4000 0000 0000 9995")
    press_pay(page)
    expect(page.get_by_role("alert")).to_have_text("Your card has insufficient funds.")
    expect(page.get_by_label("Email")).to_have_value("ada@example.com")
    fill_card(page, "4242424242424242")
    press_pay(page)
    page.wait_for_url(f"**/?done={session.id}")


def test_three_d_secure_asks_and_a_failure_leads_back_to_the_page(
    client: Client, simulator: Simulator, page: Page
) -> None:
    session = open_session(client, simulator)
    page.goto(str(session.url))
    for button in ("Fail authentication", "Complete authentication"):
        fill_address(page)
        fill_card(page, "4000 0000 0000 3220")
        press_pay(page)
        page.get_by_role("button", name=button).click()
        if button.startswith("Fail"):
            expect(page.get_by_role("alert")).to_contain_text("unable to authenticate")
    page.wait_for_url(f"**/?done={session.id}")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_samples_can_be_filled_in_by_buttons(
    client: Client, simulator: Simulator, page: Page
) -> None:
    session = open_session(client, simulator)
    page.goto(str(session.url))
    page.get_by_label("Email").fill("ben@example.com")
    page.get_by_role("button", name="Fill in a sample address").click()
    page.get_by_role("button", name="4242424242424242").click()
    press_pay(page)
    page.wait_for_url(f"**/?done={session.id}")


def test_a_promotion_code_the_way_of_delivery_and_the_quantity_change_the_total(
    client: Client, simulator: Simulator, page: Page
) -> None:
    coupon = client.v1.coupons.create(params={"percent_off": 10})
    client.v1.promotion_codes.create(
        params={"code": "HELLO", "promotion": {"type": "coupon", "coupon": coupon.id}}
    )
    params = order(allow_promotion_codes=True)
    params["line_items"][0]["adjustable_quantity"] = {"enabled": True, "minimum": 1, "maximum": 3}
    express: Any = {"display_name": "Express", "type": "fixed_amount"}
    express["fixed_amount"] = {"amount": 1900, "currency": "usd"}
    params["shipping_options"].append({"shipping_rate_data": express})
    session = client.v1.checkout.sessions.create(params=params)
    page.goto(str(session.url))
    page.get_by_label("Promotion code").fill("hello")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("−$8.90")).to_be_visible()
    page.get_by_label("Quantity").fill("9")
    page.get_by_role("radio", name="Express").check()
    page.get_by_role("button", name="Update the total").click()
    expect(page.get_by_label("Quantity")).to_have_value("3")
    changed = client.v1.checkout.sessions.retrieve(session.id).to_dict()
    assert changed["total_details"]["amount_discount"] == 2670
    assert changed["amount_total"] == 3 * 8900 - 2670 + 1900


def test_enter_in_a_field_pays_and_takes_no_code_away(
    client: Client, simulator: Simulator, page: Page
) -> None:
    session = open_session(client, simulator, allow_promotion_codes=True)
    page.goto(str(session.url))
    fill_address(page)
    fill_card(page, "4242 4242 4242 4242")
    page.get_by_label("Promotion code").fill("nonsense")
    page.get_by_label("Promotion code").press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This code is invalid.")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    page.get_by_label("Promotion code").fill("")
    page.get_by_label("CVC").press("Enter")
    page.wait_for_url(f"**/?done={session.id}")


def test_a_bank_debit_is_settled_on_the_dashboard(
    client: Client, simulator: Simulator, page: Page
) -> None:
    session = open_session(client, simulator)
    page.goto(str(session.url))
    fill_address(page)
    page.get_by_role("radio", name="Bank debit (asynchronous)").check()
    press_pay(page)
    page.wait_for_url(f"**/?done={session.id}")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"
    page.get_by_role("link", name="$96.00").click()
    page.get_by_role("button", name="The money arrives").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("succeeded")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_ended_sessions_say_so_and_an_expired_one_can_be_taken_up_again(
    client: Client, simulator: Simulator, page: Page
) -> None:
    paid = open_session(client, simulator)
    simulator.pay(paid.id)
    page.goto(str(paid.url))
    expect(page.get_by_role("heading", name="This has been paid")).to_be_visible()
    left = open_session(client, simulator, after_expiration={"recovery": {"enabled": True}})
    expired = client.v1.checkout.sessions.expire(left.id).to_dict()
    page.goto(str(left.url))
    expect(page.get_by_role("heading", name="This page has expired")).to_be_visible()
    page.goto(expired["after_expiration"]["recovery"]["url"])
    expect(page.get_by_role("button", name="Pay", exact=True)).to_be_visible()
    assert client.v1.checkout.sessions.list().data[0].recovered_from == left.id


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_scrolls_sideways(
    client: Client, simulator: Simulator, chromium: Browser, width: int
) -> None:
    simulator.webhook_url = "http://127.0.0.1:9/hook"
    session = open_session(client, simulator, allow_promotion_codes=True)
    paid = open_session(client, simulator)
    simulator.pay(paid.id)
    intent = client.v1.checkout.sessions.retrieve(paid.id).payment_intent
    event = simulator.events("checkout.session.completed")[0]["id"]
    page = chromium.new_page(viewport={"width": width, "height": 800})
    for path in (f"/c/pay/{session.id}", "/", f"/payments/{intent}", f"/events/{event}"):
        page.goto(simulator.base_url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.close()
