"""What directives in letters stand for: a button, a product, a post."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.mail import composing
from newsletter.markup import BadLetter, Directive, absolute

_TEMPLATE = "newsletter/_cards.{}"


@dataclass(frozen=True, kw_only=True)
class Card:
    """A thing that a letter points to."""

    title: str
    url: str
    text: str = ""
    price: str = ""
    image: str = ""
    label: str = ""


def drawing(form: str, site_url: str = "") -> Directive:
    """Draws directives as `html` or `txt`; their links are addresses below `site_url`."""

    def draw(name: str, attributes: Mapping[str, str]) -> str:
        card = _card(name, attributes)
        return composing.render(
            _TEMPLATE.format(form), kind=name, card=card, url=absolute(card.url, site_url)
        ).strip("\n")

    return draw


def _card(name: str, attributes: Mapping[str, str]) -> Card:
    """Raises `BadLetter` for a directive that does not exist or lacks what it needs."""
    try:
        match name:
            case "button":
                return Card(title=attributes["label"], url=attributes["href"])
            case "product":
                return _product(attributes["slug"])
            case "post":
                return _post(attributes["slug"], attributes.get("title", ""))
    except KeyError as missing:
        raise BadLetter(f"::{name} needs {missing.args[0]}") from missing
    raise BadLetter(f"there is no directive ::{name}")


def _product(slug: str) -> Card:
    return Card(title=_words(slug), url=f"/products/{slug}", label="See the tool")


def _post(slug: str, title: str) -> Card:
    """What the blog lends about a post, where there is one; else what the letter says."""
    lent: Any = composing.lent("post_card")
    post = lent(slug) if lent else None
    return Card(
        title=title or (post.title if post else _words(slug)),
        url=f"/blog/{slug}",
        text=post.description if post else "",
        label="Read it",
    )


def _words(slug: str) -> str:
    return slug.replace("-", " ").capitalize()
