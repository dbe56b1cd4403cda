"""Posts: written, previewed, published, moved, found again."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from blog import posts, teasers, topics
from blog.markdown import Unpublishable
from blog.models import Post, PostState
from blog.posts import Draft, Outdated
from core import clock, db, redirects

pytestmark = pytest.mark.one_database

ADA = "ada@shop.example"


def a_draft(slug: str = "hip-and-back", **changes: object) -> Draft:
    draft = Draft(
        slug=slug,
        title="The hip and the back",
        summary="How one can feel like the other.",
        body="A muscle may be felt elsewhere.\n\n## Why\n\nNobody knows.",
        author="Ada",
    )
    return replace(draft, **changes)  # type: ignore[arg-type] # names are checked by replace


def published(slug: str = "hip-and-back", *, at: datetime | None = None, **changes: object) -> Post:
    return posts.publish(posts.save(a_draft(slug, **changes), by=ADA).id, at=at)


def test_a_draft_is_for_its_writers_only(app: Flask, client: FlaskClient) -> None:
    post = posts.save(a_draft(), by=ADA)
    assert post.state is PostState.DRAFT
    assert posts.by_slug(post.slug) is None
    assert teasers.latest() == []
    assert client.get("/blog/hip-and-back").status_code == 404
    posts.publish(post.id)
    assert client.get("/blog/hip-and-back").status_code == 200


def test_a_scheduled_post_appears_at_its_moment_by_itself(app: Flask) -> None:
    post = published(at=clock.now() + timedelta(hours=1))
    assert posts.get(post.id).state is PostState.SCHEDULED
    assert posts.by_slug(post.slug) is None
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert posts.get(post.id).state is PostState.PUBLISHED
        assert posts.by_slug(post.slug) is not None


def test_a_withdrawn_post_is_a_draft_again(app: Flask) -> None:
    post = published()
    posts.withdraw(post.id)
    assert posts.by_slug(post.slug) is None


def test_a_preview_is_rendered_and_not_saved(app: Flask) -> None:
    topics.save("hip", title="Hip", summary="The hip.", position=0)
    with db.reading():
        seen = posts.preview(a_draft(topics=("hip",), body="::nonsense\n\nFine."))
        assert seen.html == "<p>Fine.</p>\n"
        assert seen.problems[0]["line"] == 1
        assert [topic.title for topic in seen.topics] == ["Hip"]
    assert posts.in_state() == []


def test_each_save_is_a_revision_with_its_writer(app: Flask) -> None:
    post = posts.save(a_draft(), by=ADA)
    posts.save(a_draft(title="Better"), by="ben@shop.example", post_id=post.id)
    newest, first = posts.revisions(post.id)
    assert (newest.number, newest.saved_by, newest.title) == (2, "ben@shop.example", "Better")
    assert (first.number, first.saved_by) == (1, ADA)


def test_a_save_over_somebody_elses_newer_one_is_refused(app: Flask) -> None:
    post = posts.save(a_draft(), by=ADA)
    posts.save(a_draft(title="Ben's"), by="ben@shop.example", post_id=post.id, opened=1)
    with pytest.raises(Outdated):
        posts.save(a_draft(title="Ada's"), by=ADA, post_id=post.id, opened=1)
    assert posts.get(post.id).title == "Ben's"


def test_what_a_writer_filled_in_comes_back_to_be_changed(app: Flask) -> None:
    topics.save("hip", title="Hip", summary="The hip.", position=0)
    draft = a_draft(topics=("hip",), muscles=("psoas-major",), regions=("low-back",))
    post = posts.save(draft, by=ADA)
    assert posts.draft_of(posts.get(post.id)) == draft


def test_a_post_with_a_problem_can_be_saved_but_not_published(app: Flask) -> None:
    post = posts.save(a_draft(body='::muscle-chart{muscle="biceps-of-the-soul"}'), by=ADA)
    with pytest.raises(Unpublishable, match="line 1: there is no muscle"):
        posts.publish(post.id)


def test_a_published_post_never_gets_a_problem(app: Flask) -> None:
    post = published()
    with pytest.raises(Unpublishable):
        posts.save(a_draft(body=":::steps\nOne."), by=ADA, post_id=post.id)
    assert "Nobody knows" in posts.get(post.id).html


def test_an_address_that_changes_leads_on_and_posts_that_name_it_follow(
    app: Flask, client: FlaskClient
) -> None:
    post = published()
    other = published("other", read_next=("hip-and-back",), pillar="hip-and-back")
    posts.save(a_draft("the-hip"), by=ADA, post_id=post.id)
    moved = client.get("/blog/hip-and-back")
    assert (moved.status_code, moved.location) == (301, "/blog/the-hip")
    assert posts.get(other.id).read_next == ["the-hip"]
    assert posts.get(other.id).pillar == "the-hip"


def test_an_address_may_move_back(app: Flask, client: FlaskClient) -> None:
    post = published()
    posts.save(a_draft("the-hip"), by=ADA, post_id=post.id)
    posts.save(a_draft("hip-and-back"), by=ADA, post_id=post.id)
    assert client.get("/blog/hip-and-back").status_code == 200
    assert client.get("/blog/the-hip").location == "/blog/hip-and-back"


def test_the_address_of_a_draft_leaves_nothing_behind(app: Flask) -> None:
    post = posts.save(a_draft(), by=ADA)
    posts.save(a_draft("the-hip"), by=ADA, post_id=post.id)
    assert redirects.find("/blog/hip-and-back") is None


@pytest.mark.parametrize("slug", ["", "Hip", "hip/back", "topics", "search", "a b", "-a"])
def test_an_address_that_cannot_be_is_refused(app: Flask, slug: str) -> None:
    with pytest.raises(ValueError, match="cannot be an address"):
        posts.save(a_draft(slug), by=ADA)


def test_two_posts_cannot_have_one_address(app: Flask) -> None:
    posts.save(a_draft(), by=ADA)
    other = posts.save(a_draft("other"), by=ADA)
    with pytest.raises(ValueError, match="another post"):
        posts.save(a_draft(), by=ADA)
    with pytest.raises(ValueError, match="another post"):
        posts.save(a_draft(), by=ADA, post_id=other.id)


@pytest.mark.parametrize(
    "given", [{"topics": ("x",)}, {"muscles": ("x",)}, {"regions": ("x",)}], ids=str
)
def test_topics_muscles_and_regions_must_exist(app: Flask, given: dict[str, Any]) -> None:
    with pytest.raises(LookupError, match="'x'"):
        posts.save(a_draft(**given), by=ADA)


def test_the_staffs_list_shows_every_state(app: Flask) -> None:
    posts.save(a_draft("draft"), by=ADA)
    published("planned", at=clock.now() + timedelta(days=1))
    published("out")
    assert [p.slug for p in posts.in_state(PostState.DRAFT)] == ["draft"]
    assert [p.slug for p in posts.in_state(PostState.SCHEDULED)] == ["planned"]
    assert [p.slug for p in posts.in_state(PostState.PUBLISHED)] == ["out"]
    assert len(posts.in_state()) == 3
