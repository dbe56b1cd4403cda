"""Everybody can use every page: by keys, without scripts, on small screens, and unobserved."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Response, expect

from core import db
from shop import fulfilment
from shop.models import Stock
from tests import axe
from tests.journeys import people
from tests.running import RunningShop

pytestmark = pytest.mark.one_database

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 320, "height": 640}
TABS = 90

STOP = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  return [at.name || at.tagName, style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth)];
}"""
"""Where the keyboard is, and how wide the ring around it."""

NOWHERE = "/nowhere"
PUBLIC = (
    *("/", "/blog/", "/blog/psoas-trigger-points", "/blog/search?q=psoas", "/muscles/"),
    *("/muscles/quadratus-lumborum", "/pain-finder", "/pain-finder/low-back"),
    *("/products/ql-claw", "/cart", "/orders/", "/newsletter/", "/newsletter/archive/"),
    *(
        "/pages/privacy",
        "/pages/safety",
        "/withdraw",
        "/reviews/",
        "/products/ql-claw/reviews",
        NOWHERE,
    ),
)


def test_axe_finds_nothing_on_the_way_and_nothing_scrolls_sideways(
    page: Page, running_shop: RunningShop
) -> None:
    if not axe.SCRIPT.exists():
        pytest.skip("axe-core is not installed: make test fetches it")
    found = []
    for name in _walk(page, running_shop):
        axe.load(page)
        _look(page, "light", DESK)
        found += [f"{name}, light: {problem}" for problem in axe.problems(page)]
        _look(page, "dark", PHONE)
        found += [f"{name}, dark: {problem}" for problem in axe.problems(page, axe.IN_THE_DARK)]
        _look(page, "light", NARROW)
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{name} is {width} px wide"] if width > NARROW["width"] else []
    assert found == []


def test_every_stop_of_the_preferences_shows_where_the_keyboard_is(
    page: Page, running_shop: RunningShop
) -> None:
    assert "preferences" in _walk_the_letters(page, running_shop)
    stops = []
    for _ in range(TABS):
        page.keyboard.press("Tab")
        name, ring = page.evaluate(STOP)
        if name == "BODY":
            break
        stops.append(name)
        assert ring > 0, stops
    # Month, day, year, and the button of the calendar.
    assert stops.count("paused_until") == 4


def test_ada_reads_and_buys_with_the_keyboard_alone(page: Page, running_shop: RunningShop) -> None:
    page.goto(f"{running_shop.url}/blog/referred-back-pain")
    _press(page, page.locator('article a[href*="/products/ql-claw?from=post:"]').first)
    page.wait_for_url("**/products/ql-claw*")
    _press(page, page.get_by_role("button", name="Continue to payment"))
    page.wait_for_url("**/c/pay/**")
    _press(page, page.get_by_role("button", name="Fill in a sample address"))
    for label, words in (
        ("Email", "ada@example.com"),
        ("Card number", people.CARD),
        ("Expiry", "12 / 34"),
        ("CVC", "123"),
        ("Name on card", "Ada Example"),
    ):
        _tab_to(page, page.get_by_label(label))
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")


def test_ada_signs_up_with_the_keyboard_alone(page: Page, running_shop: RunningShop) -> None:
    page.goto(f"{running_shop.url}/newsletter/")
    _tab_to(page, page.locator('form[action="/newsletter/subscribe"]').get_by_label("E-mail"))
    page.keyboard.type("ada@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Please look in your inbox")
    running_shop.work()
    question = running_shop.mailbox.wait_for(to="ada@example.com", subject_contains="confirm")
    page.goto(people.link(question, "/newsletter/confirm/"))
    _press(page, page.get_by_role("button", name="Yes, send me the letters"))
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on the list")


