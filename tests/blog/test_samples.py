"""The sample texts come in through the same verbs as staff use, once, with their dates."""

from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient

from blog import pages, posts, samples, topics, wording
from blog.models import PostState

pytestmark = pytest.mark.one_database

WRITTEN = {path.stem for path in (wording.CONTENT / "posts").glob("*.md")}
MOVED = {
    "referred-back-pain",
    "5-muscles-contributing-to-your-low-back-pain",
    "psoas-trigger-points",
    "ql-and-psoas-muscles",
}


def test_every_text_is_there_published_on_its_day_and_without_a_problem(
    reader: FlaskClient,
) -> None:
    found = posts.in_state(PostState.PUBLISHED)
    assert {post.slug for post in found} == WRITTEN
    for post in found:
        assert post.problems == []
        assert post.published_at == datetime(2026, 11, 24, tzinfo=UTC)
        assert post.minutes in range(5, 10)
    assert len(pages.every()) == 9
    assert len(topics.with_posts()) == len(topics.every()) == 5


def test_the_addresses_of_the_old_shop_lead_to_the_posts(reader: FlaskClient) -> None:
    for slug in MOVED:
        answer = reader.get(f"/blogs/the-ql-blawg/{slug}")
        assert (answer.status_code, answer.location) == (301, f"/blog/{slug}")


@pytest.mark.parametrize(
    ("old", "new"),
    [("/collections/all", "/"), ("/pages/contact-us", "/pages/contact"), ("/blogs/news", "/blog/")],
)
def test_what_every_shop_of_the_old_kind_has_leads_on(
    reader: FlaskClient, old: str, new: str
) -> None:
    answer = reader.get(old)
    assert (answer.status_code, answer.location) == (301, new)


def test_to_seed_again_changes_nothing_that_staff_changed(reader: FlaskClient) -> None:
    first = posts.by_slug("psoas-trigger-points")
    assert first is not None
    posts.withdraw(first.id)
    pages.save("terms", title="Terms", summary="Ours.", body="Be kind.", by="ada@shop.example")
    samples.seed()
    assert posts.by_slug("psoas-trigger-points") is None
    terms = pages.by_slug("terms")
    assert terms is not None
    assert terms.body == "Be kind."
    assert len(posts.in_state()) == len(WRITTEN)
