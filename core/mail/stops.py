"""What has stopped mail until staff resume it: a hold, a broken authentication, complaints.

A hold stops everything. The others stop marketing alone, since somebody waits for a receipt.
"""

import logging
from collections.abc import Sequence

from sqlalchemy import delete, select

from core import clock, db
from core.mail import ledger, warming
from core.mail.models import Cause, Stop, Stream

log = logging.getLogger(__name__)


def stop(cause: Cause, reason: str) -> bool:
    """Stop mail for a cause; False where it is stopped for that already."""
    with db.transaction():
        is_new = db.insert_missing(Stop, cause=cause, reason=reason, since=clock.now())
    if is_new:
        log.error("mail is stopped (%s): %s", cause.value, reason)
    return is_new


def resume(*causes: Cause) -> int:
    """Let mail go on, for these causes or for all of them; how many stops that ended."""
    with db.transaction():
        ended = db.changed(delete(Stop).where(Stop.cause.in_(causes or tuple(Cause))))
        ledger.ring()
    return ended


def current() -> Sequence[Stop]:
    """The stops in force, oldest first."""
    with db.reading() as session:
        return session.scalars(select(Stop).order_by(Stop.since)).all()


def open_streams() -> tuple[Stream, ...]:
    """The streams that may go now: a stop holds one, or a warm-up whose share of today has gone."""
    with db.reading() as session:
        causes = set(session.scalars(_CAUSES))
    if Cause.HOLD in causes:
        return ()
    return (Stream.TRANSACTIONAL,) if causes or warming.is_spent() else tuple(Stream)


_CAUSES = select(Stop.cause)
