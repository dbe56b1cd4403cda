"""Alerts: what staff have to see, until somebody says that they saw it.

Who is to hear of it is told by mail of what needs somebody, once of each, in one letter an hour at
most. What the letters say is in `shop.staff_letters`.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from sqlalchemy import ScalarSelect, func, select, update

from core import clock, db, jobs, settings
from core.mail import ledger
from shop.models import Alert

log = logging.getLogger(__name__)

NEEDED = "shop.alerts"
"""The letter to staff about alerts; those of disputes have letters of their own."""
NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "refund_failed": "A refund failed",
        "oversold": "An order was paid after its goods had gone",
        "withdrawal": "A customer withdraws from an order",
        "mismatch": "A payment does not fit its order",
        "unknown_order": "A payment is for no order that is here",
        "safety": "Somebody says that it hurt them, or seems unsafe",
        "checkout_refused": "Stripe refuses our payment page",
        "newsletter_not_sent": "A newsletter was not sent",
        "newsletter_late": "A newsletter is late and waits for you",
    }
)
"""Kinds that need somebody, in words."""
_APART = timedelta(hours=1)
_MOST = 50  # what one letter tells of; the next tells the rest


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


@jobs.job("shop.alerts", every_minutes=5)
def tell() -> None:
    """Write to staff of what needs somebody and was not told yet, an hour after the last letter."""
    now = clock.now()
    untold = select(Alert.id).where(
        Alert.kind.in_(NEEDS), Alert.acknowledged_at.is_(None), Alert.told_at.is_(None)
    )
    with db.transaction() as session:
        last = session.scalar(select(func.max(Alert.told_at)))
        if last is not None and now - last < _APART:
            return
        numbers = session.scalars(untold.order_by(Alert.id).limit(_MOST)).all()
        if numbers:
            db.changed(update(Alert).where(Alert.id.in_(numbers)).values(told_at=now))
            write_to_staff(NEEDED, str(numbers[0]), alerts=list(numbers))


def write_to_staff(letter: str, occurrence: str, **about: int | list[int]) -> None:
    """Write to whom the settings name, once for each occurrence; `about` names the rows."""
    store = settings.store()
    ledger.enqueue(
        key=f"{letter}:{occurrence}",
        letter=letter,
        recipient=store.alerts_email or store.support_email,
        source="alerts",
        payload=dict(about),
    )


def some(numbers: Sequence[int]) -> Sequence[Alert]:
    """Those of these that nobody has acknowledged, oldest first."""
    mine = select(Alert).where(Alert.id.in_(numbers), Alert.acknowledged_at.is_(None))
    with db.reading() as session:
        return session.scalars(mine.order_by(Alert.id)).all()


def unseen(limit: int = 100) -> Sequence[Alert]:
    """What nobody has acknowledged, the newest first."""
    waiting = select(Alert).where(Alert.acknowledged_at.is_(None))
    with db.reading() as session:
        return session.scalars(waiting.order_by(Alert.id.desc()).limit(limit)).all()


def about(order_id: int, kind: str) -> ScalarSelect[int]:
    """How to count the alerts of one kind about an order, whether seen or not."""
    mine = select(func.count(Alert.id)).where(Alert.order_id == order_id, Alert.kind == kind)
    return mine.scalar_subquery()


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
