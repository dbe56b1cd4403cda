"""`make screenshots`: every kind of page, at five widths, light and dark, and a sheet of them all.

`python -m tests.screenshots [--only WORD] [--widths 390,1440] [--schemes light] [--to FOLDER]`
"""

import argparse
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

import blog.samples
import newsletter.samples
import shop.samples
from core import config, db, schema
from staff import members
from staff.models import Role
from tests import browser
from tests.journeys import people
from tests.running import RunningShop, run_shop

FOLDER = Path(__file__).resolve().parents[1] / "var" / "screenshots"
WIDTHS = (320, 390, 768, 1024, 1440)
SCHEMES = ("light", "dark")
PUBLIC = {
    "home": "/",
    "product": "/products/ql-claw",
    "accessory": "/products/travel-bag",
    "blog": "/blog/",
    "post": "/blog/psoas-trigger-points",
    "post-long": "/blog/what-research-says-about-trigger-points",
    "topic": "/blog/topics/evidence",
    "search": "/blog/search?q=psoas",
    "search-question": "/blog/search?q=why+is+my+leg+numb+when+I+sit",
    "search-nothing": "/blog/search?q=unicorn",
    "finder": "/pain-finder",
    "place": "/pain-finder/low-back",
    "muscles": "/muscles/",
    "muscle": "/muscles/quadratus-lumborum",
    "letters": "/newsletter/",
    "archive": "/newsletter/archive/",
    "cart-empty": "/cart",
    "order-links": "/orders/",
    "withdraw": "/withdraw",
    "safety": "/pages/safety",
    "about": "/pages/about",
    "shipping": "/pages/shipping",
    "reviews-how": "/reviews/",
    "nowhere": "/nowhere",
}
STAFF = (
    *("", "orders", "orders/1", "orders/ship", "orders/disputes", "returns", "money"),
    *("origins", "promotions", "segments", "segments/new"),
    *("products", "products/1", "products/new", "variants/1", "prices/QL-CLAW", "gallery/1"),
    *("shelf", "shipping", "shipping/1", "posts", "posts/new", "posts/1", "comments", "reviews"),
    *("pages", "pages/safety", "media", "newsletters", "newsletters/new", "sequences"),
    *("sequences/new", "sequences/1", "sequences/1/edit", "sequences/1/edit/1"),
    *("sequences/1/edit/new?kind=branch", "sequences/1/publish", "sequences/1/settings"),
    *(
        "sequences/1/flight?readers=1000000",
        "subscribers",
        "subscribers/1",
        "outbox",
        "outbox/1",
        "redirects",
    ),
    *("posts/readers", "posts/copies", "posts/pieces", "newsletters/pieces", "money/webhook"),
    *(
        "subscribers/imports",
        "segments/1",
        "sequences/1/versions",
        "sequences/1/begin?segment=",
        "sequences/1/yield",
    ),
    "reviews?state=shown",
    *("settings", "search?q=ada", "search?q=psoas", "account", "styleguide"),
)
_PASSWORD = "a long enough password"
_EVERY_PICTURE = """
() => Promise.all([...document.images].map((image) => {
    image.loading = "eager";
    return image.decode().catch(() => undefined);
}))
"""


@dataclass(frozen=True)
class Shot:
    """One picture of a page."""

    name: str
    width: int
    scheme: str

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.name}-{self.width}-{self.scheme}.png"


def main() -> None:
    """Fill a shop, walk through it, and write the sheet."""
    chosen = _arguments()
    chosen.to.mkdir(parents=True, exist_ok=True)
    with _filled_shop() as shop, _chromium() as chromium:
        context = chromium.new_context()
        shots = []
        for name, address in _addresses(shop, context):
            if re.search(chosen.only, name):
                shots += _take(context, name, address, chosen)
        _write_sheet(chromium, shots, chosen.to)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a pattern that the names of pages match")
    parser.add_argument("--widths", default=WIDTHS, type=_numbers)
    parser.add_argument("--schemes", default=SCHEMES, type=lambda text: text.split(","))
    parser.add_argument("--to", default=FOLDER, type=Path)
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


