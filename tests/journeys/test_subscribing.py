"""From the form under a post to the second letter, and out again by one click."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.running import RunningShop

TUESDAY = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


@pytest.mark.one_database
def test_ada_signs_up_and_the_second_letter_comes_days_later(
    page: Page, running_shop: RunningShop
) -> None:
    with time_machine.travel(TUESDAY) as clock:
        people.sign_up(page, running_shop, "ada@example.com")
        people.confirm(page, running_shop, "ada@example.com")
        running_shop.work()
        first = running_shop.mailbox.messages(to="ada@example.com")[-1]
        assert len(people.subjects(running_shop, "ada@example.com")) == 2
        page.goto(people.link(first, "/newsletter/preferences/"))
        expect(page.get_by_text("comes on Friday, November 27")).to_be_visible()

        clock.shift(timedelta(days=2))
        running_shop.work()
        assert len(people.subjects(running_shop, "ada@example.com")) == 2
        clock.shift(timedelta(days=1))
        running_shop.work()
        running_shop.work()
        assert len(people.subjects(running_shop, "ada@example.com")) == 3


@pytest.mark.one_database
def test_ben_never_confirms_and_gets_no_letter(page: Page, running_shop: RunningShop) -> None:
    with time_machine.travel(TUESDAY) as clock:
        people.sign_up(page, running_shop, "ben@example.com")
        running_shop.work()
        clock.shift(timedelta(days=8))
        running_shop.work()
        running_shop.work()
        assert all("onfirm" in each for each in people.subjects(running_shop, "ben@example.com"))


def test_chloe_leaves_with_one_click_and_hears_no_more(
    page: Page, running_shop: RunningShop
) -> None:
    with time_machine.travel(TUESDAY) as clock:
        people.sign_up(page, running_shop, "chloe@example.com")
        people.confirm(page, running_shop, "chloe@example.com")
        running_shop.work()
        letter = running_shop.mailbox.messages(to="chloe@example.com")[-1]
        page.goto(f"{running_shop.mailbox.http_url}/messages/{letter.id}")
        page.get_by_role("button", name="Unsubscribe").click()
        expect(page.get_by_text("200 OK")).to_be_visible()
        clock.shift(timedelta(days=5))
        running_shop.work()
        running_shop.work()
        assert len(people.subjects(running_shop, "chloe@example.com")) == 2


@pytest.mark.one_database
def test_dan_chooses_his_letters_moves_them_and_has_all_of_it_deleted(
    page: Page, running_shop: RunningShop
) -> None:
    with time_machine.travel(TUESDAY) as clock:
        people.sign_up(page, running_shop, "dan@example.com")
        people.confirm(page, running_shop, "dan@example.com")
        running_shop.work()
        first = running_shop.mailbox.messages(to="dan@example.com")[-1]
        own = people.link(first, "/newsletter/preferences/")
        page.goto(own)
        page.get_by_label("Once a week").check()
        page.get_by_label("Low back").check()
        page.get_by_label("Pause until").fill("2026-12-24")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(page.get_by_label("Once a week")).to_be_checked()
        expect(page.get_by_label("Low back")).to_be_checked()
        clock.shift(timedelta(days=20))
        running_shop.work()
        assert len(people.subjects(running_shop, "dan@example.com")) == 2, "he paused"

        page.get_by_label("New e-mail address").fill("dan@new.example")
        page.get_by_role("button", name="Move my letters").click()
        running_shop.work()
        (asked,) = running_shop.mailbox.messages(to="dan@new.example")
        page.goto(people.link(asked, "/newsletter/move/"))
        page.get_by_role("button").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your letters have moved")

        page.goto(own)
        with page.expect_download() as download:
            page.get_by_role("link", name="Download what we hold about you").click()
        assert "dan@new.example" in download.value.path().read_text(encoding="utf-8")
        page.get_by_text("Delete my data…").click()
        page.get_by_role("button", name="Yes, delete all of it").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Deleted.")
        clock.shift(timedelta(days=30))
        running_shop.work()
        assert len(people.subjects(running_shop, "dan@new.example")) == 1, "nobody is there"
