"""Posts as readers find them: latest first, by topic, by muscle, by product."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from blog import posts, teasers, topics
from blog.models import Post

pytestmark = pytest.mark.one_database

Publish = Callable[..., Post]
BOX = ':::callout{kind="doctor" title="See a doctor"}\nFirst.\n:::'


def slugs(found: list[teasers.Teaser]) -> list[str]:
    return [teaser.slug for teaser in found]


def test_lists_are_paged_by_date_even_where_dates_are_equal(publish: Publish) -> None:
    morning = datetime(2026, 1, 1, 8, tzinfo=UTC)
    for slug in ("one", "two", "three"):
        publish(slug, at=morning)
    publish("newest", at=morning + timedelta(days=1))
    first = teasers.latest(2)
    rest = teasers.latest(5, after=first[-1].id)
    assert slugs(first) + slugs(rest) == ["newest", "three", "two", "one"]


def test_a_topic_lists_its_posts(publish: Publish) -> None:
    hip = topics.save("hip", title="Hip", summary="The hip.", position=1)
    topics.save("empty", title="Empty", summary="Nothing.", position=0)
    publish("one", topics=("hip",))
    publish("two")
    assert slugs(teasers.latest(topic=hip)) == ["one"]
    assert [topic.slug for topic in topics.with_posts()] == ["hip"]
    assert [topic.slug for topic in topics.every()] == ["empty", "hip"]


def test_posts_are_found_by_name_in_the_order_asked(publish: Publish) -> None:
    publish("one")
    publish("two")
    posts.withdraw(publish("draft").id)
    assert slugs(teasers.named(["two", "draft", "one", "two"])) == ["two", "one"]


def test_posts_are_found_by_muscle_and_by_product(publish: Publish) -> None:
    publish("one", muscles=("psoas-major",), body=f'{BOX}\n\n::product{{slug="ql-claw"}}')
    publish("two", muscles=("iliacus",), body=BOX)
    assert slugs(teasers.about(["psoas-major", "soleus"])) == ["one"]
    assert teasers.about([]) == []
    assert slugs(teasers.showing("ql-claw")) == ["one"]
    assert teasers.showing("ql") == []
