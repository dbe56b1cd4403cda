"""The back office as Olivia uses it: by keys, with a live preview, and without any script."""

import base64
import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from core import clock, db, jobs
from newsletter import newsletters, subscribers
from staff import members
from staff.models import Role
from tests.core.images import photograph
from tests.shop.running import Quiet
from tests.staff.test_orders import order_of

pytestmark = [pytest.mark.journey, pytest.mark.one_database]

PASSWORD = "a long pass phrase"


@pytest.fixture
def address(sample_shop: Flask) -> Iterator[str]:
    """Where the shop answers, with Olivia on its staff and an order to ship."""
    members.add("olivia@shop.example", Role.OWNER, PASSWORD)
    order_of("Ada", 1001)
    server = make_server("127.0.0.1", 0, sample_shop, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


both_ways = pytest.mark.parametrize("scripts", ["with", "without"])


def sign_in(chromium: Browser, address: str, *, scripted: bool = True) -> Page:
    context = chromium.new_context(java_script_enabled=scripted)
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(f"{address}/staff/orders")
    page.get_by_label("E-mail").fill("olivia@shop.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{address}/staff/orders")
    return page


@both_ways
def test_an_order_is_shipped_with_and_without_scripts(
    chromium: Browser, address: str, scripts: str
) -> None:
    page = sign_in(chromium, address, scripted=scripts == "with")
    page.get_by_role("link", name="QL-1001").click()
    page.get_by_role("combobox", name="Carrier").fill("USPS")
    page.get_by_role("button", name="Mark as shipped").click()
    expect(page.get_by_text("On its way; the customer is told.")).to_be_visible()
    page.context.close()


@both_ways
def test_a_post_is_previewed_with_and_without_scripts(
    chromium: Browser, address: str, scripts: str
) -> None:
    page = sign_in(chromium, address, scripted=scripts == "with")
    page.goto(f"{address}/staff/posts/new")
    page.get_by_label("Title").fill("The QL")
    page.get_by_label("Text").fill("It *aches*.")
    if scripts == "without":
        page.get_by_role("button", name="Preview").click()
    expect(page.frame_locator("iframe").locator("em")).to_have_text("aches")
    page.context.close()


DROP = """(text, encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (each) => each.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], "tool.jpg", { type: "image/jpeg" }));
  text.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""


def test_a_post_is_written_survives_a_crash_and_is_published_with_its_picture(
    chromium: Browser, address: str
) -> None:
    page = sign_in(chromium, address)
    page.goto(f"{address}/staff/posts/new")
    page.get_by_label("Title").fill("The QL")
    page.get_by_label("Author").fill("Olivia")
    text = page.get_by_label("Text", exact=True)
    text.fill("The piriformis may be felt elsewhere.\n\n")
    text.press("Control+End")
    text.evaluate(DROP, base64.b64encode(photograph(60, 40)).decode())
    asked = page.get_by_role("dialog", name="What does the picture show?")
    asked.get_by_label("In a sentence").fill("The tool on the floor")
    asked.get_by_role("button", name="Upload and insert").click()
    expect(text).to_have_value(re.compile(r'::figure{name="\w+" caption="" alt="The tool on'))
    page.get_by_role("button", name="Link it").first.click()
    expect(page.get_by_text("Kept at")).to_be_visible()
    page.close()

    page = page.context.new_page()
    page.goto(f"{address}/staff/posts/new")
    page.get_by_role("link", name="Take it up").click()
    expect(page.get_by_label("Text", exact=True)).to_have_value(
        re.compile(r"\[piriformis\]\(/musc")
    )
    page.get_by_label("Text", exact=True).press("Control+End")
    page.keyboard.press("/")
    page.get_by_label("Find a piece").fill("doctor")
    expect(page.get_by_role("button", name="See a doctor")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.type("- it is numb")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("“The QL” is published.")).to_be_visible()
    page.goto(f"{address}/blog/the-ql")
    expect(page.get_by_role("img", name="The tool on the floor")).to_be_visible()
    expect(page.get_by_role("note").get_by_text("it is numb")).to_be_visible()
    page.goto(f"{address}/staff/posts/new")
    expect(page.get_by_text("There is unsaved writing")).to_be_hidden()
    page.context.close()


def test_a_post_is_put_right_again_and_appears_when_it_is_due(
    chromium: Browser, address: str
) -> None:
    page = sign_in(chromium, address)
    page.goto(f"{address}/staff/posts/new")
    page.get_by_label("Title").fill("The QL")
    page.get_by_label("Author").fill("Olivia")
    page.get_by_label("Text", exact=True).fill("It aches.")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Text", exact=True).fill("It itches.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    page.goto(f"{page.url.partition('?')[0]}/revisions/1")
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Revision 1 is restored, as revision 3.")).to_be_visible()

    tomorrow = clock.now() + timedelta(days=1)
    page.get_by_label("Publish at").fill(tomorrow.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".notice-good")).to_contain_text("The QL")
    answer = page.goto(f"{address}/blog/the-ql")
    assert answer
    assert answer.status == 404
    with time_machine.travel(tomorrow + timedelta(hours=1)):
        jobs.run_all()
        page.goto(f"{address}/blog/the-ql")
        expect(page.get_by_text("It aches.")).to_be_visible()
    page.context.close()


def test_keys_lead_everywhere(chromium: Browser, address: str) -> None:
    page = sign_in(chromium, address)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/staff/orders/\d+$"))
    page.keyboard.press("g")
    page.keyboard.press("x")
    expect(page).to_have_url(f"{address}/staff/outbox")
    page.keyboard.press("/")
    page.keyboard.type("ql-1001")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/staff/orders/\d+$"))
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("undo what was just done")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.goto(f"{address}/staff/redirects")
    page.get_by_label("Old address").fill("/gone")
    page.get_by_label("Old address").press("?")
    expect(keys).to_be_hidden()
    page.get_by_label("Old address").fill("/gone")
    page.get_by_label("New address").fill("/blog/")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("/gone leads to /blog/")
    page.keyboard.press("z")
    expect(page.get_by_role("status")).to_contain_text("leads nowhere now")
    page.context.close()


def test_on_a_phone_the_desks_are_behind_one_button_and_rows_are_cards(
    chromium: Browser, address: str
) -> None:
    page = sign_in(chromium, address)
    page.set_viewport_size({"width": 320, "height": 640})
    expect(page.get_by_role("link", name="Outbox")).to_be_hidden()
    row = page.get_by_role("row").filter(has_text="QL-1001")
    assert (row.bounding_box() or {"width": 999})["width"] <= 320
    page.get_by_role("button", name="Desks").click()
    page.get_by_role("link", name="Outbox").click()
    expect(page).to_have_url(f"{address}/staff/outbox")
    page.context.close()


def test_a_letter_is_looked_at_as_phones_show_it_in_the_dark_and_as_text(
    chromium: Browser, address: str
) -> None:
    page = sign_in(chromium, address)
    page.goto(f"{address}/staff/newsletters/{newsletters.draft('Sit', 'Hello **you**.')}")
    letter = page.frame_locator("iframe")
    expect(letter.locator("strong")).to_have_text("you")
    page.get_by_label("Plain text").check()
    expect(letter.locator("pre")).to_contain_text("Hello *you*.")
    page.get_by_label("Subject", exact=True).fill("")
    expect(page.get_by_text("The subject is empty.")).to_be_visible()
    page.get_by_label("Subject", exact=True).fill("Sit less")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.context.close()


def test_text_of_twice_the_size_needs_no_scrolling_sideways(
    chromium: Browser, address: str
) -> None:
    """WCAG 2.2, 1.4.4 and 1.4.10, on the desks of people who get letters."""
    ida = "a.rather.long.address.of.somebody@mail.of.a.university.example"
    with db.transaction():
        number = subscribers.find_or_add(ida, source="test").id
    page = sign_in(chromium, address)
    page.set_viewport_size({"width": 390, "height": 800})
    for desk in ("subscribers", f"subscribers/{number}", "subscribers/imports", "segments/new"):
        page.goto(f"{address}/staff/{desk}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), desk


def test_the_proof_of_consent_is_printed_with_its_name_its_moments_and_its_width(
    chromium: Browser, address: str
) -> None:
    subscribers.subscribe("ada@example.com", source="test")
    page = sign_in(chromium, address)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{address}/staff/subscribers/1/proof")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="ada@example.com")).to_be_visible()
    width = page.locator("main").evaluate("main => main.getBoundingClientRect().width")
    assert width > 1000
    expect(page.get_by_text(f"{clock.now():%B %-d, %Y}")).to_be_visible()
    page.context.close()
