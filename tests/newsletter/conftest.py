"""What the newsletter's tests share: people who join, and the mail that they get."""

from collections.abc import Callable, Sequence

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core import db
from core.mail.models import Delivery
from newsletter import links, subscribers
from newsletter.models import Subscriber

Join = Callable[..., Subscriber]


@pytest.fixture
def join(app: Flask) -> Join:
    """Let a person ask for letters and confirm."""

    def join(email: str, **choices: str | int) -> Subscriber:
        subscribers.subscribe(email, source="test", **choices)  # type: ignore[arg-type]
        return subscribers.confirm(confirmation_token(email))

    return join


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser of somebody who is not known."""
    return app.test_client()


def confirmation_token(email: str) -> str:
    """The token in the confirmation that this address would get."""
    return links.confirmation(person(email)).rpartition("/")[2]


def person(email: str) -> Subscriber:
    """The subscriber with this address."""
    with db.reading() as session:
        return session.scalars(select(Subscriber).where(Subscriber.email == email)).one()


def mail_to(email: str) -> Sequence[Delivery]:
    """What the ledger holds for an address, oldest first, but for requests met with silence."""
    with db.reading() as session:
        silent = func.coalesce(Delivery.reason, "") == subscribers.SILENT
        mine = select(Delivery).where(Delivery.recipient == email, ~silent)
        return session.scalars(mine.order_by(Delivery.id)).all()
