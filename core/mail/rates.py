"""How fast mail may go: buckets in the database that all workers share and no crash resets.

A bucket is where its flow's next place is free (the generic cell rate algorithm). A server that
asks for patience halves its flow at once; then the flow recovers by and by (additive increase,
multiplicative decrease).
"""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from threading import Event

from sqlalchemy import select

from core import clock, config, db
from core.mail.models import Delivery, RateBucket
from core.mail.pipelining import Answer, Fate

PROVIDER = "provider"
PATIENCE = "the recipient's server asked for patience"
"""Why a message waits for the place that was reserved for it."""
STEP = 0.5  # messages a second that a slowed flow gains each minute
LEAST, FIRST, FREE = 0.1, 10.0, 50.0
"""Messages a second: how slow a flow may become, how fast it counts before it is first slowed,
and from where on it is not slowed any more."""
_ONE_CUT = timedelta(seconds=10)  # what a group is told at once is one complaint
_FAMILIES = {
    "googlemail.com": "gmail.com",
    "hotmail.com": "outlook.com",
    "live.com": "outlook.com",
    "msn.com": "outlook.com",
    "ymail.com": "yahoo.com",
    "aol.com": "yahoo.com",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
"""Domains that one provider receives for."""
# SES throttles with 454; 421 ends the connection: our own provider has too much of us.
_OF_THE_PROVIDER = re.compile(r"(421|454) ")
# 4.7.x is policy (RFC 3463), and 450 an older way to say the same; 4.2.x is about one mailbox, such
# as a full one.
_OF_THE_DOMAIN = re.compile(r"4\d\d 4\.7\.|450 (?!4\.2\.)")


def wait_for(count: int, stopping: Event) -> bool:
    """Wait for the next `count` places with the provider; False when told to stop meanwhile."""
    if config.current().mail.rate is None and PROVIDER not in _slowed():
        return True
    start = _reserve(PROVIDER, count)
    wait = (start - clock.now()).total_seconds() if start else 0.0
    return wait <= 0 or not stopping.wait(wait)


def too_soon(deliveries: Iterable[Delivery]) -> Iterator[tuple[Delivery, datetime]]:
    """Those for whose recipients' servers it is too soon, and when each may go."""
    slowed = _slowed()
    for delivery in deliveries if slowed else ():
        flow = flow_to(delivery.recipient)
        if flow not in slowed or delivery.reason == PATIENCE:
            continue
        start = _reserve(flow, 1)
        if start and start > clock.now() + timedelta(seconds=1):
            yield delivery, start


def lock(name: str) -> None:
    """Let one worker at a time go on from here to the end of its transaction."""
    _locked(name, clock.now())


def heed(delivery: Delivery, answer: Answer) -> None:
    """Slow down where a refusal for now asks for it."""
    if answer.fate is not Fate.DEFERRED:
        return
    if _OF_THE_PROVIDER.match(answer.text):
        _slow(PROVIDER, config.current().mail.rate)
    elif _OF_THE_DOMAIN.match(answer.text):
        _slow(flow_to(delivery.recipient), None)


def flow_to(recipient: str) -> str:
    """The name of the flow to a recipient's provider."""
    domain = recipient.rpartition("@")[2].lower()
    return _FAMILIES.get(domain, domain)


def _slowed() -> frozenset[str]:
    """The flows that a server has slowed; few, mostly none, and known for a second."""
    global _known  # noqa: PLW0603 - what this process knows
    until, names = _known
    if time.monotonic() >= until:
        with db.reading() as session:
            slowed = select(RateBucket.name).where(RateBucket.per_second.is_not(None))
            names = frozenset(session.scalars(slowed))
        _known = time.monotonic() + 1, names
    return names


_known: tuple[float, frozenset[str]] = 0.0, frozenset()


def _reserve(name: str, count: int) -> datetime | None:
    """Reserve the next `count` places of a flow; the moment to go, None for a free flow."""
    now = clock.now()
    with db.transaction():
        bucket = _locked(name, now)
        rate = _current(bucket, config.current().mail.rate if name == PROVIDER else None)
        if rate is None:
            return None
        start = max(now, bucket.free_at)
        bucket.free_at = start + timedelta(seconds=count / rate)
    return start


def _locked(name: str, now: datetime) -> RateBucket:
    """The bucket of that name, made at its first use, in the transaction under way."""
    db.insert_missing(RateBucket, name=name, free_at=now)
    return db.session().get_one(RateBucket, name, with_for_update=True, populate_existing=True)


def _current(bucket: RateBucket, ceiling: float | None) -> float | None:
    """The rate by now; a flow that has recovered is free again."""
    if bucket.per_second is None or bucket.slowed_at is None:
        return ceiling
    minutes = (clock.now() - bucket.slowed_at) / timedelta(minutes=1)
    rate = bucket.per_second + STEP * minutes
    if rate >= (ceiling or FREE):
        bucket.per_second = bucket.slowed_at = None
        return ceiling
    return rate


def _slow(name: str, ceiling: float | None) -> None:
    global _known  # noqa: PLW0603 - see `_slowed`
    now = clock.now()
    with db.transaction():
        bucket = _locked(name, now)
        if bucket.slowed_at is not None and now - bucket.slowed_at < _ONE_CUT:
            return
        bucket.per_second = max(LEAST, (_current(bucket, ceiling) or FIRST) / 2)
        bucket.slowed_at = now
    _known = 0.0, frozenset()
