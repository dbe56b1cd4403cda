"""Plain pages: saved whole or not at all, and kept as they were."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blog import pages
from blog.markdown import Unpublishable

ADA = "ada@shop.example"


def save(body: str) -> None:
    pages.save("terms", title="Terms", summary="Ours.", body=body, by=ADA)


def test_a_page_is_read_as_soon_as_it_is_saved(client: FlaskClient) -> None:
    save("Be *kind*.")
    answer = client.get("/pages/terms")
    assert "<p>Be <em>kind</em>.</p>" in answer.text


def test_a_page_with_a_problem_is_not_saved(app: Flask) -> None:
    save("Be kind.")
    with pytest.raises(Unpublishable, match="line 1"):
        save("::nonsense")
    found = pages.by_slug("terms")
    assert found is not None
    assert found.body == "Be kind."


def test_what_a_page_once_said_is_kept(app: Flask) -> None:
    save("Be kind.")
    save("Be kinder.")
    found = pages.by_slug("terms")
    assert found is not None
    assert [(r.number, r.body, r.saved_by) for r in pages.revisions(found.id)] == [
        (2, "Be kinder.", ADA),
        (1, "Be kind.", ADA),
    ]
