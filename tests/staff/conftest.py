"""What the desks' tests share: readers on the list."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from core import db
from newsletter import links, subscribers
from newsletter.models import Subscriber
from tests.shop.conftest import running_shop, sample_shop, simulator

__all__ = ("running_shop", "sample_shop", "simulator")


@pytest.fixture
def join(app: Flask) -> Callable[[str], Subscriber]:
    """Let somebody ask for letters and confirm."""

    def join(name: str) -> Subscriber:
        email = f"{name.lower()}@example.com"
        subscribers.subscribe(email, source="test", name=name)
        with db.reading() as session:
            person = session.scalars(select(Subscriber).where(Subscriber.email == email)).one()
        return subscribers.confirm(links.confirmation(person).rpartition("/")[2])

    return join
