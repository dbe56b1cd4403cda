"""No list of the back office asks more of the database than five questions, however long it is.

The first desk is no list: it gathers from several of them, and asks five beside those of the frame.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from blog import comments, posts
from blog.posts import Draft
from core import clock, db
from newsletter import import_rollbacks, imports, newsletters, sequences
from newsletter.models import Subscriber
from newsletter.steps import Mail
from shop.models import OrderLine, Return, ReturnLine, ReturnReason, ReturnState, Review, Variant
from staff.access import OPEN_TO
from tests.staff.test_orders import order_of

LISTS = {
    "today": "/staff/",
    "orders": "/staff/orders",
    "orders, disputes": "/staff/orders/disputes",
    "orders, to ship": "/staff/orders/ship",
    "money": "/staff/money",
    "money, webhook": "/staff/money/webhook",
    "origins": "/staff/origins?days=365",
    "shelf": "/staff/shelf",
    "posts": "/staff/posts",
    "posts, readers of all": "/staff/posts/readers",
    "posts, by readers": "/staff/posts?sort=readers",
    "posts, unsaved": "/staff/posts/copies",
    "comments": "/staff/comments",
    "pages": "/staff/pages",
    "newsletters": "/staff/newsletters",
    "sequences": "/staff/sequences",
    "subscribers": "/staff/subscribers",
    "subscribers, suppressions": "/staff/subscribers/suppressions",
    "subscribers, imports": "/staff/subscribers/imports",
    "subscribers, an import that waits": "/staff/subscribers/imports/1",
    "subscribers, an import": "/staff/subscribers/imports/2",
    "subscribers, an undone import": "/staff/subscribers/imports/3",
    "segments": "/staff/segments",
    "media": "/staff/media",
    "outbox": "/staff/outbox",
    "products": "/staff/products",
    "promotions": "/staff/promotions",
    "returns": "/staff/returns",
    "reviews": "/staff/reviews",
    "shipping": "/staff/shipping",
    "styleguide": "/staff/styleguide",
    "settings": "/staff/settings",
    "redirects": "/staff/redirects",
    "search": "/staff/search?q=a",
    "account": "/staff/account",
}

MOST = {"today": 8}
"""How many questions a desk may ask where it is not five."""

FORMS = {"gallery", "prices", "return-terms", "review-requests", "variants"}
"""Desks that show one thing or its form, and no list."""


@contextmanager
def questions() -> Iterator[list[str]]:
    """Every statement that the database is asked meanwhile."""
    asked: list[str] = []

    def note(connection: object, cursor: object, statement: str, *others: object) -> None:
        asked.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


@pytest.fixture
def busy_shop(sample_shop: Flask, join: Callable[[str], Subscriber]) -> None:
    """Some of everything; Ada sends back what she praised."""
    sequences.publish(
        "welcome",
        "Welcome",
        [
            Mail(subject=f"Letter {day}", preheader="", body="Hello.", delay_days=day)
            for day in range(12)
        ],
        trigger="confirmed",
    )
    for number in range(20):
        _sent_back(order_of("Ada", 1000 + number))
        join(f"reader-{number}")
        post = posts.save(
            Draft(slug=f"p-{number}", title=f"A {number}", summary="", body="x", author="Ed"),
            by="ed@shop.example",
        )
        comments.submit(post.id, name="Ben", email=None, body="Yes.")
        newsletters.draft(f"Issue {number}", "Hello")
    for number in range(3):
        people = "".join(f"{number}-{each}@example.com,A\n" for each in range(80))
        imports.examine(f"email,name\n{people}", origin="old.csv", by="ed@shop.example")
    imports.carry_out(2)
    imports.carry_out(3)
    import_rollbacks.undo(3)


def _sent_back(order_id: int) -> None:
    """Something of an order that is asked back, and a review of it."""
    now = clock.now()
    with db.transaction() as session:
        line = session.query(OrderLine).filter_by(order_id=order_id).one()
        product = session.get_one(Variant, line.variant_id).product_id
        asked = {"state": ReturnState.REQUESTED, "reason": ReturnReason.UNSUITED, "words": ""}
        session.add(
            Return(
                order_id=order_id,
                requested_at=now,
                lines=[ReturnLine(order_line_id=line.id, quantity=1)],
                **asked,
            )
        )
        said = {"stars": 4, "title": "It reaches", "body": "It does.", "name": "Ada"}
        ids = {"order_id": order_id, "order_line_id": line.id, "product_id": product}
        session.add(Review(written_at=now, **said, **ids))


@pytest.mark.one_database
def test_lists_ask_few_questions(busy_shop: None, olivia: FlaskClient) -> None:
    for desk, address in LISTS.items():
        with questions() as asked:
            assert olivia.get(address).status_code == 200, desk
        real = [statement for statement in asked if not statement.startswith(("BEGIN", "PRAGMA"))]
        assert 0 < len(real) <= MOST.get(desk, 5), "\n".join([desk, *real])


def test_a_long_path_asks_no_more_than_a_short_one(busy_shop: None, olivia: FlaskClient) -> None:
    with questions() as asked:
        assert "Letter 11" in olivia.get("/staff/sequences/1").text
    assert len(asked) <= 9, "\n".join(asked)


def test_one_order_asks_no_more_than_it_has_parts(sample_shop: Flask, olivia: FlaskClient) -> None:
    number = order_of("Ada", 1001)
    with questions() as asked:
        assert olivia.get(f"/staff/orders/{number}").status_code == 200
    real = [statement for statement in asked if not statement.startswith(("BEGIN", "PRAGMA"))]
    assert len(real) <= 12, "\n".join(real)


def test_every_desk_has_its_list_here() -> None:
    assert set(OPEN_TO) - FORMS == {name.partition(",")[0] for name in LISTS}


def test_what_waits_is_counted_by_indexes_alone(olivia: FlaskClient, database_kind: str) -> None:
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL chooses by the tables' sizes")
    with questions() as asked:
        olivia.get("/staff/account")
    (counts,) = [statement for statement in asked if "count(" in statement]
    plan = plan_of(counts)
    for index in ("ix_shop_order_to_ship", "ix_comment_waiting", "ix_delivery_troubled"):
        assert any(index in step for step in plan), plan


def test_sums_over_a_time_never_read_the_orders_themselves(
    olivia: FlaskClient, database_kind: str
) -> None:
    if database_kind != "sqlite":
        pytest.skip("PostgreSQL chooses by the tables' sizes")
    with questions() as asked:
        olivia.get("/staff/")
    sums = [statement for statement in asked if "sum(shop_order.total_amount" in statement]
    assert len(sums) == 2
    for statement in sums:
        plan = plan_of(statement)
        assert any("COVERING INDEX ix_shop_order_sums" in step for step in plan), plan


def plan_of(statement: str) -> list[str]:
    """The steps in which SQLite would answer it."""
    with db.engine().connect() as connection:
        explained = statement.replace("?", "0")
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {explained}")
        return [str(row[3]) for row in rows]
