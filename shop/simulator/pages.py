"""The simulator's pages: its templates and stylesheet, and the headers every page has."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Response

from shop.simulator import currency

_ROOT = Path(__file__).resolve().parents[2]
_STYLESHEET = _ROOT / "static" / "css" / "simulator.css"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def render(template: str, status: int = 200, **values: Any) -> Response:
    """A page of `templates/simulator/`."""
    text = _environment().get_template(template).render(**values)
    return Response(text, status, _HEADERS, mimetype="text/html")


def stylesheet() -> Response:
    """The one stylesheet."""
    return Response(_STYLESHEET.read_bytes(), mimetype="text/css")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_ROOT / "templates" / "simulator"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["money"] = currency.show
    return environment
