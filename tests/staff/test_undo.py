"""What was saved is taken back by the button that the next page shows, unless somebody saved since."""

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blog import pages
from newsletter import segments
from shop import catalog, products, upsell
from shop.models import Product
from tests import samples
from tests.staff.test_pages import GIVEN
from tests.staff.test_products import EDITOR, save
from tests.staff.test_segments import RUNNERS

pytestmark = pytest.mark.one_database

Button = tuple[str, dict[str, str]]


@pytest.fixture
def shop(app: Flask) -> Flask:
    """The sample shop with its posts and muscles."""
    samples.fill()
    return app


@pytest.fixture
def terms(app: Flask) -> None:
    pages.save("terms", title="Terms", summary="x", body="[Sample: name]", sample=True, by="sample")


def button(page: str) -> Button:
    """Where the button Undo sends what."""
    form = re.search(
        r'<form method="post" action="([^"]*)">((?:(?!</form>).)*data-undo)', page, re.DOTALL
    )
    assert form, "there is no button Undo"
    fields = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', form[2], re.DOTALL)
    return form[1], {name: html.unescape(value) for name, value in fields}


def press(who: FlaskClient, undo: Button) -> str:
    """Press it; the page that follows."""
    address, fields = undo
    return who.post(address, data=fields, follow_redirects=True).text


def the_claw() -> Product:
    product = catalog.by_slug("ql-claw")
    assert product is not None
    return product


def everything(product: Product) -> list[object]:
    parts = products.Draft.__dataclass_fields__
    return [*(getattr(product, name) for name in parts), product.html, upsell.chosen(product)]


def test_a_saved_product_is_taken_back_and_that_too(shop: Flask, ed: FlaskClient) -> None:
    before = everything(the_claw())
    changed = {
        "slug": "claw",
        "body": "Long. " * 999,
        "steps": "",
        "accessories": "",
        "offered": "",
    }
    assert save(ed, **changed).status_code == 303
    undo = button(ed.get(EDITOR).text)
    page = press(ed, undo)
    assert "It is as it was before." in page
    assert everything(the_claw()) == before
    assert ed.get("/products/claw").location == "/products/ql-claw"
    press(ed, button(page))
    assert catalog.by_slug("claw")


def test_a_product_that_was_saved_since_stays(shop: Flask, ed: FlaskClient) -> None:
    save(ed, tagline="One.")
    undo = button(ed.get(EDITOR).text)
    save(ed, tagline="Two.")
    assert "saved again since" in press(ed, undo)
    assert the_claw().details["tagline"] == "Two."


def test_a_product_whose_address_went_to_another_stays(shop: Flask, ed: FlaskClient) -> None:
    save(ed, slug="claw")
    undo = button(ed.get(EDITOR).text)
    products.save(products.Draft(slug="ql-claw", title="Q", summary="Q", body=""))
    assert "another product has its address now" in press(ed, undo)
    assert catalog.by_slug("claw")


def test_a_saved_page_is_taken_back_as_a_sample_again(olivia: FlaskClient, terms: None) -> None:
    olivia.post("/staff/pages/terms", data=GIVEN)
    page = press(olivia, button(olivia.get("/staff/pages/terms").text))
    assert "It is as it was before." in page
    restored = pages.by_slug("terms")
    assert restored
    assert (restored.body, restored.sample, restored.revision) == ("[Sample: name]", True, 3)
    press(olivia, button(page))
    assert "Olivia sells." in olivia.get("/pages/terms").text
    assert olivia.post("/staff/pages/terms/revisions/99/restore").status_code == 404


def test_a_page_that_was_saved_since_stays(olivia: FlaskClient, terms: None) -> None:
    olivia.post("/staff/pages/terms", data=GIVEN)
    undo = button(olivia.get("/staff/pages/terms").text)
    olivia.post("/staff/pages/terms", data=GIVEN | {"body": "Later.", "opened": "2"})
    assert "saved it since" in press(olivia, undo)
    assert "Later." in olivia.get("/pages/terms").text


def test_a_segment_is_taken_back_from_each_deed(ed: FlaskClient) -> None:
    made = ed.post("/staff/segments/new", data=RUNNERS | {"do": "save"}).location
    removed = press(ed, button(ed.get(made).text))
    assert segments.every() == []
    press(ed, button(removed))
    (runners,) = segments.every()
    mine = f"/staff/segments/{runners.id}"
    ed.post(mine, data=RUNNERS | {"name": "Walkers", "tag-0": "walks", "do": "save"})
    press(ed, button(ed.get(mine).text))
    (kept,) = segments.every()
    assert (kept.name, kept.rule) == ("Runners", runners.rule)