@contextmanager
def _filled_shop() -> Iterator[RunningShop]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = f"sqlite:///{folder / 'shop.sqlite3'}"
        db.connect(config.load({"DATA_DIR": str(folder), "DATABASE_URL": url}).database_url)
        schema.upgrade()
        running = stack.enter_context(run_shop(url, folder))
        stack.enter_context(running.app.app_context())
        with db.transaction():
            for package in (shop, blog, newsletter):
                package.samples.seed()
            members.add("olivia@shop.example", Role.OWNER, _PASSWORD)
        yield running


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=browser.find(), args=browser.ARGUMENTS
        )
        yield launched
        launched.close()


def _addresses(shop: RunningShop, context: BrowserContext) -> Iterator[tuple[str, str]]:
    """Every kind of page by a name; what is only met on the way is met first."""
    for name, path in PUBLIC.items():
        yield name, shop.url + path
    page = context.new_page()
    yield from _letters(page, shop)
    yield from _purchase(page, shop)
    yield from _mails(page, shop)
    people.sign_in(page, shop, "olivia@shop.example", _PASSWORD)
    for path in STAFF:
        yield f"staff-{re.sub('[^a-z0-9]+', '-', path) or 'today'}", f"{shop.url}/staff/{path}"
    page.close()


def _letters(page: Page, shop: RunningShop) -> Iterator[tuple[str, str]]:
    people.sign_up(page, shop, "chloe@example.com")
    shop.work()
    question = shop.mailbox.wait_for(to="chloe@example.com", subject_contains="confirm")
    yield "letters-confirm", people.link(question, "/newsletter/confirm/")
    people.confirm(page, shop, "chloe@example.com")
    shop.work()
    letter = shop.mailbox.messages(to="chloe@example.com")[-1]
    for name in ("preferences", "unsubscribe"):
        yield f"letters-{name}", people.link(letter, f"/newsletter/{name}/")


def _purchase(page: Page, shop: RunningShop) -> Iterator[tuple[str, str]]:
    page.goto(f"{shop.url}/products/ql-claw")
    page.get_by_role("button", name="Add to cart").click()
    yield "cart", page.url
    page.goto(f"{shop.url}/products/ql-claw")
    people.go_to_payment(page, shop)
    yield "payment", page.url
    people.fill_in(page, "ada@example.com")
    people.pay_by_card(page)
    page.wait_for_url("**/orders/**")
    shop.work()
    yield "order", page.url
    yield "order-withdraw", f"{page.url.partition('?')[0]}/withdraw"


def _mails(page: Page, shop: RunningShop) -> Iterator[tuple[str, str]]:
    yield "mailbox", shop.mailbox.http_url
    for index, message in enumerate(shop.mailbox.messages()):
        yield f"mail-{index}", f"{shop.mailbox.http_url}/messages/{message.id}"


def _take(
    context: BrowserContext, name: str, address: str, chosen: argparse.Namespace
) -> list[Shot]:
    taken = []
    page = context.new_page()
    for scheme in chosen.schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for width in chosen.widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address)
            page.evaluate(_EVERY_PICTURE)
            shot = Shot(name, width, scheme)
            page.screenshot(path=chosen.to / shot.file, full_page=True)
            taken.append(shot)
    page.close()
    return taken


def _write_sheet(chromium: Browser, shots: list[Shot], folder: Path) -> None:
    """A page of all pictures, and a picture of that page."""
    figures = "".join(
        f'<figure><a href="{shot.file}"><img src="{shot.file}" alt=""></a>'
        f"<figcaption>{shot.name} {shot.width} {shot.scheme}</figcaption></figure>"
        for shot in shots
    )
    sheet = folder / "index.html"
    sheet.write_text(
        '<!doctype html><meta charset="utf-8"><title>Every page</title><style>'
        "body{display:flex;flex-wrap:wrap;gap:16px;font:12px sans-serif;background:#888}"
        "figure{margin:0;width:220px}img{width:220px;height:320px;object-fit:cover;"
        f"object-position:top}}</style>{figures}",
        encoding="utf-8",
    )
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.goto(sheet.as_uri())
    page.screenshot(path=folder / "sheet.png", full_page=True)


if __name__ == "__main__":
    main()
