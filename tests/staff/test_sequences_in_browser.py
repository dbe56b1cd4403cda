"""Olivia writes a sequence from nothing by forms, and a reader walks it on a clock that is moved."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from core import db
from core.mail.models import Delivery
from newsletter import mailing, segments
from newsletter.models import Enrolment, Walk
from newsletter.tick import tick
from tests.newsletter.conftest import Join
from tests.newsletter.conftest import join as join_the_list
from tests.staff.test_in_browser import address, both_ways, sign_in

__all__ = ("address", "join_the_list")

pytestmark = [pytest.mark.journey, pytest.mark.one_database]


@pytest.fixture
def readers(join_the_list: Join) -> Join:
    """Let a person join."""
    return join_the_list


def add(page: Page, kind: str) -> None:
    """Open the form of a new step at the end of the path."""
    last = page.locator(".path-add").last
    last.get_by_label("Kind of step").select_option(label=kind)
    last.get_by_role("button", name="Write it").click()


def keep(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Add it to|Keep it in) the draft")).click()
    expect(page.get_by_text("Kept in the draft.")).to_be_visible()


def write_letter(page: Page, subject: str, days: str) -> None:
    add(page, "Letter")
    page.get_by_label("Days after the step before").fill(days)
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Letter", exact=True).fill("Hello {{ name }},\n\nsome words.")
    keep(page)


@both_ways
def test_a_sequence_from_nothing_to_a_reader_s_last_letter(
    chromium: Browser, address: str, readers: Join, scripts: str
) -> None:
    page = sign_in(chromium, address, scripted=scripts == "with")
    page.goto(f"{address}/staff/sequences")
    page.get_by_role("link", name="New sequence").click()
    page.get_by_label("Title").fill("For runners")
    page.get_by_label("Begins").select_option("confirmed")
    page.get_by_role("button", name="Go on to its steps").click()
    write_letter(page, "A first letter", "0")
    write_letter(page, "For whoever runs", "2")
    add(page, "End")
    keep(page)
    write_letter(page, "For all others", "4")
    page.locator("#step-2").get_by_text("Add a step before step 2").click()
    form = page.locator("#step-2 .path-add form")
    form.get_by_label("Kind of step").select_option("branch")
    form.get_by_role("button", name="Write it").click()
    page.get_by_label("Readers who meet").select_option("all")
    page.get_by_label("First condition").select_option(label="Has the tag")
    page.get_by_role("button", name="Add the condition").click()
    page.get_by_label("Another condition").select_option(label="Confirmed")
    page.get_by_role("button", name="Add the condition").click()
    page.get_by_role("button", name="Add it to the draft").click()
    expect(page.get_by_text("Say which tag.")).to_be_visible()
    page.get_by_label("Tag", exact=True).fill("runner")
    page.get_by_label("Everybody else goes to").select_option(label="5. For all others")
    keep(page)
    page.get_by_role("link", name="Publish…").click()
    expect(page.get_by_text("It is the first version, of 5 steps.")).to_be_visible()
    page.get_by_role("button", name="Publish version 1").click()
    page.get_by_role("button", name="Let people begin").click()
    expect(
        page.get_by_text("Has the tag runner; and confirmed: go on; otherwise with step 5")
    ).to_be_visible()

    with time_machine.travel(datetime(2027, 3, 1, 15, tzinfo=UTC), tick=False) as machine:
        ada, ben = readers("ada@example.com"), readers("ben@example.com")
        segments.tag(ada.id, "runner")
        for _ in range(8):
            tick()
            machine.shift(timedelta(days=1))
    with db.reading() as session:
        rows = session.execute(
            select(Delivery.person, Delivery.payload["position"].as_integer(), Delivery.created_at)
            .where(Delivery.letter == mailing.STEP)
            .order_by(Delivery.id)
        ).all()
        walks = set(session.scalars(select(Enrolment.state)))
    begun = datetime(2027, 3, 1, 15, tzinfo=UTC)
    assert [(person, position, (at - begun).days) for person, position, at in rows] == [
        (ada.id, 0, 0),
        (ben.id, 0, 0),
        (ada.id, 2, 2),
        (ben.id, 4, 4),
    ]
    assert walks == {Walk.DONE}
    page.reload()
    expect(page.get_by_text("2 arrived")).to_be_visible()
