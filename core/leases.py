"""Leases: the right to do a thing alone for a while, taken by whoever asks first."""

from datetime import datetime, timedelta

from sqlalchemy import update

from core import clock, db
from core.models import Lease


def take(name: str, duration: timedelta) -> bool:
    """Take the lease `name` for `duration` from now; False while somebody else's still runs."""
    now = clock.now()
    with db.transaction():
        if db.insert_missing(Lease, name=name, expires_at=now + duration):
            return True
        expired = update(Lease).where(Lease.name == name, Lease.expires_at <= now)
        return db.changed(expired.values(expires_at=now + duration)) == 1


def reserve(name: str, count: int, *, per_second: float) -> datetime:
    """Reserve the next `count` places in a flow shared by all workers; the moment to go.

    The lease `name` is where the flow's free time begins, so that no worker, and no crash of one,
    can exceed the rate.
    """
    now = clock.now()
    with db.transaction() as session:
        db.insert_missing(Lease, name=name, expires_at=now)
        lease = session.get_one(Lease, name, with_for_update=True)
        start = max(now, lease.expires_at)
        lease.expires_at = start + timedelta(seconds=count / per_second)
    return start
