"""Leases: the right to do a thing alone for a while, taken by whoever asks first."""

from datetime import timedelta

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
