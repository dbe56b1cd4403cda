"""What directives in letters stand for: a button, a product, a post."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it.token import Token

from core import money
from core.mail import composing
from newsletter.markup import BadLetter, Directive, absolute, leads_somewhere
from shop import catalog

_TEMPLATE = "newsletter/_cards.{}"


@dataclass(frozen=True, kw_only=True)
class Card:
    """A thing that a letter points to."""

    title: str
    url: str
    text: str = ""
    price: str = ""
    note: str = ""


def drawing(form: str, site_url: str = "", source: str = "") -> Directive:
    """Draws directives as `html` or `txt`, with their links as `markup.absolute` makes them."""

    def draw(name: str, attributes: Mapping[str, str]) -> str:
        card = _card(name, attributes)
        if card is None:
            return ""
        url = absolute(card.url, site_url, source)
        return composing.render(_TEMPLATE.format(form), kind=name, card=card, url=url).strip("\n")

    return draw


def missing_products(tokens: list[Token]) -> list[str]:
    """Products that a letter shows and that are not sold; readers see nothing in their place."""
    shown = [token.meta.get("slug", "") for token in tokens if token.info == "product"]
    return [slug for slug in shown if catalog.product_card(slug) is None]


def _card(name: str, attributes: Mapping[str, str]) -> Card | None:
    """Raises `BadLetter` for a directive that does not exist or lacks what it needs."""
    try:
        match name:
            case "button":
                return _button(attributes["label"], attributes["href"])
            case "product":
                return _product(attributes["slug"])
            case "post":
                return _post(attributes["slug"], attributes.get("title", ""))
    except KeyError as missing:
        raise BadLetter(f"::{name} needs {missing.args[0]}") from missing
    raise BadLetter(f"there is no directive ::{name}")


def _button(label: str, href: str) -> Card:
    if not leads_somewhere(href):
        raise BadLetter(f"a button cannot lead to {href}")
    return Card(title=label, url=href)


def _product(slug: str) -> Card | None:
    """The product as it is sold at this moment; None where it is not."""
    sold = catalog.product_card(slug)
    if sold is None:
        return None
    return Card(
        title=sold.title,
        url=sold.url,
        text=sold.summary,
        price=money.display(sold.amount, sold.currency)
        + (" (sample price)" if sold.sample else ""),
        note="" if sold.in_stock else "Sold out at present.",
    )


def _post(slug: str, title: str) -> Card:
    """What the blog lends about a post, where there is one; else what the letter says."""
    lent: Any = composing.lent("posts_named")
    posts = lent([slug]) if lent else []
    return Card(
        title=title or (posts[0].title if posts else _words(slug)),
        url=f"/blog/{slug}",
        text=posts[0].summary if posts else "",
    )


def _words(slug: str) -> str:
    return slug.replace("-", " ").capitalize()
