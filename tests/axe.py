"""What axe-core says of the page that a browser shows."""

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
"""`make test` fetches it where it can."""

IN_THE_DARK = ("color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block")
"""The rules whose answer another scheme and another width can change; the document is the same."""


def load(page: Page) -> None:
    """Bring axe into the page, once after it was opened."""
    page.evaluate(SCRIPT.read_text())


def problems(page: Page, rules: tuple[str, ...] = ()) -> list[str]:
    """What breaks these rules, or any: the rule, and the first element that does."""
    options: dict[str, object] = {"resultTypes": ["violations"], "preload": False, "iframes": False}
    if rules:
        options["runOnly"] = list(rules)
    violations = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [f"{each['id']} {each['nodes'][0]['html'][:120]}" for each in violations]
