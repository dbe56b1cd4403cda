"""Comments wait for staff, are plain text, and belong to who wrote them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from blog import comments, letters, posts
from blog.comments import Refused
from blog.models import CommentState, Post
from core import db, settings
from core.mail import letters as mail
from core.mail.models import Delivery

pytestmark = pytest.mark.one_database

ADA = "ada@shop.example"
NOON = datetime(2026, 11, 24, 12, 5, tzinfo=UTC)
POST = "/blog/psoas-trigger-points"
SPEAKS = {"name": "Ben", "body": "Thank you.\nIt's <b>clear</b> & kind. https://spam.example"}


def post_id() -> int:
    found = posts.by_slug("psoas-trigger-points")
    assert found is not None
    return found.id


def a_comment(name: str = "Ben", body: str = "Thank you.") -> int:
    return comments.submit(post_id(), name=name, email=None, body=body).id


def test_a_comment_waits_for_moderation_before_anybody_sees_it(reader: FlaskClient) -> None:
    answer = reader.post(f"{POST}/comments", data=SPEAKS)
    assert answer.status_code == 303
    assert "Thank you. Your comment waits" in reader.get(answer.location).text
    assert "It&#39;s &lt;b&gt;clear" not in reader.get(POST).text
    (waiting,) = comments.in_state(CommentState.PENDING)
    assert waiting.slug == "psoas-trigger-points"
    comments.approve(waiting.comment.id, by=ADA)
    page = reader.get(POST).text
    assert "It&#39;s &lt;b&gt;clear&lt;/b&gt; &amp; kind. https://spam.example" in page
    assert 'href="https://spam.example' not in page
    assert "is shown" in reader.get(answer.location).text


def test_a_rejected_comment_stays_unseen(reader: FlaskClient) -> None:
    comment = a_comment()
    comments.approve(comment, by=ADA)
    decided = comments.reject(comment, by=ADA)
    assert (decided.decided_by, decided.state) == (ADA, CommentState.REJECTED)
    assert comments.shown(post_id()) == []


def test_a_decision_can_be_undone(seeded: Flask) -> None:
    comment = a_comment()
    comments.mark_spam(comment, by=ADA)
    assert comments.waiting() == 0
    reopened = comments.reopen(comment)
    assert (reopened.decided_by, reopened.decided_at) == (None, None)
    assert comments.waiting() == 1


def test_staff_answer_under_the_comment_and_are_marked(reader: FlaskClient) -> None:
    comment = a_comment()
    comments.approve(comment, by=ADA)
    answer = comments.reply(comment, name="Ada", body="Gladly.", by=ADA)
    later = comments.reply(answer.id, name="Ada", body="And again.", by=ADA)
    (thread,) = comments.shown(post_id())
    assert [each.id for each in thread.answers] == [answer.id, later.id]
    assert all(each.by_staff for each in thread.answers)
    page = reader.get(POST).text
    assert "Gladly." in page
    assert page.count('<span class="badge badge-good">Staff</span>') == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"body": "\n"}, "body"),
        ({"body": "x" * 4001}, "body"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_a_form_that_lacks_something_comes_back_with_what_was_written(
    reader: FlaskClient, given: dict[str, str], field: str
) -> None:
    answer = reader.post(f"{POST}/comments", data={**SPEAKS, **given})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert comments.waiting() == 0


def test_an_address_is_optional_and_never_shown(reader: FlaskClient) -> None:
    reader.post(f"{POST}/comments", data={**SPEAKS, "email": "ben@mail.example"})
    (waiting,) = comments.in_state(CommentState.PENDING)
    assert waiting.comment.email == "ben@mail.example"
    comments.approve(waiting.comment.id, by=ADA)
    assert "ben@mail.example" not in reader.get(POST).text


def test_what_fills_the_hidden_field_is_put_with_the_spam(reader: FlaskClient) -> None:
    answer = reader.post(f"{POST}/comments", data={**SPEAKS, "website": "https://spam.example"})
    assert answer.status_code == 303
    assert comments.waiting() == 0
    assert len(comments.in_state(CommentState.SPAM)) == 1


def test_nobody_writes_without_end(reader: FlaskClient) -> None:
    answers = [reader.post(f"{POST}/comments", data=SPEAKS).status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]


def test_a_reader_takes_back_what_they_wrote(reader: FlaskClient) -> None:
    own = reader.post(f"{POST}/comments", data=SPEAKS).location
    assert reader.get(own).headers["Cache-Control"] == "private, no-cache"
    assert reader.post(f"{own}/delete").status_code == 303
    assert "is deleted" in reader.get(own).text
    assert comments.in_state(CommentState.PENDING) == []
    assert reader.post(f"{own}/delete").status_code == 303


def test_a_link_to_a_deleted_comment_opens_no_later_one(reader: FlaskClient) -> None:
    own = reader.post(f"{POST}/comments", data=SPEAKS).location
    reader.post(f"{own}/delete")
    a_comment("Dan", "Later, and of the same number on SQLite.")
    assert "Later" not in reader.get(own).text
    reader.post(f"{own}/delete")
    assert comments.waiting() == 1


def test_a_comment_goes_with_the_answers_to_it(seeded: Flask) -> None:
    comment = a_comment()
    comments.reply(comment, name="Ada", body="Gladly.", by=ADA)
    comments.delete(comment)
    assert comments.in_state(CommentState.APPROVED) == []


def test_a_guessed_address_shows_nothing(reader: FlaskClient) -> None:
    a_comment()
    assert reader.get("/blog/comments/1").status_code == 404
    assert reader.post("/blog/comments/1.x/delete").status_code == 404


def test_a_form_on_another_site_cannot_write_here(reader: FlaskClient) -> None:
    answer = reader.post(f"{POST}/comments", data=SPEAKS, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_an_unpublished_post_takes_no_comments(reader: FlaskClient) -> None:
    posts.withdraw(post_id())
    assert reader.post(f"{POST}/comments", data=SPEAKS).status_code == 404


def test_an_empty_answer_is_refused(seeded: Flask) -> None:
    comment = a_comment()
    with pytest.raises(Refused):
        comments.reply(comment, name="Ada", body=" ", by=ADA)


def test_whoever_answers_for_the_blog_is_told_once_and_not_what_was_written(
    publish: Callable[..., Post],
) -> None:
    post = publish("the-hip")
    with time_machine.travel(NOON, tick=False) as machine:
        comments.submit(post.id, name="Ada", email=None, body="Nobody is to be told yet.")
        settings.change(comments_email="ed@shop.example")
        comments.submit(post.id, name="Ben", email=None, body="My back hurts.")
        comments.submit(post.id, name="Chloe", email=None, body="Mine too.")
        comments.submit(post.id, name="Spam", email=None, body="Buy!", suspicious=True)
        (told,) = letters_to("ed@shop.example")
        for placed in comments.in_state(CommentState.PENDING):
            comments.approve(placed.comment.id, by=ADA)
        comments.submit(post.id, name="Dan", email=None, body="And mine.")
        assert len(letters_to("ed@shop.example")) == 2
        machine.shift(timedelta(days=1))
        comments.submit(post.id, name="Eve", email=None, body="Is anybody there?")
        assert len(letters_to("ed@shop.example")) == 3
    assert told.payload == {}
    message = mail.find(letters.WAITING).compose(told)
    for words in ("Ben", "My back hurts", "hip"):
        assert words not in message.subject + message.text + message.html


def test_nobody_is_called_to_an_empty_desk(publish: Callable[..., Post]) -> None:
    settings.change(comments_email="ed@shop.example")
    taken = comments.submit(publish("the-hip").id, name="Ada", email=None, body="Thank you.")
    look = mail.find(letters.WAITING).last_look
    assert look
    told = letters_to("ed@shop.example")
    assert look(told) == {}
    comments.approve(taken.id, by="ada@shop.example")
    assert look(told) == {told[0].id: "all comments are read by now"}


def test_a_reader_answers_a_reader_and_both_stand_in_one_thread(reader: FlaskClient) -> None:
    first = a_comment("Ben", "Does it help?")
    comments.approve(first, by=ADA)
    page = reader.get(f"{POST}?answer={first}").text
    assert f'<input type="hidden" name="answer" value="{first}">' in page
    assert "Answer Ben</h3>" in page
    reader.post(f"{POST}/comments", data={"name": "Dan", "body": "A bit.", "answer": first})
    (waiting,) = comments.in_state(CommentState.PENDING)
    comments.approve(waiting.comment.id, by=ADA)
    (thread,) = comments.shown(post_id())
    assert [answer.name for answer in thread.answers] == ["Dan"]
    answer = comments.submit(
        post_id(), name="Eve", email=None, body="Me too.", answered=waiting.comment.id
    )
    assert answer.parent_id == first


def test_nobody_answers_what_is_not_shown_or_stands_elsewhere(reader: FlaskClient) -> None:
    unseen = a_comment("Ben", "Not yet read.")
    elsewhere = posts.by_slug("ql-one-sided-ache")
    assert elsewhere
    other = comments.submit(elsewhere.id, name="Eve", email=None, body="Elsewhere.")
    comments.approve(other.id, by=ADA)
    for answered in (unseen, other.id, 9999):
        taken = comments.submit(
            post_id(), name="Dan", email=None, body="Me too.", answered=answered
        )
        assert taken.parent_id is None
        assert 'name="answer"' not in reader.get(f"{POST}?answer={answered}").text


def test_who_takes_back_a_comment_takes_not_what_others_answered(reader: FlaskClient) -> None:
    del reader
    first = a_comment("Ben", "Does it help?")
    comments.approve(first, by=ADA)
    comments.reply(first, name="QL Claw", body="We cannot tell.", by=ADA)
    for name in ("Dan", "Eve"):
        said = comments.submit(post_id(), name=name, email=None, body="A bit.", answered=first)
        comments.approve(said.id, by=ADA)
    comments.delete(first)
    (thread,) = comments.shown(post_id())
    assert (thread.comment.name, [each.name for each in thread.answers]) == ("Dan", ["Eve"])


def letters_to(recipient: str) -> Sequence[Delivery]:
    with db.reading() as session:
        return session.scalars(select(Delivery).where(Delivery.recipient == recipient)).all()
