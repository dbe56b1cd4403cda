"""Public pages are kept below Flask; private ones never."""

import gzip
from pathlib import Path

import brotli
import pytest
from flask import Flask, Response, make_response, request
from flask.testing import FlaskClient

from core import redirects
from core.pagecache import PageCache

LONG = "a long page " * 100


@pytest.fixture
def counted(tmp_path: Path) -> tuple[Flask, PageCache, list[str]]:
    app = Flask(__name__)
    asked: list[str] = []

    @app.get("/public")
    def public() -> Response:
        asked.append("public")
        answer = make_response(LONG + str(len(asked)))
        answer.headers["Cache-Control"] = "public, max-age=0, s-maxage=60"
        return answer

    @app.get("/reads-from")
    def reads_from() -> Response:
        asked.append("reads-from")
        answer = make_response(f"{request.args.get('from')} {len(asked)}")
        answer.headers["Cache-Control"] = "public, max-age=0, s-maxage=60"
        answer.headers["No-Vary-Search"] = 'key-order, params, except=("from" "page")'
        return answer

    @app.get("/private")
    def private() -> Response:
        asked.append("private")
        return make_response("yours")

    @app.get("/cookie")
    def cookie() -> Response:
        asked.append("cookie")
        answer = make_response("hello")
        answer.headers["Cache-Control"] = "public, s-maxage=60"
        answer.set_cookie("who", "ada")
        return answer

    cache = PageCache(app.wsgi_app, tmp_path / "generation")
    app.wsgi_app = cache  # type: ignore[method-assign]
    return app, cache, asked


Counted = tuple[Flask, PageCache, list[str]]


def client_of(counted: Counted) -> FlaskClient:
    return counted[0].test_client()


def test_a_public_page_is_made_once(counted: Counted) -> None:
    client = client_of(counted)
    assert client.get("/public").text == client.get("/public").text == LONG + "1"
    assert counted[2] == ["public"]


def test_another_query_is_another_page(counted: Counted) -> None:
    client = client_of(counted)
    assert client.get("/public?a=1").text != client.get("/public?a=2").text


def test_what_a_page_does_not_read_of_its_query_makes_no_other_page(counted: Counted) -> None:
    client = client_of(counted)
    same = [
        client.get(f"/reads-from?{query}").text
        for query in ("from=post:a", "from=post:a&fbclid=1", "utm=x&from=post:a", "from=post%3Aa")
    ]
    assert set(same) == {"post:a 1"}
    assert client.get("/reads-from?from=post:b&from=post:a").text == "post:b 2"
    assert client.get("/reads-from?from=post:a&from=post:b").text == "post:a 3"
    assert client.get("/reads-from").text == client.get("/reads-from?utm=y").text == "None 4"


@pytest.mark.parametrize("path", ["/private", "/cookie"])
def test_a_private_page_and_one_with_a_cookie_are_made_each_time(
    counted: Counted, path: str
) -> None:
    client = client_of(counted)
    client.get(path)
    client.get(path)
    assert len(counted[2]) == 2


def test_a_page_comes_in_the_encoding_that_was_asked_for(counted: Counted) -> None:
    client = client_of(counted)
    brotlied = client.get("/public", headers={"Accept-Encoding": "gzip, br"})
    gzipped = client.get("/public", headers={"Accept-Encoding": "gzip, br;q=0"})
    assert brotli.decompress(brotlied.data) == gzip.decompress(gzipped.data)
    assert brotlied.headers["Vary"] == "Accept-Encoding"


def test_who_has_the_page_already_gets_no_body(counted: Counted) -> None:
    client = client_of(counted)
    etag = client.get("/public").headers["ETag"]
    again = client.get("/public", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_head_request_is_answered_without_a_body(counted: Counted) -> None:
    client = client_of(counted)
    client.get("/public")
    assert client.head("/public").data == b""


def test_expiry_in_one_process_reaches_the_others(counted: Counted, tmp_path: Path) -> None:
    client = client_of(counted)
    client.get("/public")
    PageCache(lambda *_: [], tmp_path / "generation").expire()
    client.get("/public")
    assert counted[2] == ["public", "public"]


def test_what_a_serving_process_commits_is_visible_at_once(app: Flask, counted: Counted) -> None:
    client = client_of(counted)
    client.get("/public")
    redirects.add("/old", "/new")
    client.get("/public")
    assert counted[2] == ["public", "public"]


def test_a_host_that_ends_like_a_path_does_not_lend_its_page(counted: Counted) -> None:
    client = client_of(counted)
    client.get("/private", headers={"Host": "shop.example"})
    client.get("/public", headers={"Host": "shop.example/private"})
    client.get("/public", headers={"Host": "shop.example"})
    assert client.get("/private/public", headers={"Host": "shop.example"}).status_code == 404
