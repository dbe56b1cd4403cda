"""Products as Shopify exports them: a row for each variant or picture, the first with the words.

The columns are those of https://help.shopify.com/en/manual/products/import-export/using-csv, by
their names of before 2025 and since.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core import arrivals, db, money, prose, redirects, settings
from core.arrivals import Fate, LeftOut, Tally
from core.slugs import slugify
from core.tables import Row
from shop import claims, history, prices, products, stock
from shop.models import Product, Variant

WHO = "moved from Shopify"

HANDLE = ("Handle", "URL handle")
_OPTIONS = (1, 2, 3)
_SUMMARY = 300  # characters
_LONGEST_ADDRESS = 500
_MOST = 2_000_000_000  # minor units; what a column of the database holds


@dataclass(frozen=True, kw_only=True)
class _Form:
    """A variant as it is told; `amount` is minor units."""

    sku: str
    options: tuple[tuple[str, str], ...]
    amount: int
    grams: int | None
    gtin: str | None


@dataclass(frozen=True, kw_only=True)
class _Goods:
    """A product as it is told."""

    handle: str
    title: str
    summary: str
    body: str
    published: bool
    forms: tuple[_Form, ...]


def take(rows: Sequence[Row], tally: Tally) -> Fate:
    """Make or change the product that these rows tell of.

    What is here alone stays: the lists of its page, its stock, variants that are not told of. Stock
    is counted once, when a variant is new. Raises `ValueError` and `LeftOut` as `arrivals` asks.
    """
    if _is_true(rows[0].text("Gift Card")):
        raise LeftOut("gift cards")
    goods = _goods(rows)
    fate = arrivals.remember("shopify product", goods.handle, goods)
    if fate is not Fate.SAME:
        product = _save(goods, fate)
        counts = [_counted(row) for row in rows if _is_variant(row)]
        for position, (form, counted) in enumerate(zip(goods.forms, counts, strict=True)):
            if _save_form(product, form, position):
                _count(form.sku, counted, rows[0], tally)
        _lead_on(goods.handle, product.slug)
        _look(goods, rows, tally)
    return fate


def sku_of(written: str) -> str:
    """An SKU in the letters that addresses here allow."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", written).strip("-._")[:50]


def option_title(options: Sequence[tuple[str, str]], title: str) -> str:
    """What a variant is called that has these options; as its product where it has none."""
    return " / ".join(value for _, value in options)[:200] or title


def _goods(rows: Sequence[Row]) -> _Goods:
    first = rows[0]
    handle, title, html = first.text(*HANDLE), first.text("Title"), _html(first)
    summary = first.text("SEO Description") or prose.beginning(prose.words(html), _SUMMARY)
    if not slugify(handle):
        raise ValueError("it has no handle that could be an address")
    if not title:
        raise ValueError("it has no title")
    forms = tuple(_form(row, first) for row in rows if _is_variant(row))
    if not forms:
        raise ValueError("it has no variant with a price")
    if len({form.sku for form in forms}) < len(forms):
        raise ValueError("two of its variants have the same SKU")
    return _Goods(
        handle=handle,
        title=title[:200],
        summary=summary or title,
        body=prose.from_html(html),
        published=_is_published(first),
        forms=forms,
    )


def _html(row: Row) -> str:
    return row.text("Body (HTML)", "Body HTML", "Description")


def _is_variant(row: Row) -> bool:
    """Other rows only name one more picture."""
    return bool(row.text("Variant Price", "Price"))


def _is_published(row: Row) -> bool:
    shown = row.text("Published", "Published on online store")
    return row.text("Status").lower() in ("", "active") and (not shown or _is_true(shown))


def _is_true(text: str) -> bool:
    return text.lower() in ("true", "yes", "1")


def _form(row: Row, first: Row) -> _Form:
    options = tuple(_options(row, first))
    name = "-".join((first.text(*HANDLE), *(value for _, value in options)))
    sku = sku_of(row.text("Variant SKU", "SKU")) or sku_of(slugify(name).upper())
    barcode = row.text("Variant Barcode", "Barcode").strip("' ")
    return _Form(
        sku=sku,
        options=options,
        amount=amount(row.text("Variant Price", "Price"), settings.store().currency),
        grams=row.number("Variant Grams", "Weight value (grams)") or None,
        gtin=barcode if products.is_gtin(barcode) else None,
    )


