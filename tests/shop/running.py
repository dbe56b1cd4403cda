"""A shop that runs for a test: visitors who come to it, and what is then in its books."""

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler

from core import db
from core.mail.models import Delivery
from shop import shipping, stock
from shop.models import Alert, Order, Stock, StockMovement, Variant
from shop.shipping import Zone
from shop.simulator.server import Simulator

SKU = "QL-CLAW"
SECRET = "whsec_of_the_tests"

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Reply:
    """What a server answered; a redirect is not followed."""

    status: int
    text: str
    headers: Any

    @property
    def location(self) -> str:
        """Where it leads."""
        return str(self.headers["Location"])


@dataclass
class Browser:
    """A visitor with cookies of their own."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Reply:
        """Open a page."""
        return self._ask(path, None)

    def post(self, path: str, **form: Any) -> Reply:
        """Send a form."""
        return self._ask(path, urlencode(form).encode())

    def send(self, path: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Send a body as it is."""
        return self._ask(path, body, headers)

    def _ask(self, path: str, data: bytes | None, headers: dict[str, str] | None = None) -> Reply:
        request = urllib.request.Request(self.url + path, data=data, headers=headers or {})
        if self.cookies:
            kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            request.add_header("Cookie", kept)
        try:
            with _OPENER.open(request, timeout=60) as answer:
                reply = Reply(answer.status, answer.read().decode(), answer.headers)
        except urllib.error.HTTPError as error:
            reply = Reply(error.code, error.read().decode(), error.headers)
        for cookie in reply.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return reply


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any) -> None:
        """Follow nothing."""


_OPENER = urllib.request.build_opener(_NoRedirect)


@dataclass(frozen=True)
class RunningShop:
    """The sample shop at `url`, and the simulator of its Stripe account."""

    url: str
    app: Flask
    simulator: Simulator

    def visitor(self) -> Browser:
        """Somebody who comes for the first time."""
        return Browser(self.url)

    def buy(self, visitor: Browser | None = None, /, **form: Any) -> str:
        """Go to the payment page for one tool; the id of the Session."""
        wanted: dict[str, Any] = {"sku": SKU, "quantity": 1, "email": "ada@example.com"}
        reply = (visitor or self.visitor()).post("/checkout", **wanted | form)
        assert reply.status == 303, reply.text
        return session_in(reply)

    def wait(self) -> None:
        """Until Stripe has told all that happened."""
        assert self.simulator.wait_until_idle(20)


class Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing; what a test needs, it asks."""


def session_in(reply: Reply) -> str:
    """The Session that a redirect leads to."""
    return urlsplit(reply.location).path.rpartition("/")[2]


def at_once(count: int, work: Callable[[int], Answer]) -> list[Answer]:
    """Do something `count` times in as many threads that start together."""
    ready = threading.Barrier(count)

    def run(number: int) -> Answer:
        ready.wait(30)
        return work(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def the_order() -> Order:
    """The only order there is."""
    return every_order()[0]


def every_order() -> Sequence[Order]:
    """All orders, oldest first."""
    with db.reading() as session:
        return session.scalars(select(Order).order_by(Order.id)).all()


def alerts() -> list[str]:
    """The kinds of all alerts, oldest first."""
    with db.reading() as session:
        return list(session.scalars(select(Alert.kind).order_by(Alert.id)))


def letters() -> list[tuple[str, str]]:
    """Every letter in the ledger, oldest first: its kind and to whom."""
    with db.reading() as session:
        rows = session.execute(select(Delivery.letter, Delivery.recipient).order_by(Delivery.id))
        return [(letter, recipient) for letter, recipient in rows]


def shelf(sku: str = SKU) -> tuple[int, int]:
    """How many are on hand, and how many of them are held."""
    with db.reading() as session:
        mine = select(Stock.on_hand, Stock.reserved).join(Variant).where(Variant.sku == sku)
        row = session.execute(mine).one()
        return row.on_hand, row.reserved


def moved(sku: str = SKU) -> int:
    """The sum of all movements, which is what is on hand."""
    with db.reading() as session:
        sum_of = select(func.sum(StockMovement.change)).join(Variant).where(Variant.sku == sku)
        return session.scalar(sum_of) or 0


def ship_to(country: str, amount: int, currency: str = "USD") -> None:
    """Let a country have a flat rate of its own."""
    for zone in shipping.zones():
        if [each.country for each in zone.countries] == [country]:
            shipping.remove_zone(zone.id)
    bands: dict[int | None, int] = {None: amount}
    shipping.save_zone(
        Zone(
            title="Standard", countries=[country], bands=bands, currency=currency,
            days_min=3, days_max=6,
        )
    )  # fmt: skip


def leave_on_shelf(count: int, sku: str = SKU) -> None:
    """Let there be so many."""
    on_hand, _ = shelf(sku)
    with db.transaction() as session:
        variant = session.scalars(select(Variant).where(Variant.sku == sku)).one()
        stock.receive(variant.id, count - on_hand, by="Ada", why="counted")
