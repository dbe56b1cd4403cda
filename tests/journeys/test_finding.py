"""From an ache to the muscle that could be behind it, without telling anybody where it hurts."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.running import RunningShop

pytestmark = pytest.mark.one_database


def test_ada_points_at_her_back_and_nobody_learns_of_it(
    page: Page, running_shop: RunningShop
) -> None:
    asked: list[str] = []
    page.goto(f"{running_shop.url}/pain-finder", wait_until="networkidle")
    before = page.url

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    place = page.locator('.finder a[data-region="low-back"][data-side="left"]').last
    place.dispatch_event("click")
    expect(page.get_by_role("status")).to_contain_text("could be related to an ache in the left")
    expect(page.get_by_role("link", name="QL (quadratus lumborum)")).to_be_visible()
    expect(place).to_have_attribute("aria-pressed", "true")
    assert page.url == before
    assert asked in ([], [f"{running_shop.url}/pain-finder/atlas.json"])
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]


def test_ben_chooses_two_places_with_the_keyboard_and_takes_one_back(
    page: Page, running_shop: RunningShop
) -> None:
    page.goto(f"{running_shop.url}/pain-finder")
    status = page.get_by_role("status")
    listed = page.locator(".places-parts")
    for name, key in (("buttock", "Enter"), ("low back", "Space")):
        listed.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press(key)
        expect(status).to_contain_text(name)
        expect(status).to_be_focused()
    expect(status).to_contain_text("buttock on both sides or low back on both sides")
    page.get_by_role("group", name="Side of the low back").get_by_role(
        "button", name="Left"
    ).focus()
    page.keyboard.press("Enter")
    expect(status).to_contain_text("or left low back")
    expect(page.locator('[data-key="low-back left"]')).to_be_focused()
    listed.get_by_role("button", name="buttock", exact=True).focus()
    page.keyboard.press("Space")
    expect(status).to_contain_text("an ache in the left low back.")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("region", name="Muscles it could be related to")).to_be_hidden()


def test_chloe_has_no_script_and_finds_her_muscle_all_the_same(
    page: Page, running_shop: RunningShop
) -> None:
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr] # it has one
    plain = context.new_page()
    plain.goto(f"{running_shop.url}/pain-finder")
    plain.locator('.places-parts a[data-region="low-back"]').click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Ache in the low back")
    plain.get_by_role("link", name="Psoas (psoas major)").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("Psoas (psoas major)")
    context.close()


def test_dan_comes_by_a_letter_and_the_finder_s_answer_leads_on_as_its_reader(
    page: Page, running_shop: RunningShop
) -> None:
    """The address alone tells it: what aches him is in none."""
    page.goto(f"{running_shop.url}/pain-finder?from=newsletter:12")
    page.locator('.places-parts [data-region="low-back"]').click()
    page.get_by_role("link", name="QL (quadratus lumborum)").click()
    page.get_by_role("link", name="See the QL Claw").click()
    expect(page).to_have_url(
        f"{running_shop.url}/products/ql-claw?from=newsletter:12,finder,muscles"
    )
    assert page.context.cookies() == []
