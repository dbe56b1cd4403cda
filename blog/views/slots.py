"""Fills the holes that directives left in a saved text, each from a template of its own."""

import re
from typing import Any

from flask import render_template
from markupsafe import Markup

from blog import charts, markdown

_PRODUCT = re.compile(r'href="(?P<path>/products/[a-z0-9-]+)(?P<asked>\?[^"#]*)?(?P<part>#[^"]*)?"')
_POST = re.compile(r'href="(?P<path>/blog/[a-z0-9-]+)(?P<asked>)(?P<part>#[^"]*)?"')
_DRAWN = frozenset({"muscle-chart", "figure"})


def fill(html: str, slots: list[dict[str, Any]], *, source: str) -> Markup:
    """The text with its charts, cards and forms as they are now.

    `source` names the text to those who count where visitors came from, such as `post:slug`.
    """

    def content(number: int) -> str:
        slot = slots[number]
        template = f"blog/slots/{slot['name']}.html"
        return render_template(template, **slot["given"], number=number, source=source)

    symbols = charts.body_symbols() if any(slot["name"] in _DRAWN for slot in slots) else ""
    return Markup(symbols + markdown.fill(_tell_source(html, source), content))  # noqa: S704 - cleaned when saved; slots are our templates


def _tell_source(html: str, source: str) -> str:
    """Links to products in the text say where they stand, as those on cards do.

    Links to posts do where a letter had led here, so that what it sold is known two posts later.
    """

    def told(link: re.Match[str]) -> str:
        asked = f"{link['asked']}&amp;" if link["asked"] else "?"
        return f'href="{link["path"]}{asked}from={source}{link["part"] or ""}"'

    html = _PRODUCT.sub(told, html)
    return _POST.sub(told, html) if "," in source else html
