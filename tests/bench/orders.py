"""The back office over 50,000 orders, beside the smallest page that Flask can serve."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import event

from core import config, db, schema
from staff import members
from staff.models import Role
from tests.bench import readers, reference, sales, year
from wsgi import create_app, fill

ROUNDS = 9
TARGET = 100.0
"""Milliseconds within which a list has to be there."""

LISTS = {
    "today": "/staff/",
    "orders": "/staff/orders",
    "orders, older": f"/staff/orders?after={sales.ORDERS // 2}",
    "orders to ship": "/staff/orders?state=to-ship",
    "orders not paid": "/staff/orders?state=unpaid",
    "orders with a tag": "/staff/orders?tag=gift",
    "orders by number": f"/staff/orders?q=QL-{sales.ORDERS // 3}",
    "orders by e-mail": "/staff/orders?q=chloe.d",
    "orders by first name": "/staff/orders?q=chloe",
    "orders by last name": "/staff/orders?q=archer",
    "orders by tracking number": "/staff/orders?q=9400000000012",
    "orders, nothing found": "/staff/orders?q=nobody",
    "one order": f"/staff/orders/{sales.ORDERS // 2 + 2}",
    "disputes": "/staff/orders/disputes",
    "ship many": "/staff/orders/ship",
    "products": "/staff/products",
    "shelf": "/staff/shelf",
    "shipping": "/staff/shipping",
    "returns": "/staff/returns",
    "returns, closed": "/staff/returns?state=closed",
    "reviews": "/staff/reviews",
    "reviews, all": "/staff/reviews?state=shown",
    "reviews, quoted": "/staff/reviews?state=picked",
    "subscribers": "/staff/subscribers",
    "subscribers by e-mail": "/staff/subscribers?q=reader-299",
    "newsletters": "/staff/newsletters",
    "posts": "/staff/posts",
    "outbox": "/staff/outbox",
    "outbox to one": "/staff/outbox?to=reader-7@",
    "money": "/staff/money",
    "webhook": "/staff/money/webhook",
    "search": "/staff/search?q=chloe",
    "search, a number": f"/staff/search?q=ql-{sales.ORDERS // 3}1",
}


def measure(folder: Path) -> None:
    """Print the median time and the queries of each page; slow ones are marked."""
    client = _owner(_shop(folder))
    plain = reference.app.test_client()
    base = _median(lambda: plain.get("/"))
    print(f"\nback office, {sales.ORDERS:,} orders, {readers.SUBSCRIBERS:,} subscribers")
    print(f"  {'reference':<28}{base:>9.2f} ms")
    for name, address in LISTS.items():
        asked = _queries(client, address)
        took = _median(lambda address=address: client.get(address))  # type: ignore[misc] # bound now
        slow = "  slow" if took > TARGET or asked > 5 else ""
        print(f"  {name:<28}{took:>9.2f} ms  ÷ reference {took / base:<6.1f}{asked} queries{slow}")


def _shop(folder: Path) -> FlaskClient:
    """The sample shop after its year, on a database of its own; nobody is signed in."""
    app = create_app(config.load({"DATA_DIR": str(folder)}))
    with app.app_context():
        schema.upgrade()
        fill()
        members.add(_EMAIL, Role.OWNER, _PASSWORD)
        year.fill()
    return app.test_client()


_EMAIL, _PASSWORD = "olivia@shop.example", "a long pass phrase"


def _owner(client: FlaskClient) -> FlaskClient:
    answer = client.post("/staff/login", data={"email": _EMAIL, "password": _PASSWORD})
    assert answer.status_code == 303, answer.status
    return client


def _queries(client: FlaskClient, address: str) -> int:
    with _asked() as statements:
        answer = client.get(address)
    assert answer.status_code == 200, f"{address} answered {answer.status}"
    return len([each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))])


@contextmanager
def _asked() -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *others: object) -> None:
        statements.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine(), "before_cursor_execute", note)


def _median(work: Callable[[], object]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
