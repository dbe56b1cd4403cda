"""Fills the holes that directives left in a saved text, each from a template of its own."""

from typing import Any

from flask import render_template
from markupsafe import Markup

from blog import charts, markdown

_DRAWN = frozenset({"muscle-chart", "figure"})


def fill(html: str, slots: list[dict[str, Any]], *, source: str) -> Markup:
    """The text with its charts, cards and forms as they are now.

    `source` names the text to those who count where visitors came from, such as `post:slug`; what
    links in the text itself tell is the page's affair (`answers.page`).
    """

    def content(number: int) -> str:
        slot = slots[number]
        template = f"blog/slots/{slot['name']}.html"
        return render_template(template, **slot["given"], number=number, source=source)

    symbols = charts.body_symbols() if any(slot["name"] in _DRAWN for slot in slots) else ""
    return Markup(symbols + markdown.fill(html, content))  # noqa: S704 - cleaned when saved; slots are our templates
