"""Errors are pages that say what is safe and where to go."""

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

pytestmark = pytest.mark.one_database


@pytest.fixture
def failing(app: Flask) -> FlaskClient:
    @app.get("/fail/<int:status>")
    def fail(status: int) -> str:
        abort(status)

    return app.test_client()


@pytest.mark.parametrize("status", [500, 503])
def test_when_we_fail_the_page_needs_no_database_and_says_what_is_safe(
    app: Flask, failing: FlaskClient, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable() -> None:
        raise AssertionError("the page asked the database for the store")

    monkeypatch.setitem(app.jinja_env.globals, "store", unreachable)
    answer = failing.get(f"/fail/{status}")
    assert answer.status_code == status
    assert "charged" in answer.text
    assert 'lang="en"' in answer.text


@pytest.mark.parametrize("status", [400, 403, 405, 409, 410, 413, 429])
def test_every_refusal_is_a_page_of_ours_that_search_engines_skip(
    failing: FlaskClient, status: int
) -> None:
    answer = failing.get(f"/fail/{status}")
    assert answer.status_code == status
    assert 'class="skip-link"' in answer.text
    assert '<meta name="robots" content="noindex">' in answer.text


def test_a_page_that_is_not_there_offers_search_and_the_pain_finder(client: FlaskClient) -> None:
    page = client.get("/nowhere").text
    assert 'action="/blog/search"' in page
    assert 'href="/pain-finder"' in page