def _options(row: Row, first: Row) -> list[tuple[str, str]]:
    """Their names stand in the first row alone; a product without any has Title: Default Title."""
    pairs = [
        (first.text(f"Option{n} Name"), row.text(f"Option{n} Value"))
        for n in _OPTIONS
        if row.text(f"Option{n} Value")
    ]
    return [] if pairs == [("Title", "Default Title")] else pairs


def amount(text: str, currency: str) -> int:
    """An amount as Shopify writes it, in minor units; 0 for an empty cell. Raises `ValueError`."""
    if text and not re.fullmatch(r"(?:\d{1,9}|\d{1,3}(?:,\d{3})+)(?:\.\d{1,6})?", text):
        raise ValueError(f"{text[:40]!r} is no amount")
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    value = money.parse(f"{whole}.{part}" if part else whole, currency) if text else 0
    if value > _MOST:
        raise ValueError(f"{text} is too much")
    return value


def _save(goods: _Goods, fate: Fate) -> Product:
    slug = slugify(goods.handle)[:120].strip("-")
    here = db.session().scalar(select(Product).where(Product.slug == slug))
    if here is not None and fate is Fate.NEW:
        _take_over(here)
    return products.save(
        products.Draft(
            slug=slug,
            title=goods.title,
            summary=goods.summary,
            body=goods.body,
            details=here.details if here else {},
            sample=here.sample if here else False,
            published=goods.published,
        )
    )


def _take_over(here: Product) -> None:
    """The sample makes room for the real thing; what staff made stays theirs."""
    if not here.sample:
        raise LeftOut("a product of this address was made here")
    for variant in here.variants:
        variant.on_sale = False


def _save_form(product: Product, form: _Form, position: int) -> bool:
    """Make or change a variant; whether it is new."""
    known = db.session().scalar(select(Variant).where(Variant.sku == form.sku))
    mine = known is not None and known.product_id == product.id
    if known is not None and not mine and known.product.slug != history.FORMER:
        raise ValueError(f"{form.sku} is a variant of “{known.product.title}” here")
    variant = products.save_variant(
        product,
        form.sku,
        title=option_title(form.options, product.title),
        options=dict(form.options),
        weight_grams=form.grams,
        gtin=form.gtin,
        position=position,
    )
    newest = next(iter(prices.history(variant.id)), None)
    currency = settings.store().currency
    if newest is None or (newest.amount, newest.currency) != (form.amount, currency):
        prices.set_price(form.sku, form.amount, currency, why="as in Shopify", who=WHO)
    return not mine


def _count(sku: str, counted: int | None, first: Row, tally: Tally) -> None:
    variant = db.session().scalars(select(Variant).where(Variant.sku == sku)).one()
    if counted is None:
        tally.note(first, f"{sku} is not counted in Shopify: count it on the shelf")
    elif counted > 0:
        stock.receive(variant.id, counted, by=WHO, why="as counted in Shopify")


def _counted(row: Row) -> int | None:
    """How many of a variant are there that no order waits for; None where nobody counts."""
    if not row.text("Variant Inventory Tracker", "Inventory tracker"):
        return None
    return row.number("Variant Inventory Qty", "Inventory quantity")


def _lead_on(handle: str, slug: str) -> None:
    """Let the other addresses that Shopify gave a product lead to it."""
    others = [f"/collections/{each}/products/{handle}" for each in ("all", "frontpage")]
    if slug != handle:
        others.append(f"/products/{handle}")
    for path in others:
        if len(path) <= _LONGEST_ADDRESS and redirects.find(path) is None:
            redirects.add(path, f"/products/{slug}")


def _look(goods: _Goods, rows: Sequence[Row], tally: Tally) -> None:
    words = claims.PROMISES.findall(f"{goods.title} {goods.summary} {goods.body}")
    if words:
        said = "”, “".join(dict.fromkeys(words))
        tally.note(rows[0], f"the text of “{goods.title}” promises too much: “{said}”")
    pictures = sum(1 for row in rows if row.text("Image Src", "Product image URL"))
    if pictures:
        tally.note(rows[0], f"“{goods.title}” has {pictures} pictures in Shopify: upload them here")
