"""Staff are told by mail of what needs somebody: once of each, and in one letter an hour at most."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy import select

from core import clock, db, settings
from core.mail import letters as kinds
from core.mail.models import Delivery
from shop import alerts
from tests.shop.running import letters

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SUPPORT = "help@shop.example"


def rows() -> Sequence[Delivery]:
    """The letters, oldest first."""
    with db.reading() as session:
        mine = select(Delivery).where(Delivery.letter == alerts.NEEDED)
        return session.scalars(mine.order_by(Delivery.id)).all()


def told_of() -> list[list[str]]:
    """What each letter tells of as it would go now."""
    return [[each.kind for each in alerts.some(row.payload["alerts"])] for row in rows()]


def test_what_needs_somebody_is_told_once_and_the_rest_is_not(app: Flask) -> None:
    alerts.raise_alert("oversold", "One is missing.", key="1")
    alerts.raise_alert("bad_webhook", "Forged.", key="1")
    alerts.raise_alert("dispute", "It has its own letter.", key="1")
    alerts.tell()
    assert letters() == [(alerts.NEEDED, SUPPORT)]
    assert told_of() == [["oversold"]]
    with time_machine.travel(clock.now() + timedelta(days=2)):
        alerts.raise_alert("oversold", "One is missing.", key="1")
        alerts.tell()
    assert len(letters()) == 1


def test_what_comes_within_the_hour_comes_together(app: Flask) -> None:
    with time_machine.travel(NOON, tick=False) as machine:
        alerts.raise_alert("withdrawal", "Ada withdraws.", key="1")
        for minute in range(0, 120, 5):
            machine.move_to(NOON + timedelta(minutes=minute))
            alerts.tell()
            alerts.raise_alert("refund_failed", "It did not arrive.", key=str(minute))
    assert [len(each) for each in told_of()] == [1, 12]


def test_what_somebody_has_seen_is_not_told(app: Flask) -> None:
    alerts.raise_alert("mismatch", "It does not fit.", key="1")
    alerts.close("mismatch", key="1", by="fay@shop.example")
    alerts.tell()
    assert letters() == []
    alerts.raise_alert("mismatch", "It does not fit.", key="2")
    alerts.tell()
    sent = rows()
    assert kinds.look(alerts.NEEDED, sent) == {}
    alerts.close("mismatch", key="2", by="fay@shop.example")
    assert list(kinds.look(alerts.NEEDED, sent).values()) == ["somebody has seen it by now"]


def test_what_a_customer_wrote_of_their_health_is_in_no_letter(app: Flask) -> None:
    settings.change(alerts_email="money@shop.example")
    alerts.raise_alert("safety", "My kidney hurts.", key="1")
    alerts.tell()
    (row,) = rows()
    message = kinds.find(row.letter).compose(row)
    assert row.recipient == "money@shop.example"
    assert "hurt them" in message.text
    assert "kidney" not in message.text + message.html
