"""Every page is sound: valid HTML, nothing for axe, no scrolling sideways, nothing that jumps."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from core.web import vendor
from tests import axe
from tests.house.test_get_purity import addresses, pages
from tests.shop.running import Quiet

__all__ = ["addresses"]  # a fixture, which is found by its name here

pytestmark = [pytest.mark.one_database, pytest.mark.journey]

MODULES = Path(__file__).resolve().parents[2] / "node_modules"
VALIDATOR = MODULES / "html-validate" / "bin" / "html-validate.mjs"
DESK = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}
SHARES = 3
# What is shown inside another page, and mails, whose HTML obeys other programs than browsers.
WITHIN = ("/html", "/preview")
TWICE = "/staff/styleguide"  # shows each part in light and in dark, with the same names
# Typefaces that were not fetched, and a preview's scripts, which its frame keeps from running.
EXPECTED = ("/vendor/", "Blocked script execution")
MOST_SHIFT = 0.01
SLOW = {"offline": False, "latency": 100, "downloadThroughput": 400_000, "uploadThroughput": 1e5}

RULES = {
    "root": True,
    "extends": ["html-validate:standard", "html-validate:a11y"],
    "rules": {
        "long-title": "off",  # a post's title is its writer's
        "no-trailing-whitespace": "off",  # templates leave it, and it is compressed away
        "no-implicit-button-type": "off",  # a button in a form submits, as HTML says
        "no-redundant-for": "off",  # one macro labels fields inside and beside their labels
        "aria-label-misuse": ["error", {"allowAnyNamable": True}],
        "prefer-native-element": ["error", {"exclude": ["region"]}],  # what scrolls has no heading
    },
}
SHIFT = """
    window.shift = 0;
    new PerformanceObserver(list => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the shop answers a browser."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def context(chromium: Browser, olivia: FlaskClient, address: str) -> Iterator[BrowserContext]:
    """A browser in which the owner is signed in."""
    context = chromium.new_context(reduced_motion="reduce")
    context.set_default_timeout(10_000)
    cookies = [each for each in (olivia._cookies or {}).values() if each.path == "/staff"]
    assert cookies
    context.add_cookies(
        [{"name": each.key, "value": each.value, "url": f"{address}/staff/"} for each in cookies]
    )
    yield context
    context.close()


@pytest.mark.parametrize("share", range(SHARES))
def test_axe_finds_nothing_and_nothing_scrolls_sideways(  # noqa: PLR0917 - six fixtures
    app: Flask,
    olivia: FlaskClient,
    context: BrowserContext,
    address: str,
    addresses: dict[str, str],
    share: int,
) -> None:
    if not axe.SCRIPT.exists():
        pytest.skip("axe-core is not installed: make test fetches it")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    found = []
    for path in list(_paths(app, addresses))[share::SHARES]:
        if _document(olivia, path) is None:
            continue
        _look(page, "light", DESK)
        page.goto(address + path)
        axe.load(page)
        found += [f"{path}, light: {problem}" for problem in axe.problems(page)]
        _look(page, "dark", NARROW)
        found += [f"{path}, dark: {problem}" for problem in axe.problems(page, axe.IN_THE_DARK)]
        found = [each for each in found if not each.startswith(TWICE) or "-unique " not in each]
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{path} is {width} px wide"] if width > NARROW["width"] else []
    assert found == [], "\n".join(found)
    assert [each for each in said if not any(word in each for word in EXPECTED)] == []


def test_every_page_is_valid_html(
    app: Flask, olivia: FlaskClient, addresses: dict[str, str], tmp_path: Path
) -> None:
    node = shutil.which("node", path=vendor.search_path())
    if node is None or not VALIDATOR.exists():
        pytest.skip("html-validate is not installed: make test fetches it")
    for number, path in enumerate(_paths(app, addresses)):
        document = _document(olivia, path)
        if document and path != TWICE:
            name = path.strip("/").replace("/", "_").partition("?")[0]
            (tmp_path / f"{number}-{name}.html").write_bytes(document)
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(RULES))
    command = [node, str(VALIDATOR), "--config", str(rules), "--formatter", "text"]
    said = subprocess.run(
        [*command, f"{tmp_path}/*.html"], capture_output=True, text=True, check=False
    )
    assert said.stdout.replace(str(tmp_path), "") == ""
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("path", ["/", "/products/ql-claw", "/blog/referred-back-pain"])
def test_nothing_jumps_while_pictures_and_typefaces_are_late(
    addresses: dict[str, str], chromium: Browser, address: str, path: str
) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.add_init_script(SHIFT)
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    page.goto(address + path, wait_until="load")
    page.evaluate("document.fonts.ready")
    shift = page.evaluate("new Promise(done => requestAnimationFrame(() => done(window.shift)))")
    assert shift <= MOST_SHIFT
    page.close()


def _paths(app: Flask, addresses: dict[str, str]) -> Iterator[str]:
    for rule in sorted(pages(app)):
        if not rule.endswith(WITHIN):
            yield addresses.get(rule, rule)


def _document(olivia: FlaskClient, path: str) -> bytes | None:
    """What stands at an address; None where that is no page of its own."""
    answer = olivia.get(path)
    return answer.data if answer.status_code == 200 and answer.mimetype == "text/html" else None


def _look(page: Page, scheme: str, size: dict[str, int]) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
