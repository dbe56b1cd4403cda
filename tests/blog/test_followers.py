"""Whoever asks to be told of answers is told, once they confirmed, and until they stop."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from blog import comments, followers, posts
from blog.models import Comment, Follower, FollowerRefusal
from core import clock, db
from core.mail import bounces, letters
from core.mail.models import Delivery, Report, State
from core.mail.notices import Notice

pytestmark = pytest.mark.one_database

ED = "ed@shop.example"
ADA, BEN = "ada@reader.example", "ben@reader.example"
POST = "/blog/psoas-trigger-points"
ASKS = {"name": "Ada", "body": "Which one?", "email": "Ada@reader.example", "follow": "1"}


def post_id() -> int:
    found = posts.by_slug("psoas-trigger-points")
    assert found is not None
    return found.id


def a_comment(email: str | None = ADA, *, answered: int | None = None) -> Comment:
    return comments.submit(
        post_id(), name="Ada", email=email, body="Yes?", answered=answered, follow=bool(email)
    )


def shown(comment: Comment) -> int:
    comments.approve(comment.id, by=ED)
    return comment.id


def followed(email: str = ADA) -> int:
    """A comment that is shown, and whose writer confirmed."""
    comment = shown(a_comment(email))
    follower = followers.of(comment)
    assert follower
    followers.confirm(followers.token(follower))
    return comment


def written(letter: str) -> Sequence[Delivery]:
    with db.reading() as session:
        found = select(Delivery).where(Delivery.letter == letter).order_by(Delivery.id)
        return session.scalars(found).all()


def recipients(letter: str = followers.ANSWER) -> list[str]:
    return [delivery.recipient for delivery in written(letter)]


def path(follower: Follower) -> str:
    return urlsplit(followers.url(follower)).path


def test_ada_is_asked_once_her_comment_is_shown_and_told_once_she_says_yes(
    reader: FlaskClient,
) -> None:
    own = reader.post(f"{POST}/comments", data=ASKS).location
    assert "we send you one e-mail with a button" in reader.get(own).text
    assert recipients(followers.CONFIRMATION) == []
    with db.reading() as session:
        comment = session.scalars(select(Comment)).one()
        follower = session.scalars(select(Follower)).one()
    for _ in range(2):
        comments.approve(comment.id, by=ED)
    assert recipients(followers.CONFIRMATION) == [ADA]
    comments.reply(comment.id, name="QL Claw", body="Too early to be told.", by=ED)
    assert recipients() == []
    page = reader.get(path(follower))
    assert page.headers["Cache-Control"] == "no-store"
    assert "Yes, tell me of answers" in page.text
    assert reader.get(path(follower)).text == page.text
    assert "We tell you of answers" in reader.post(path(follower), data={"action": "confirm"}).text
    comments.reply(comment.id, name="QL Claw", body="The left one.", by=ED)
    assert recipients() == [ADA]


def test_the_tick_wants_an_address_and_stays(reader: FlaskClient) -> None:
    answer = reader.post(f"{POST}/comments", data=ASKS | {"email": ""})
    assert answer.status_code == 422
    assert "Enter the address to write to" in answer.text
    assert 'name="follow" value="1" checked' in answer.text


def test_an_address_without_the_tick_is_written_to_by_nobody(reader: FlaskClient) -> None:
    reader.post(f"{POST}/comments", data={k: v for k, v in ASKS.items() if k != "follow"})
    with db.reading() as session:
        comment = session.scalars(select(Comment)).one()
    comments.approve(comment.id, by=ED)
    comments.reply(comment.id, name="QL Claw", body="Both.", by=ED)
    assert recipients(followers.CONFIRMATION) == recipients() == []


def test_everybody_in_the_thread_is_told_once_and_nobody_of_what_they_wrote(
    seeded: Flask,
) -> None:
    head = followed(ADA)
    for email in (BEN, BEN):
        answer = shown(a_comment(email, answered=head))
        follower = followers.of(answer)
        assert follower
        followers.confirm(followers.token(follower))
    assert recipients() == [ADA, ADA]  # of Ben's two; Ben, of none of his own
    last = comments.submit(post_id(), name="Eve", email=None, body="Me too.", answered=head)
    for _ in range(2):
        comments.approve(last.id, by=ED)
        comments.reopen(last.id)
    assert sorted(recipients()) == [ADA, ADA, ADA, BEN]
    elsewhere = comments.submit(post_id(), name="Eve", email=None, body="And this?")
    comments.approve(elsewhere.id, by=ED)
    assert len(recipients()) == 4


def test_a_letter_holds_no_word_of_a_comment_and_a_way_to_stop(reader: FlaskClient) -> None:
    comment = followed()
    comments.reply(comment, name="QL Claw", body="The left hip.", by=ED)
    (ask,), (told,) = written(followers.CONFIRMATION), written(followers.ANSWER)
    for delivery in (ask, told):
        message = letters.find(delivery.letter).compose(delivery)
        for words in ("Yes?", "The left hip", "Ada", "/products/"):
            assert words not in message.subject + message.text + message.html
    message = letters.find(told.letter).compose(told)
    one_click = urlsplit(message.headers["List-Unsubscribe"].strip("<>")).path
    assert f"{POST}#comment-" in message.text
    answer = reader.post(one_click, data={"List-Unsubscribe": "One-Click"})
    assert "We do not write to you about this" in answer.text
    comments.reply(comment, name="QL Claw", body="And again.", by=ED)
    assert recipients() == [""]  # told once, and taken out of the book when it was stopped


def test_a_stranger_who_says_no_is_never_asked_again(reader: FlaskClient) -> None:
    follower = followers.of(shown(a_comment()))
    assert follower
    reader.post(path(follower), data={"action": "stop"})
    shown(a_comment())
    assert recipients(followers.CONFIRMATION) == [""]
    assert "We do not write" in reader.post(path(follower), data={"action": "confirm"}).text


def test_who_stops_what_they_confirmed_may_ask_again(seeded: Flask) -> None:
    follower = followers.of(followed())
    assert follower
    followers.stop(followers.token(follower))
    shown(a_comment())
    assert recipients(followers.CONFIRMATION) == ["", ADA]


@pytest.mark.parametrize("kind", [Report.COMPLAINT, Report.HARD_BOUNCE, Report.DEPARTURE])
def test_an_address_that_is_dead_or_complains_is_let_go(seeded: Flask, kind: Report) -> None:
    comment = followed()
    (ask,) = written(followers.CONFIRMATION)
    notice = Notice(key="1", kind=kind, recipient=ADA, delivery_id=ask.id, message_id="", status="")
    bounces.take([notice])
    comments.reply(comment, name="QL Claw", body="Both.", by=ED)
    shown(a_comment())
    assert recipients() == []
    assert len(written(followers.CONFIRMATION)) == 1


def test_with_the_comment_goes_the_wish_and_the_address(seeded: Flask) -> None:
    comment = followed()
    comments.reply(comment, name="QL Claw", body="Both.", by=ED)
    comments.delete(comment)
    with db.reading() as session:
        assert session.scalar(select(func.count(Follower.id))) == 0
    assert [(each.recipient, each.state) for each in written(followers.ANSWER)] == [
        ("", State.EXCLUDED)
    ]


def test_what_is_hidden_again_before_the_letter_leaves_is_not_told(seeded: Flask) -> None:
    comment = followed()
    answer = comments.reply(comment, name="QL Claw", body="Both.", by=ED)
    look = letters.find(followers.ANSWER).last_look
    assert look
    assert look(written(followers.ANSWER)) == {}
    comments.reopen(answer.id)
    (reason,) = look(written(followers.ANSWER)).values()
    assert reason == "it is not shown any more"


def test_an_address_that_nobody_confirms_is_forgotten(seeded: Flask) -> None:
    with time_machine.travel(clock.now(), tick=False) as machine:
        shown(a_comment(ADA))
        followed(BEN)
        a_comment("eve@reader.example")  # waits for staff, and so do its words
        machine.shift(followers.TO_CONFIRM - timedelta(hours=1))
        assert followers.tidy() == 0
        machine.shift(timedelta(hours=2))
        assert followers.tidy() == 1
    assert recipients(followers.CONFIRMATION) == ["", BEN]


def test_a_refusal_keeps_no_address(seeded: Flask) -> None:
    follower = followers.of(shown(a_comment()))
    assert follower
    followers.stop(followers.token(follower))
    with db.reading() as session:
        kept = session.scalars(select(FollowerRefusal)).one()
    assert "ada" not in kept.address_hash
    assert len(kept.address_hash) == 64


def test_a_guessed_link_does_nothing(reader: FlaskClient) -> None:
    assert reader.get("/blog/comments/answers/1").status_code == 404
    assert reader.post("/blog/comments/answers/1.x").status_code == 404
