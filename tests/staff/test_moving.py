"""Moving in from Shopify, with a folder as it exports one; names and values are made up."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from blog import posts
from blog.posts import Draft
from core import db, redirects, settings
from core.mail.models import Delivery
from newsletter import consents, segments, sequences, subscribers
from newsletter.models import Enrolment, Subscriber
from newsletter.steps import Mail
from newsletter.suppression import Reason
from shop import catalog, numbering, orders, products, samples
from shop.models import Order, Product, Reservation, StockMovement, Variant

pytestmark = pytest.mark.one_database

EXPORT = Path(__file__).parent / "shopify"

Move = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The export, to be altered by a test."""
    return Path(shutil.copytree(EXPORT, tmp_path / "export"))


@pytest.fixture
def move(app: Flask, folder: Path) -> Move:
    """Runs the command on the export."""

    def move(*options: str) -> Result:
        run = app.test_cli_runner().invoke
        return run(args=["import", "shopify", str(folder), *options])

    return move


def everything() -> dict[str, list[Any]]:
    """All rows of all tables."""
    with db.engine().connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table)).all()))
            for table in db.Base.metadata.sorted_tables
        }


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def product(slug: str) -> Product:
    with db.reading() as session:
        return session.scalars(select(Product).where(Product.slug == slug)).one()


def test_a_dry_run_says_what_would_happen_and_changes_nothing(move: Move) -> None:
    before = everything()
    rehearsed = move("--dry-run")
    assert everything() == before
    done = move()
    assert everything() != before
    assert rehearsed.output.replace("This was a dry run: nothing has changed.\n", "") == done.output


def test_told_again_nothing_changes_whatever_staff_made_of_it(move: Move) -> None:
    move()
    with db.transaction():
        product("back-hook").title = "The better hook"
    before = everything()
    again = move()
    assert everything() == before
    assert "products: 0 new, 0 changed, 3 same" in again.output


def test_a_product_comes_with_variants_prices_stock_and_addresses(move: Move) -> None:
    assert "products: 3 new, 0 changed, 0 same, 1 refused, 1 left out (gift cards)" in move().output
    hook = catalog.by_slug("back-hook")
    assert hook is not None
    assert "<script" not in hook.html
    assert "Reach <strong>between</strong>" in hook.html
    black, red = catalog.offers(hook)
    assert (black.sku, black.amount, black.available, black.weight_grams, black.gtin) == (
        "HOOK-BLK-L", 3900, 12, 450, "4006381333931",
    )  # fmt: skip
    assert black.options == {"Color": "Black", "Size": "Long"}
    assert (red.form, red.amount, red.available, red.gtin) == ("Red / Long", 4150, 0, None)
    assert catalog.by_slug("cotton-strap") is None
    assert redirects.find("/collections/all/products/back-hook") == "/products/back-hook"
    assert redirects.find("/old-hook") == "/products/back-hook"
    assert redirects.find("/collections/all") == "/"


def test_what_is_wrong_is_named_with_file_line_and_reason(move: Move, folder: Path) -> None:
    with (folder / "products_export_1.csv").open("ab") as file:
        file.write(b"steer,\x1b[2JIt cures,,,,,TRUE,,,,,STEER,1,shopify,1,deny,9.00\r\n")
        file.write(b"bad,Gr\xf6\xdfe,,,,,TRUE,,,,,BAD,,,,,9.00\n")
    done = move()
    assert done.exit_code == 1
    assert "\x1b" not in done.output
    not_utf_8 = "it is not in UTF-8: export it anew, or save it as “CSV UTF-8”"
    assert [line for line in done.stderr.splitlines() if line[:2] in ("pr", "re")] == [
        "products_export_1.csv, line 7: '12.345' is not an amount in USD",
        f"products_export_1.csv, line 10: {not_utf_8}",
        "redirects_export.csv, line 6: the old address begins with one slash",
        "redirects_export.csv, line 4: /products/never-was leads nowhere here",
    ]


def test_a_new_export_changes_what_it_tells_otherwise(move: Move, folder: Path) -> None:
    move()
    edit(folder / "products_export_1.csv", "deny,39.00", "deny,35.00")
    assert "products: 0 new, 1 changed, 2 same" in move().output
    offer = catalog.offer("HOOK-BLK-L")
    assert offer is not None
    assert (offer.amount, offer.available) == (3500, 12)


