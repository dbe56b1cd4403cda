"""What directives in letters stand for: buttons, products, posts, quotations, pictures, columns."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from markdown_it.token import Token

from core import money
from core.mail import composing
from core.web import pictures
from core.web.pictures import Picture
from newsletter.markup import COLUMNS, BadLetter, Directive, absolute, leads_somewhere
from shop import catalog, testimonials
from shop.models import Review

WIDEST = 536
"""Pixels that a picture has at most: what a letter's sheet leaves."""

_TEMPLATE = "newsletter/_cards.{}"
_MOST_POSTS = 10


@dataclass(frozen=True, kw_only=True)
class Card:
    """A thing that a letter points to."""

    title: str
    url: str
    text: str = ""
    price: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Plate:
    """A picture as a letter shows it; the caption may be empty, and so may be where it leads."""

    picture: Picture
    alt: str
    caption: str
    url: str

    @property
    def width(self) -> int:
        """In pixels, as every mail program takes it."""
        return min(self.picture.width, WIDEST)

    @property
    def height(self) -> int:
        """In pixels, at that width."""
        return round(self.picture.height * self.width / self.picture.width)


def drawing(form: str, site_url: str = "", source: str = "") -> Directive:
    """Draws directives as `html` or `txt`, with their links as `markup.absolute` makes them.

    With a site's address they are drawn for mail, without for a page of ours.
    """

    def draw(name: str, attributes: Mapping[str, str]) -> str:
        shown = {} if name in COLUMNS else _shown(name, attributes)
        if shown is None:
            return ""
        drawn = composing.render(
            _TEMPLATE.format(form),
            kind=name,
            mail=bool(site_url),
            site=site_url,
            to=lambda path: absolute(path, site_url, source),
            **shown,
        )
        return drawn.strip("\n")

    return draw


def holes(tokens: list[Token]) -> list[str]:
    """What a letter shows and does not exist; readers see nothing in its place."""
    said = {
        "product": "No product is sold as {slug}",
        "picture": "There is no picture called {name}",
        "testimonial": "No review that may be quoted fits here",
        "post": "There is no post {slug} that readers can open",
        "posts": "There are no posts yet",
    }
    return [
        said[token.info].format_map(token.meta)
        for token in tokens
        if token.info in said and _shown(token.info, token.meta) is None
    ]


def alt_of(token: Token) -> str | None:
    """What a picture says to those who do not see it; None where there is no such picture."""
    plate = _plate(token.meta)
    return None if plate is None else plate.alt


def doubts(tokens: list[Token]) -> Iterator[str]:
    """What stands in a letter's blocks that its author may not want there."""
    for token in tokens:
        if token.type != "directive" or token.info in COLUMNS:
            continue
        for name in token.meta.keys() - _ATTRIBUTES[token.info]:
            yield f"::{token.info} knows no {name}"
        sold = catalog.product_card(token.meta["slug"]) if token.info == "product" else None
        if sold and not sold.in_stock:
            yield f"{sold.title} is sold out at present"
        if sold and sold.sample:
            yield f"The price of {sold.title} is a sample"


def _shown(name: str, attributes: Mapping[str, str]) -> dict[str, Any] | None:
    """What a directive shows; None where that does not exist.

    Raises `BadLetter` for a directive that does not exist or lacks what it needs.
    """
    if name not in _BLOCKS:
        raise BadLetter(f"there is no directive ::{name}")
    called, find = _BLOCKS[name]
    try:
        shown = find(attributes)
    except KeyError as missing:
        raise BadLetter(f"::{name} needs {missing.args[0]}") from missing
    return None if shown is None else {called: shown}


def _button(attributes: Mapping[str, str]) -> Card:
    return Card(title=attributes["label"], url=_target(attributes["href"], "button"))


def _product(attributes: Mapping[str, str]) -> Card | None:
    """The product as it is sold at this moment; None where it is not."""
    sold = catalog.product_card(attributes["slug"])
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


def _post(attributes: Mapping[str, str]) -> Card | None:
    """A post as the blog lends it; None where it has none. Without a blog what the letter says."""
    slug, title = attributes["slug"], attributes.get("title", "")
    lent: Any = composing.lent("posts_named")
    posts = lent([slug]) if lent else []
    if lent and not posts:
        return None
    return Card(
        title=title or (posts[0].title if posts else _words(slug)),
        url=f"/blog/{slug}",
        text=posts[0].summary if posts else "",
    )


def _posts(attributes: Mapping[str, str]) -> list[Card] | None:
    """The newest posts at this moment; None where there are none."""
    count = attributes.get("count", "3")
    if not (count.isascii() and count.isdigit() and 1 <= int(count) <= _MOST_POSTS):
        raise BadLetter(f"::posts shows from 1 to {_MOST_POSTS} posts")
    lent: Any = composing.lent("latest_posts")
    posts = lent(int(count)) if lent else []
    cards = [Card(title=post.title, url=f"/blog/{post.slug}", text=post.summary) for post in posts]
    return cards or None


def _testimonial(attributes: Mapping[str, str]) -> Review | None:
    """The review that the letter names by its number, or the last that staff picked.

    Never one whose writer did not agree, or took that back.
    """
    wanted = attributes.get("review")
    if wanted is None:
        return testimonials.one()
    return testimonials.one(int(wanted)) if wanted.isascii() and wanted.isdigit() else None


def _plate(attributes: Mapping[str, str]) -> Plate | None:
    found = pictures.find(attributes["name"])
    if found is None:
        return None
    return Plate(
        picture=found,
        alt=attributes.get("alt") or found.alt,
        caption=attributes.get("caption", ""),
        url=_target(attributes.get("href", ""), "picture"),
    )


def _target(href: str, what: str) -> str:
    if not leads_somewhere(href):
        raise BadLetter(f"a {what} cannot lead to {href}")
    return href


def _words(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


_BLOCKS: dict[str, tuple[str, Callable[[Mapping[str, str]], Any]]] = {
    "button": ("card", _button),
    "product": ("card", _product),
    "post": ("card", _post),
    "posts": ("cards", _posts),
    "testimonial": ("review", _testimonial),
    "picture": ("plate", _plate),
}
_ATTRIBUTES = {
    "button": {"href", "label"},
    "product": {"slug"},
    "post": {"slug", "title"},
    "posts": {"count"},
    "testimonial": {"review"},
    "picture": {"name", "alt", "caption", "href"},
}
"""What each block may say; another word is a slip, and would be passed over."""
