"""What the letters of a sequence did, by their subject."""

from datetime import UTC, datetime, timedelta

import time_machine
from flask import Flask
from sqlalchemy import select

import shop.samples
from core import db
from core.mail import fates, queue
from core.models import Visit
from newsletter import clicks, sequences, yields
from newsletter.models import Sequence
from newsletter.steps import Mail
from newsletter.tick import tick
from shop.models import Order
from tests import samples
from tests.newsletter.conftest import Join
from tests.staff.test_orders import order_of

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
TOOL = Mail(subject="The tool", body='::product{slug="ql-claw"}', delay_days=3)


def open_page(source: str, path: str, times: int) -> None:
    with db.transaction() as session:
        session.add(
            Visit(day=NOW.date(), kind=clicks.FOLLOWED, name=source, detail=path, count=times)
        )


def test_a_letter_counts_together_whatever_version_it_went_by(app: Flask, join: Join) -> None:
    samples.fill(shop.samples)
    with time_machine.travel(NOW, tick=False) as machine:
        old = sequences.publish(
            "tips", "Tips", [Mail(subject="One", body="Hello"), TOOL], trigger="confirmed"
        )
        join("ada@example.com")
        tick()
        new = sequences.publish("tips", "Tips", [TOOL])
        join("ben@example.com")
        with db.reading() as session:
            tips = session.scalars(select(Sequence)).one()
        machine.shift(timedelta(days=4))
        tick()
        for row in queue.claim("worker", 9):
            queue.begin({row: "x"})
            fates.accept(row)
        open_page(f"sequence:{old}:1", "/products/ql-claw", 3)
        open_page(f"sequence:{new}:0", "/products/ql-claw", 2)
        open_page(f"sequence:{new}:0", "/products/made-up", 9)
        with db.transaction() as session:
            session.get_one(Order, order_of("ada", 901)).source = f"sequence:{old}:1,post:the-ql"
            session.get_one(Order, order_of("ben", 902)).source = f"sequence:{new}:0"
        tool, one = yields.of(tips)
    assert (tool.subject, one.subject) == ("The tool", "One")
    assert (tool.sent, tool.opened, tool.orders, tool.sold) == (2, 5, 2, {"USD": 19200})
    assert (one.sent, one.opened, one.orders) == (1, 0, 0)