def test_the_sample_makes_room_and_what_staff_made_stays(move: Move, folder: Path) -> None:
    samples.seed()
    edit(folder / "products_export_1.csv", "back-hook", "ql-claw")
    details = product("ql-claw").details
    move()
    assert product("ql-claw").title == "Back Hook"
    assert product("ql-claw").details == details
    assert [each.sku for each in catalog.offers(product("ql-claw"))] == ["HOOK-BLK-L", "HOOK-RED-L"]
    products.save(products.Draft(slug="silk-strap", title="Mine", summary="", body=""))
    edit(folder / "products_export_1.csv", "cotton-strap", "silk-strap")
    assert "1 left out (a product of this address was made here)" in move().output


def test_a_variant_of_another_product_is_not_taken_from_it(move: Move, folder: Path) -> None:
    samples.seed()
    with db.reading() as session:
        sku = session.scalars(select(Variant.sku).order_by(Variant.id)).first()
    edit(folder / "products_export_1.csv", "HOOK-RED-L", str(sku))
    done = move()
    assert f"line 2: {sku} is a variant of" in done.stderr
    assert catalog.by_slug("back-hook") is None


def test_a_folder_without_exports_is_refused(move: Move, folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    (folder / "holiday.csv").write_bytes(b"\0\xff\n")
    done = move()
    assert done.exit_code == 1
    assert "holds no CSV file that Shopify exports" in done.output


def test_orders_come_as_history(move: Move) -> None:
    assert "orders: 3 new, 0 changed, 0 same, 2 refused" in move().output
    ada = order("#1002")
    assert (ada.state, ada.progress, ada.email) == ("paid", "fulfilled", "ada@example.com")
    assert ada.paid_at == datetime(2025, 3, 5, 15, 12, 33, tzinfo=UTC)
    assert (ada.goods_amount, ada.discount_amount, ada.total_amount) == (8800, 850, 8760)
    assert (ada.address or {})["postal_code"] == "01101"
    assert not ada.marketing_consent
    assert {tag.tag for tag in ada.tags} == {"shopify", "vip", "sample"}
    assert [event.what for event in ada.timeline] == ["recorded", "note"]
    assert (order("#1001").state, order("#1001").progress) == ("refunded", "cancelled")
    assert order("#1001").id < ada.id
    chloe = order("#1003")
    assert (chloe.progress, [line.to_ship for line in chloe.lines]) == ("partly_fulfilled", [1, 0])
    assert chloe.name == '=cmd|" /C calc"!A0'


def test_what_orders_name_and_nobody_sells_has_a_home(move: Move) -> None:
    move()
    hook, poster = order("#1002").lines
    strap = order("#1001").lines[0]
    assert (hook.sku, strap.sku) == ("HOOK-BLK-L", "COTTON-STRAP")
    with db.reading() as session:
        home = session.scalars(select(Variant).where(Variant.id == poster.variant_id)).one()
        assert (home.product.slug, home.product.published, home.on_sale) == (
            "former-shop", False, False,
        )  # fmt: skip


def test_nobody_is_written_to_and_no_order_moves_stock(move: Move) -> None:
    offered(move)
    with db.reading() as session:
        assert session.scalars(select(Delivery)).all() == []
        assert session.scalars(select(Enrolment)).all() == []
        moved = session.scalars(select(StockMovement)).all()
        assert {movement.why for movement in moved} == {"as counted in Shopify"}
        assert session.scalars(select(Reservation)).all() == []


def test_our_own_numbers_go_on_behind_those_that_came(move: Move) -> None:
    settings.change(order_prefix="#")
    move()
    with db.transaction():
        assert numbering.give() == "#1004"
    settings.change(order_prefix="QL-")
    with db.transaction():
        assert numbering.give() == "QL-1005"


def test_a_later_export_tells_how_an_order_went_on(move: Move, folder: Path) -> None:
    move()
    edit(folder / "orders_export_1.csv", "paid,,partial", "paid,,fulfilled")
    assert "orders: 0 new, 1 changed, 2 same" in move().output
    assert order("#1003").progress == "fulfilled"
    edit(folder / "orders_export_1.csv", "paid,,fulfilled", "refunded,,fulfilled")
    orders.note(order("#1003"), "note", who="olivia@shop.example", why="She called.")
    assert "1 left out (went on here since)" in move().output
    assert order("#1003").state == "paid"


def test_only_who_said_yes_comes_onto_the_list_and_nobody_comes_back(move: Move) -> None:
    subscribers.turn_away("chloe@example.com", Reason.STAFF)
    done = move()
    assert (
        "customers: 2 new, 0 changed, 0 same, 1 refused, 1 left out (no e-mail address), "
        "1 left out (not for letters), 1 left out (shut out here)"
    ) in done.output
    assert "customers_export.csv, line 5: " in done.stderr
    with db.reading() as session:
        ada, finn = session.scalars(select(Subscriber).order_by(Subscriber.email)).all()
    assert (ada.email, ada.name, ada.standing) == ("ada@example.com", "Ada", "confirmed")
    assert finn.name is None
    assert segments.tags_of(ada) == ["runner", "sample"]
    (receipt,) = consents.receipts(ada)
    assert "Accepts Email Marketing: yes, as Shopify exported it, 20" in receipt.wording
    subscribers.unsubscribe(ada.public_id, method="button")
    move()
    with db.reading() as session:
        again = session.get_one(Subscriber, ada.id)
    assert again.standing == "unsubscribed"


def order(number: str) -> Order:
    with db.reading() as session:
        return orders.get(session.scalars(select(Order.id).where(Order.number == number)).one())


def offered(move: Move) -> None:
    """Move in with letters and a sequence ready to begin."""
    steps = [Mail(subject="One", preheader="", body="Hello", delay_days=0)]
    sequences.publish("welcome", "Welcome", steps, trigger="confirmed")
    move()


def test_articles_are_published_with_their_dates_where_nothing_speaks_against_it(
    move: Move, client: FlaskClient
) -> None:
    done = move()
    assert "articles: 3 new, 0 changed, 0 same, 2 refused" in done.output
    assert "“A hook and you” stays a draft: Line 1: “cures” promises too much." in done.output
    states = {post.slug: post.state for post in posts.in_state()}
    assert states == {
        "sitting-all-day": "published", "a-hook-and-you": "draft", "still-a-draft": "draft",
    }  # fmt: skip
    post = posts.by_slug("sitting-all-day")
    assert post is not None
    assert (post.summary, post.author) == ("Why we sit.", "Sam Sample")
    assert post.published_at == datetime(2024, 1, 2, 15, tzinfo=UTC)
    assert "<script" not in post.html
    assert '<h2 id="sit-less">' in post.html
    assert client.get("/blogs/news/sitting-all-day").location == "/blog/sitting-all-day"
    assert client.get("/blogs/news").location == "/blog/"
    assert client.get("/blogs/news.atom").location == "/blog/feed.xml"
    assert client.get("/blogs/news/tagged/desk").location == "/blog/"


def test_a_newer_article_is_taken_unless_writers_went_on_with_it(move: Move, folder: Path) -> None:
    move()
    edit(folder / "blog_posts.csv", "Stand up", "Get up")
    assert "articles: 0 new, 1 changed, 2 same" in move().output
    post = posts.by_slug("sitting-all-day")
    assert post is not None
    assert "Get up" in post.html
    draft = posts.draft_of(posts.get(post.id))
    posts.save(replace(draft, slug="sitting"), by="ed@shop.example", post_id=post.id)
    edit(folder / "blog_posts.csv", "Get up", "Rise")
    assert "1 left out (written on here since)" in move().output


def test_a_post_that_was_written_here_stays_and_is_led_to(move: Move) -> None:
    mine = Draft(slug="still-a-draft", title="Mine", summary="", body="Mine.", author="Ed")
    number = posts.save(mine, by="ed@shop.example").id
    assert "a post is at /blog/still-a-draft already: it stays as it is" in move().output
    assert posts.get(number).title == "Mine"
    assert redirects.find("/blogs/news/still-a-draft") == "/blog/still-a-draft"
