"""A seeded shop that runs, and a browser for those who visit it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from core import db
from core.config import Config
from staff import members
from staff.models import Role
from tests import samples
from tests.journeys import people
from tests.running import RunningShop, run_shop

PASSWORD = "a long enough password"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture
def running_shop(
    shop_config: Config, app: Flask, published: Path, tmp_path: Path
) -> Iterator[RunningShop]:
    """The sample shop at work, with Olivia as its owner. `app` has emptied its database."""
    folder = tmp_path / "running"
    folder.mkdir()
    (folder / "assets").symlink_to(published)
    with run_shop(shop_config.database_url, folder) as running:
        running.app.jinja_env.bytecode_cache = app.jinja_env.bytecode_cache
        with db.transaction():
            samples.fill()
            members.add("olivia@shop.example", Role.OWNER, PASSWORD)
        yield running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A visitor's page, of a phone's width; what its scripts complain of fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(15_000)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def office(chromium: Browser, running_shop: RunningShop) -> Page:
    """Olivia's window, signed in."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(15_000)
    window = context.new_page()
    people.sign_in(window, running_shop, "olivia@shop.example", PASSWORD)
    return window