def test_ben_has_no_scripts_and_reads_buys_and_signs_up(
    chromium: Browser, running_shop: RunningShop
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    people.read_and_follow_the_product(page, running_shop, "referred-back-pain")
    people.buy(page, running_shop, "ben@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    people.sign_up(page, running_shop, "ben@example.com")
    people.confirm(page, running_shop, "ben@example.com")
    context.close()


def test_a_reader_gets_no_cookie_and_nothing_from_elsewhere(
    page: Page, running_shop: RunningShop
) -> None:
    answers: list[Response] = []
    asked: list[Request] = []
    page.on("response", lambda answer: answers.append(answer))
    page.on("request", lambda request: asked.append(request))
    for path in PUBLIC:
        page.goto(running_shop.url + path)
    assert [each.url for each in answers if "set-cookie" in each.all_headers()] == []
    assert page.context.cookies() == []
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert {urlsplit(each.url).netloc for each in asked} == {urlsplit(running_shop.url).netloc}


def _walk(page: Page, shop: RunningShop) -> Iterator[str]:
    """What is only met on the way, one page after another; say which is on the screen.

    Pages that have an address for everybody are looked at in `tests/house/test_every_page.py`.
    """
    for path in (NOWHERE, "/blog/search?q=psoas"):
        page.goto(shop.url + path)
        yield path
    yield from _walk_the_finder(page, shop)
    yield from _walk_the_letters(page, shop)
    yield from _walk_the_shop(page, shop)


def _walk_the_finder(page: Page, shop: RunningShop) -> Iterator[str]:
    page.goto(f"{shop.url}/pain-finder")
    page.locator('.places-parts a[data-region="low-back"]').click()
    expect(page.get_by_role("status")).to_contain_text("low back")
    yield "pain finder, a place chosen"


def _walk_the_letters(page: Page, shop: RunningShop) -> Iterator[str]:
    people.sign_up(page, shop, "chloe@example.com")
    yield "asked to confirm"
    shop.work()
    question = shop.mailbox.wait_for(to="chloe@example.com", subject_contains="confirm")
    page.goto(people.link(question, "/newsletter/confirm/"))
    yield "confirm"
    people.confirm(page, shop, "chloe@example.com")
    yield "confirmed"
    shop.work()
    letter = shop.mailbox.messages(to="chloe@example.com")[-1]
    for name in ("preferences", "unsubscribe"):
        page.goto(people.link(letter, f"/newsletter/{name}/"))
        yield name


def _walk_the_shop(page: Page, shop: RunningShop) -> Iterator[str]:
    people.buy(page, shop, "dan@example.com")
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    yield "order"
    yield from _walk_what_follows(page, shop)
    page.goto(f"{shop.url}/products/ql-claw")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your cart")
    yield "cart with an item"
    page.goto(f"{shop.url}/products/ql-claw")
    with db.transaction() as session:
        session.query(Stock).update({Stock.on_hand: 0})
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sold out")
    yield "sold out on the way to payment"
    page.goto(f"{shop.url}/products/ql-claw")
    expect(page.get_by_text("Sold out.", exact=True)).to_be_visible()
    yield "product, sold out"


def _walk_what_follows(page: Page, shop: RunningShop) -> Iterator[str]:
    """Dan's parcel leaves, he sends it back, and says what he thinks of it."""
    order_page = page.url
    with shop.app.app_context():
        fulfilment.ship(1, carrier="UPS", by="olivia@shop.example")
    page.goto(f"{order_page}/return")
    yield "return"
    page.get_by_label("Why?").select_option("other")
    page.get_by_role("button", name="Ask to return it").click()
    expect(page.get_by_text("Tell us what happened")).to_be_visible()
    yield "return, to be put right"
    page.get_by_label("In your words").fill("My cat sleeps on it.")
    page.get_by_role("button", name="Ask to return it").click()
    expect(page.get_by_text("Please send nothing yet")).to_be_visible()
    yield "return, asked for"
    page.goto(order_page)
    page.get_by_role("link", name="Review QL Claw").click()
    yield "review"
    page.get_by_label("4, good").check()
    page.get_by_label("In a few words").fill("The cat likes it")
    page.get_by_label("Your review").fill("So do I.")
    page.get_by_label("Name above it").fill("Dan")
    page.get_by_role("button", name="Show my review").click()
    expect(page.get_by_role("link", name="on the page of QL Claw")).to_be_visible()
    yield "review, written"
    page.goto(f"{shop.url}/products/ql-claw/reviews")
    yield "reviews"
    page.goto(f"{shop.url}/products/ql-claw")
    yield "product with a review"


def _look(page: Page, scheme: str, size: dict[str, int]) -> None:
    page.emulate_media(
        color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
    )
    page.set_viewport_size({"width": size["width"], "height": size["height"]})


def _press(page: Page, target: Locator) -> None:
    _tab_to(page, target)
    page.keyboard.press("Enter")


def _tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus, as somebody without a mouse does."""
    expect(target).to_be_visible()
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{TABS} presses of Tab do not reach {target}")
