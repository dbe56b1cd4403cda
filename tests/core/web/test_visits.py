"""Visits are counted by page and day, of people only, and without disturbing the page cache."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import blog.pages
import shop.samples
from core import db
from core.models import Visit
from core.web import visits
from core.web.visits import OTHERS, Seen, Visits
from tests import samples

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
NOW = datetime(2026, 3, 2, 23, 59, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def layer(app: Flask) -> Visits:
    layer = app.extensions["visits"]
    assert isinstance(layer, Visits)
    return layer


@pytest.fixture
def reader(app: Flask) -> FlaskClient:
    samples.fill(shop.samples)
    return app.test_client()


def open_page(client: FlaskClient, path: str, **headers: str) -> None:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get(path, headers={"User-Agent": BROWSER} | given)
    assert answer.status_code == 200


def counts(layer: Visits) -> dict[tuple[date, str, str, str], int]:
    layer.flush()
    with db.reading() as session:
        rows = session.scalars(select(Visit)).all()
        return {(row.day, row.kind, row.name, row.detail): row.count for row in rows}


def test_each_opening_of_a_page_counts_also_of_a_kept_one(
    layer: Visits, reader: FlaskClient
) -> None:
    with time_machine.travel(NOW, tick=False) as machine:
        for _ in range(3):
            open_page(reader, "/")
        assert counts(layer) == {(TODAY, "home", "", ""): 3}
        open_page(reader, "/")
        assert counts(layer) == {(TODAY, "home", "", ""): 4}
        machine.shift(60)
        open_page(reader, "/")
        tomorrow = date(2026, 3, 3)
        assert counts(layer) == {(TODAY, "home", "", ""): 4, (tomorrow, "home", "", ""): 1}


def test_a_product_is_counted_with_what_led_to_it(layer: Visits, reader: FlaskClient) -> None:
    with time_machine.travel(NOW, tick=False):
        open_page(reader, "/products/ql-claw?from=newsletter:12,post:the-ql:card-2,spam")
        open_page(reader, "/products/ql-claw?from=muscle:psoas-major")
        open_page(reader, "/muscles/psoas-major")
        open_page(reader, "/pain-finder/low-back")
        assert counts(layer) == {
            (TODAY, "product", "ql-claw", ""): 2,
            (TODAY, "click", "ql-claw", "newsletter:12"): 1,
            (TODAY, "click", "ql-claw", "post:the-ql"): 1,
            (TODAY, "click", "ql-claw", "muscles"): 1,
            (TODAY, "muscles", "", ""): 1,
            (TODAY, "finder", "", ""): 1,
        }


def test_other_sites_are_counted_by_host_alone_and_not_without_end(
    layer: Visits, reader: FlaskClient
) -> None:
    with time_machine.travel(NOW, tick=False):
        page = "/products/ql-claw"
        open_page(reader, page, Referer="https://www.Example.org:8443/a/page?q=secret")
        for own_or_none in ("http://localhost:8000/blog/", "about:blank", "https://<b>.x/"):
            open_page(reader, page, Referer=own_or_none)
        for number in range(110):
            open_page(reader, page, Referer=f"https://{number}.example.com/")
        found = counts(layer)
        hosts = {key[3]: n for key, n in found.items() if key[1] == "referrer"}
        assert hosts["example.org"] == 1
        assert hosts[OTHERS] == 11
        assert len(hosts) == 101
        assert {key[2] for key in found if key[1] == "referrer"} == {"product:ql-claw"}


@pytest.mark.one_database
def test_what_clients_make_up_is_not_counted_without_end(
    layer: Visits, reader: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.web.visits._MOST_SUMS", 3)
    layer.readings[:] = [lambda path, query: [Seen("letter", path + query)]]
    for number in (1, 2, 3, 4, 5, 1):
        open_page(reader, f"/?{number}")
    found = {key[2]: count for key, count in counts(layer).items()}
    assert found == {"/1": 2, "/2": 1, "/3": 1, OTHERS: 2}


@pytest.mark.one_database
def test_machines_looks_ahead_and_what_is_no_page_are_not_counted(
    layer: Visits, reader: FlaskClient
) -> None:
    for headers in (
        {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "curl/8.0"},
        {"User-Agent": ""},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Fetch-Dest": "empty"},
    ):
        open_page(reader, "/", **headers)
    for path in ("/blog/", "/blog/search", "/pages/none", "/blog/none", "/products/none", "/cart"):
        reader.get(path, headers={"User-Agent": BROWSER})
    reader.head("/", headers={"User-Agent": BROWSER})
    assert counts(layer) == {}


@pytest.mark.one_database
def test_writing_counts_lets_no_kept_page_go(layer: Visits, reader: FlaskClient) -> None:
    told: list[str] = []
    db.on_commit(lambda: told.append("a page may have changed"))
    open_page(reader, "/")
    assert len(counts(layer)) == 1
    assert told == []
    with db.transaction():
        pass
    assert told


@pytest.mark.one_database
def test_what_cannot_be_written_waits(
    layer: Visits, reader: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_page(reader, "/")

    def locked(*others: object) -> Iterable[Seen]:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    with monkeypatch.context() as broken:
        broken.setattr("core.web.visits._add", locked)
        layer.flush()
    open_page(reader, "/")
    assert list(counts(layer).values()) == [2]


def test_sums_are_kept_for_as_long_as_the_privacy_page_says(app: Flask) -> None:
    del app
    with time_machine.travel(NOW, tick=False):
        kept = TODAY - visits.KEPT
        with db.transaction() as session:
            for day in (TODAY, kept, kept - timedelta(days=1)):
                session.add(Visit(day=day, kind="home", name="", detail="", count=1))
        visits.forget()
        with db.reading() as session:
            assert set(session.scalars(select(Visit.day))) == {TODAY, kept}
    page = (Path(blog.pages.__file__).parent / "content" / "pages" / "privacy.md").read_text()
    assert f"deleted after {visits.KEPT.days} days" in page
