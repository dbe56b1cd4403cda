"""A blog to read: the sample texts and the sample product."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from blog import samples
from shop import samples as shelf


@pytest.fixture
def seeded(app: Flask) -> Flask:
    """The shop with everything in `content/`."""
    shelf.seed()
    samples.seed()
    return app


@pytest.fixture
def reader(seeded: Flask) -> FlaskClient:
    """Somebody who reads the seeded blog."""
    return seeded.test_client()
