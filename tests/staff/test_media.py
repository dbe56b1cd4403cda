"""Olivia, Ed and Fay upload pictures, and say what they show."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from blog import posts
from blog.posts import Draft
from core import media
from tests.core.images import photograph

pytestmark = pytest.mark.one_database


def send(desk: FlaskClient, content: bytes, alt: str = "The tool", **more: Any) -> TestResponse:
    data = {"file": (io.BytesIO(content), "tool.jpg"), "alt": alt}
    return desk.post("/staff/media", data=data, **more)


def test_ed_uploads_with_a_plain_form(ed: FlaskClient) -> None:
    told = send(ed, photograph(), follow_redirects=True).text
    assert "“tool.jpg” is in the library" in told
    assert "900 × 600" in told
    assert media.newest()[0].created_by == "ed@shop.example"


def test_an_editor_script_is_told_how_to_show_it(ed: FlaskClient) -> None:
    answer = send(ed, photograph(), headers={"Accept": "application/json"})
    assert answer.status_code == 201
    told = answer.get_json()
    assert (told["alt"], told["width"], told["height"]) == ("The tool", 900, 600)
    assert told["markdown"] == f'::figure{{name="{told["name"]}" caption="" alt="The tool"}}'
    assert ed.get(told["url"]).status_code == 200


def test_a_decorative_picture_is_shown_without_words(ed: FlaskClient) -> None:
    data = {"file": (io.BytesIO(photograph()), "leaf.jpg"), "decorative": "1"}
    told = ed.post("/staff/media", data=data, headers={"Accept": "application/json"}).get_json()
    assert told["markdown"].endswith('caption="" alt=""}')
    assert media.newest()[0].alt == "Decorative: leaf.jpg"


@pytest.mark.parametrize(
    ("content", "alt", "why"),
    [
        (b"#!/bin/sh", "The tool", "no picture that we can read"),
        (photograph(), "", "cannot see it"),
        (b"", "The tool", "Choose a file"),
    ],
)
def test_what_cannot_be_kept_is_said_to_both(
    ed: FlaskClient, content: bytes, alt: str, why: str
) -> None:
    answer = send(ed, content, alt, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert why in answer.get_json()["error"]
    assert why in send(ed, content, alt, follow_redirects=True).text
    assert not media.newest()


def test_fay_changes_the_words_and_takes_it_back(fay: FlaskClient) -> None:
    send(fay, photograph())
    name = media.newest()[0].name
    told = fay.post(f"/staff/media/{name}", data={"alt": "From above"}, follow_redirects=True).text
    assert 'value="From above"' in told
    assert 'name="alt" value="The tool"' in told
    assert "says nothing" in fay.post(f"/staff/media/{name}", follow_redirects=True).text


def test_what_a_post_shows_is_not_deleted(app: Flask, olivia: FlaskClient) -> None:
    send(olivia, photograph())
    name = media.newest()[0].name
    body = f"![The tool](/media/{name}.jpg)"
    posts.save(Draft(slug="a", title="A post", summary="", body=body, author=""), by="Ed")
    told = olivia.post(f"/staff/media/{name}/remove", follow_redirects=True).text
    assert "It is shown in “A post”" in told
    assert media.find(name) is not None


def test_what_nothing_shows_is_deleted(olivia: FlaskClient) -> None:
    send(olivia, photograph())
    name = media.newest()[0].name
    olivia.post(f"/staff/media/{name}/remove")
    assert media.find(name) is None
    assert olivia.post(f"/staff/media/{name}/remove").status_code == 404
