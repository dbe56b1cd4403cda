"""Alerts: what staff have to see, until somebody says that they saw it."""

import logging
from collections.abc import Sequence

from sqlalchemy import ScalarSelect, func, select, update

from core import clock, db
from shop.models import Alert

log = logging.getLogger(__name__)


def raise_alert(kind: str, message: str, *, key: str, order_id: int | None = None) -> None:
    """Tell staff; the same `key` again only counts, and opens what somebody had seen."""
    log.warning("%s: %s", kind, message)
    now = clock.now()
    with db.transaction():
        is_new = db.insert_missing(
            Alert,
            key=key_of(kind, key),
            kind=kind,
            message=message,
            order_id=order_id,
            count=1,
            raised_at=now,
            last_at=now,
        )
        if not is_new:
            again = update(Alert).where(Alert.key == key_of(kind, key))
            db.changed(
                again.values(
                    count=Alert.count + 1, message=message, last_at=now, acknowledged_at=None
                )
            )


def key_of(kind: str, key: str) -> str:
    """How an alert is known."""
    return f"{kind}:{key}"[:300]


def unseen(limit: int = 100) -> Sequence[Alert]:
    """What nobody has acknowledged, the newest first."""
    waiting = select(Alert).where(Alert.acknowledged_at.is_(None))
    with db.reading() as session:
        return session.scalars(waiting.order_by(Alert.id.desc()).limit(limit)).all()


def about(order_id: int, kind: str) -> ScalarSelect[int]:
    """How to count the alerts of one kind about an order, whether seen or not."""
    mine = select(func.count(Alert.id)).where(Alert.order_id == order_id, Alert.kind == kind)
    return mine.scalar_subquery()


def count_unseen() -> int:
    """How many alerts nobody has acknowledged."""
    waiting = select(func.count()).where(Alert.acknowledged_at.is_(None))
    with db.reading() as session:
        return session.scalar(waiting) or 0


def close(kind: str, *, key: str, by: str) -> None:
    """What was told of is over: nobody has to see it any more."""
    with db.transaction():
        told = update(Alert).where(Alert.key == key_of(kind, key), Alert.acknowledged_at.is_(None))
        db.changed(told.values(acknowledged_at=clock.now(), acknowledged_by=by))


def acknowledge(alert_id: int, *, by: str) -> bool:
    """Somebody saw it; False where somebody had before."""
    with db.transaction():
        seen = update(Alert).where(Alert.id == alert_id, Alert.acknowledged_at.is_(None))
        return db.changed(seen.values(acknowledged_at=clock.now(), acknowledged_by=by)) == 1


def reopen(alert_id: int) -> bool:
    """It is to be seen again; False where nobody had acknowledged it."""
    with db.transaction():
        seen = update(Alert).where(Alert.id == alert_id, Alert.acknowledged_at.is_not(None))
        return db.changed(seen.values(acknowledged_at=None, acknowledged_by=None)) == 1
