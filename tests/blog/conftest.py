"""A blog to read: the sample texts and the sample product, or posts as a test needs them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import blog.samples
import shop.samples
from blog import posts
from blog.models import Post
from blog.posts import Draft
from tests import samples


@pytest.fixture
def seeded(app: Flask) -> Flask:
    """The shop with everything in `content/`."""
    samples.fill(shop.samples, blog.samples)
    return app


@pytest.fixture
def reader(seeded: Flask) -> FlaskClient:
    """Somebody who reads the seeded blog."""
    return seeded.test_client()


@pytest.fixture
def publish(app: Flask) -> Callable[..., Post]:
    """Publishes a post that differs from the usual one in what is given."""

    def publish(slug: str, *, at: datetime | None = None, **changes: Any) -> Post:
        usual = {
            "title": "The hip and the back",
            "summary": "How one can feel like the other.",
            "body": "A muscle may be felt elsewhere.",
            "author": "Ada",
        }
        draft = Draft(slug=slug, **{**usual, **changes})
        return posts.publish(posts.save(draft, by="ada@shop.example").id, at=at)

    return publish
