"""Pages are light: what a first visit fetches beside pictures is counted as it is served."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import samples

pytestmark = pytest.mark.one_database

PAGES = (
    *("/", "/products/ql-claw", "/blog/", "/blog/referred-back-pain", "/muscles/psoas-major"),
    *("/pain-finder", "/cart", "/newsletter/", "/pages/safety"),
)
MOST = 100_000
PICTURES = (".avif", ".webp", ".jpg", ".png", ".svg", ".ico", ".mp4")
REFERENCE = re.compile(r"""(?:href|src)="(/static/[^"]+)"|url\("?\.\./([^")]+)"?\)""")


def test_a_first_visit_fetches_less_than_100_kb_beside_pictures(
    app: Flask, client: FlaskClient
) -> None:
    samples.fill()
    for page in PAGES:
        weights = {name: len(served(client, name)) for name in (page, *named(client, page))}
        assert any(name.endswith(".css") for name in weights)
        assert sum(weights.values()) < MOST, weights


def served(client: FlaskClient, path: str) -> bytes:
    answer = client.get(path, headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200, path
    content: bytes = answer.data
    return content


def named(client: FlaskClient, page: str) -> set[str]:
    """The stylesheets, scripts and typefaces that a page calls, directly or from a stylesheet."""
    found = set(references(client.get(page).text))
    for sheet in [name for name in found if name.endswith(".css")]:
        found |= set(references(client.get(sheet).text))
    return found


def references(text: str) -> list[str]:
    names = [first or f"/static/{second}" for first, second in REFERENCE.findall(text)]
    return [name for name in names if Path(name).suffix not in PICTURES]
