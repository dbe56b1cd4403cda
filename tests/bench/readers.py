"""The readers of a busy year: subscribers and their consents, issues, posts, messages."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from blog.models import Post
from core.db import Base
from core.mail.models import Delivery, State, Stream
from newsletter.models import Consent, ConsentEvent, IssueState, Newsletter, Standing, Subscriber

SUBSCRIBERS = 30_000
ISSUES = 120
POSTS = 300

Rows = Iterator[tuple[type[Base], dict[str, Any]]]
"""Rows to insert, each with its table."""


def subscribers(now: datetime) -> Rows:
    """People who joined over 400 days; one in twelve has left."""
    for number in range(1, SUBSCRIBERS + 1):
        joined = now - timedelta(days=400) * ((SUBSCRIBERS - number) / SUBSCRIBERS)
        left = number % 12 == 0
        yield (
            Subscriber,
            {
                "id": number,
                "public_id": f"{number:032x}",
                "email": f"reader-{number}@example.com",
                "address_hash": f"{number:064x}",
                "standing": Standing.UNSUBSCRIBED if left else Standing.CONFIRMED,
                "source": "blog",
                "created_at": joined,
                "confirmed_at": joined,
            },
        )
        happened = [(1, ConsentEvent.REQUESTED, joined), (2, ConsentEvent.CONFIRMED, joined)]
        happened += [(3, ConsentEvent.WITHDRAWN, joined + timedelta(days=9))] if left else []
        for position, event, at in happened:
            yield Consent, _consent(number, position, event, min(at, now))


def issues(now: datetime) -> Rows:
    """Issues that were sent, every third day one."""
    for number in range(1, ISSUES + 1):
        sent = now - timedelta(days=3 * (ISSUES - number) + 1)
        yield (
            Newsletter,
            {
                "slug": f"issue-{number}",
                "subject": f"Issue {number}",
                "body": "Hello.\n\n" + "A paragraph that somebody wrote. " * 120,
                "html": "<p>A paragraph that somebody wrote.</p>" * 300,
                "text": "A paragraph that somebody wrote.\n" * 200,
                "state": IssueState.DONE,
                "audience": 200,
                "created_at": sent,
                "updated_at": sent,
                "frozen_at": sent,
                "done_at": sent,
            },
        )
        for reader in range(200):
            to, source = f"reader-{reader + 1}@example.com", f"newsletter:{number}"
            yield (
                Delivery,
                delivery(f"{source}:{reader}", "newsletter.issue", source, to, sent)
                | {"stream": Stream.MARKETING, "priority": 1},
            )


def copies(samples: Sequence[Post]) -> Rows:
    """The sample's posts many times over."""
    names = [column.key for column in Post.__table__.columns if column.key not in ("id", "slug")]
    for number in range(POSTS):
        sample = samples[number % len(samples)]
        shared = {name: getattr(sample, name) for name in names}
        yield Post, shared | {"slug": f"bench-{number}", "title": f"{sample.title}, part {number}"}


def delivery(key: str, letter: str, source: str, to: str, at: datetime) -> dict[str, Any]:
    """A message that was accepted at once."""
    return {
        "key": key,
        "letter": letter,
        "stream": Stream.TRANSACTIONAL,
        "source": source,
        "recipient": to,
        "payload": {},
        "state": State.ACCEPTED,
        "subject": "Your order",
        "due_at": at,
        "created_at": at,
        "settled_at": at,
    }


def _consent(number: int, position: int, event: ConsentEvent, at: datetime) -> dict[str, Any]:
    how = {"basis": "consent", "page": "/blog", "method": "form"}
    words = {"wording": "Send me the letter.", "wording_version": "1"}
    chain = {"previous_hash": "0" * 64, "hash": f"{number:060x}{position:04x}"}
    return {
        "subscriber_id": number, "number": position, "event": event, "at": at,
        **how, **words, **chain,
    }  # fmt: skip
