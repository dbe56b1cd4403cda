"""Ed decides what readers see of what readers wrote."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blog import comments, posts
from blog.models import CommentState
from blog.posts import Draft
from core import links

pytestmark = pytest.mark.one_database


@pytest.fixture
def asked(app: Flask) -> int:
    """Ada's comment, which waits."""
    post = posts.save(
        Draft(slug="the-ql", title="The QL", summary="About it.", body="It aches.", author="Ed"),
        by="ed@shop.example",
    )
    posts.publish(post.id)
    return comments.submit(post.id, name="Ada", email=None, body="Does a ball do?").id


def test_ed_shows_a_comment_and_takes_it_back(ed: FlaskClient, asked: int) -> None:
    assert "Does a ball do?" in ed.get("/staff/comments").text
    told = ed.post(f"/staff/comments/{asked}/approve", follow_redirects=True).text
    assert "Ada’s comment is shown." in told
    assert f'action="/staff/comments/{asked}/reopen"' in told
    assert "Does a ball do?" in ed.get("/blog/the-ql").text
    ed.post(f"/staff/comments/{asked}/reopen")
    assert "Does a ball do?" not in ed.get("/blog/the-ql").text
    assert comments.waiting() == 1


def test_what_ed_rejects_is_never_shown_and_can_be_found(ed: FlaskClient, asked: int) -> None:
    ed.post(f"/staff/comments/{asked}/spam")
    assert "Does a ball do?" not in ed.get("/staff/comments").text
    assert "Does a ball do?" in ed.get("/staff/comments?state=spam").text
    assert "Does a ball do?" not in ed.get("/blog/the-ql").text


def test_an_answer_shows_both(ed: FlaskClient, asked: int) -> None:
    ed.post(f"/staff/comments/{asked}/reply", data={"body": "It does."})
    page = ed.get("/blog/the-ql").text
    assert "Does a ball do?" in page
    assert "It does." in page
    empty = ed.post(f"/staff/comments/{asked}/reply", data={"body": " "}, follow_redirects=True)
    assert "Please write your comment." in empty.text


def test_a_comment_that_is_gone_is_not_found(ed: FlaskClient, asked: int) -> None:
    comments.delete(asked)
    for deed in ("approve", "reject", "reopen"):
        assert ed.post(f"/staff/comments/{asked}/{deed}").status_code == 404
    assert comments.in_state(CommentState.PENDING) == []


def test_ed_deletes_what_its_writer_wants_gone(ed: FlaskClient, asked: int) -> None:
    comments.approve(asked, by="ed@shop.example")
    told = ed.post(f"/staff/comments/{asked}/delete", follow_redirects=True).text
    assert "Nothing of it is kept." in told
    assert "Does a ball do?" not in ed.get("/blog/the-ql").text
    assert comments.by_token(links.sign("comment", asked)) is None
