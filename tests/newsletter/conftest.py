"""What the newsletter's tests share: people who join, and the mail that they get."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import cycle

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select

from core import clock, db
from core.mail import hashes
from core.mail.models import Delivery
from newsletter import links, subscribers
from newsletter.models import Standing, Subscriber

Join = Callable[..., Subscriber]
Crowd = Callable[..., None]


@pytest.fixture
def join(app: Flask) -> Join:
    """Let a person ask for letters and confirm."""

    def join(email: str, **choices: str | int) -> Subscriber:
        subscribers.subscribe(email, source="test", **choices)  # type: ignore[arg-type]
        return subscribers.confirm(confirmation_token(email))

    return join


@pytest.fixture
def crowd(app: Flask) -> Crowd:
    """Let many people be on the list; see `fill_list`."""
    return fill_list


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """A browser of somebody who is not known."""
    return app.test_client()


def fill_list(
    count: int, *, at: datetime | None = None, zones: Sequence[str | None] = (None,)
) -> None:
    """Put `reader-0@example.com` and so on on the list, at a moment; their zones come by turns.

    They joined without a form, so they have no receipts and began no sequence.
    """
    joined = at or clock.now()
    people = [
        {
            "public_id": f"reader-{number}",
            "email": f"reader-{number}@example.com",
            "address_hash": hashes.keyed_hash(f"reader-{number}@example.com"),
            "standing": Standing.CONFIRMED,
            "zone": zone,
            "source": "test",
            "created_at": joined,
            "confirmed_at": joined,
        }
        for number, zone in zip(range(count), cycle(zones), strict=False)
    ]
    with db.transaction() as session:
        session.execute(insert(Subscriber), people)


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
