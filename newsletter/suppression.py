"""Addresses that get no letters, whoever adds them again; kept as hashes that outlive erasure."""

from collections.abc import Collection
from enum import StrEnum

from sqlalchemy import delete, select

from core import clock, db
from newsletter.models import Suppression


class Reason(StrEnum):
    """Why an address gets no letters."""

    ERASED = "erased"
    """The person had their data deleted; only they themselves can come back, by confirming."""
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    STAFF = "staff"


def suppress(address_hash: str, reason: Reason) -> None:
    """Send no letters to this address from now on; the first reason stays."""
    with db.transaction():
        db.insert_missing(
            Suppression, address_hash=address_hash, reason=reason.value, at=clock.now()
        )


def reason(address_hash: str) -> Reason | None:
    """Why this address gets no letters, or None where it may get them."""
    with db.reading() as session:
        found = session.scalar(
            select(Suppression.reason).where(Suppression.address_hash == address_hash)
        )
    return Reason(found) if found else None


def among(hashes: Collection[str]) -> set[str]:
    """Which of these addresses get no letters."""
    found = select(Suppression.address_hash).where(Suppression.address_hash.in_(hashes))
    with db.reading() as session:
        return set(session.scalars(found))


def lift(address_hash: str, only: Reason | None = None) -> bool:
    """Let the address get letters again (`only` where this was the reason); whether it may now."""
    with db.transaction():
        suppressed = delete(Suppression).where(Suppression.address_hash == address_hash)
        if only is not None:
            suppressed = suppressed.where(Suppression.reason == only.value)
        db.changed(suppressed)
        return reason(address_hash) is None
