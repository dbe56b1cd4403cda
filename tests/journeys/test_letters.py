"""Olivia tries two subjects, and sends by her readers' clocks."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from core import db
from core.mail.models import Delivery
from core.models import Visit
from newsletter import clicks
from newsletter.models import Newsletter, Subscriber, Trial
from tests.journeys import people
from tests.journeys.conftest import PASSWORD
from tests.newsletter.conftest import fill_list
from tests.running import RunningShop


def begin_letter(page: Page, shop: RunningShop, subject: str) -> None:
    """Sign in and fill in an issue."""
    people.sign_in(page, shop, "olivia@shop.example", PASSWORD)
    page.goto(f"{shop.url}/staff/newsletters/new")
    page.get_by_label("Subject", exact=True).fill(subject)
    page.get_by_label("Preheader", exact=True).fill("One thing that is worth knowing today")
    body = "Hello {{ name }},\n\n[the tool](/products/ql-claw)\n\nOlivia"
    page.get_by_role("textbox", name="Letter").fill(body)


@pytest.mark.one_database
def test_olivia_tries_two_subjects_and_the_better_one_goes_to_the_rest(
    page: Page, running_shop: RunningShop
) -> None:
    fill_list(260)
    begin_letter(page, running_shop, "The chair")
    page.get_by_text("Other subjects to try").click()
    page.get_by_label("Subject B").fill("Sit less")
    page.get_by_role("button", name="Review and send…").click()

    page.get_by_label("Whether, and by what").select_option("clicks")
    page.get_by_label("On how many").select_option("10")
    page.get_by_role("button", name="Work it out first").click()
    expect(page.get_by_text("a trial needs 100.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Send to")).click()
    expect(page.get_by_text("10 of 100 are about 26 readers")).to_be_visible()

    page.get_by_label("On how many").select_option("40")
    page.get_by_role("button", name="Work it out first").click()
    expect(page.get_by_text("Each subject goes to about 104 readers.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Send to")).click()
    running_shop.work()
    running_shop.work()
    page.reload()
    expect(page.get_by_text("Not decided yet; it is looked at")).to_be_visible()
    expect(page.get_by_text("wait for the trial")).to_be_visible()

    let_them_click_on_b()
    running_shop.work()
    running_shop.work()
    page.reload()
    expect(page.get_by_text("B, “Sit less”, did better than the other")).to_be_visible()
    with db.reading() as session:
        subjects = session.scalars(
            select(Delivery.subject).where(Delivery.source.startswith("newsletter:"))
        ).all()
    assert len(subjects) == 260
    assert 75 < subjects.count("The chair") < 135
    assert subjects.count("The chair") + subjects.count("Sit less") == 260


def let_them_click_on_b() -> None:
    """Count clicks for both subjects, and let the four hours be over."""
    now = datetime.now(UTC)
    with db.transaction() as session:
        number = session.scalars(select(Trial.newsletter_id)).one()
        for subject, count in (("a", 1), ("b", 5)):
            for tenth in range(10):
                session.add(
                    Visit(
                        day=now.date(),
                        kind=clicks.TRIED,
                        name=f"newsletter:{number}:{subject}{tenth}",
                        detail="/products/ql-claw",
                        count=count + tenth % 2,
                    )
                )
        session.execute(update(Trial).values(began_at=now - timedelta(hours=4)))


@pytest.mark.one_database
def test_olivia_sends_by_her_readers_clocks(page: Page, running_shop: RunningShop) -> None:
    fill_list(4, zones=("Asia/Tokyo", "Europe/Berlin"))
    begin_letter(page, running_shop, "In your morning")
    page.get_by_role("button", name="Review and send…").click()
    day = datetime.now(UTC).date() + timedelta(days=2)
    page.get_by_label("When").fill(f"{day}T09:00")
    page.get_by_label("By which clock").select_option("readers")
    page.get_by_role("button", name="Work it out first").click()
    expect(page.get_by_role("row", name=re.compile(r"Tokyo\D+2"))).to_be_visible()
    page.get_by_role("button", name=re.compile("^Send to 4")).click()
    expect(page.get_by_text("by each reader's clock", exact=False).first).to_be_visible()

    with db.transaction() as session:
        session.execute(update(Newsletter).values(scheduled_at=datetime.now(UTC)))
    running_shop.work()
    page.reload()
    expect(page.get_by_role("heading", name="Zone by zone")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(r"Tokyo\D+2\D+2"))).to_be_visible()

    with db.transaction() as session:
        tokyo = select(Subscriber.id).where(Subscriber.timezone == "Asia/Tokyo")
        theirs = Delivery.source.startswith("newsletter:"), Delivery.person.in_(tokyo)
        session.execute(update(Delivery).where(*theirs).values(due_at=datetime.now(UTC)))
    running_shop.work()
    page.reload()
    assert running_shop.mailbox.wait_for(to="reader-0@example.com", subject_contains="In your")
    expect(page.get_by_role("row", name=re.compile(r"Tokyo\D+2\D+0"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(r"Berlin\D+2\D+2"))).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused: nothing that has not begun goes out.")).to_be_visible()
