"""What is typed is kept whole, each editor's apart, on both databases."""

from datetime import date

from flask import Flask

from blog import posts, working_copies
from blog.posts import Draft
from core import schema

FULL = Draft(
    slug="the-ql",
    title="The QL",
    summary="About it.",
    body="It aches. 🦴",
    author="Ed",
    reviewer="Ada",
    reviewed_on=date(2026, 5, 1),
    pillar="low-back",
    read_next=("psoas", "piriformis"),
    topics=("low-back",),
    muscles=("quadratus-lumborum",),
    regions=("low-back",),
)


def test_a_draft_comes_back_as_it_was_typed_last(app: Flask) -> None:
    working_copies.keep("k", posts.Draft(**vars(FULL) | {"body": "It"}), by="ed@shop.example")
    working_copies.keep("k", FULL, by="ed@shop.example")
    (copy,) = working_copies.of_writer("ed@shop.example")
    assert working_copies.draft_in(copy) == FULL
    working_copies.discard("k", by="ed@shop.example")
    assert not working_copies.of_writer("ed@shop.example")


def test_what_was_kept_before_it_could_be_discarded_is_kept_on(app: Flask) -> None:
    working_copies.keep("k", FULL, by="ed@shop.example")
    schema.downgrade("0038_discarded_copies-1")
    schema.upgrade()
    (copy,) = working_copies.of_writer("ed@shop.example")
    assert working_copies.draft_in(copy) == FULL
    assert (copy.publish_at, copy.discarded_at) == (None, None)
