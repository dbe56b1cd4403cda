"""Orders a second from POST to settled, beside the bare cost of the same Stripe calls."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import make_server

from core import clock, config, db, schema
from core.web.limits import limiter
from shop import catalog, payments, stock
from shop.models import BOUGHT, Order, OrderLine
from shop.simulator import server as stripe
from shop.simulator.server import Simulator
from tests.shop.running import SECRET, SKU, Browser, Quiet, session_in
from wsgi import create_app, fill

ORDERS = 40
ROUNDS = 3


def measure(folder: Path) -> None:
    """Print both rates and their ratio: what the shop adds to what Stripe costs anyway.

    The bare calls are one to open a Session and one to read it after it was paid, with the same
    parameters, to a simulator that tells nobody, in rounds that take turns with the shop's.
    """
    with stripe.start() as silent, _running(folder) as (app, url, simulator), app.app_context():
        offer = catalog.offer(SKU)
        assert offer is not None, SKU
        stock.receive(offer.variant_id, ORDERS * (ROUNDS + 1), by="bench")
        _buy(url, simulator)  # what the first ones alone pay for
        bought, bare = [], []
        for number in range(ROUNDS):
            bought.append(_timed(lambda: _buy(url, simulator)))
            bare.append(_timed(lambda number=number: _call(silent, number)))  # type: ignore[misc] # bound now
        _check(ORDERS * (ROUNDS + 1))
    shop, base = (ORDERS / sorted(times)[ROUNDS // 2] for times in (bought, bare))
    print(f"\ncheckout, {ORDERS} orders one after another, paid, told by webhook, settled")
    print(f"  {'the same Stripe calls alone':<28}{base:>9.1f}/s")
    print(f"  {'from POST to settled':<28}{shop:>9.1f}/s  ÷ bare {shop / base:.2f}")


def _buy(url: str, simulator: Simulator) -> None:
    """Let people buy one tool each, and wait until the webhook has settled every order."""
    for number in range(ORDERS):
        visitor, email = Browser(url), f"ada-{number}@example.com"
        reply = visitor.post("/checkout", sku=SKU, quantity=1, email=email)
        assert reply.status == 303, reply.text
        simulator.pay(session_in(reply))
    assert simulator.wait_until_idle(60)


def _call(simulator: Simulator, number: int) -> None:
    """The same calls without the shop: no order is written, and nobody is told by webhook."""
    with db.reading() as session:
        order = session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()
        likes = [_like(order, f"bare-{number}-{each}") for each in range(ORDERS)]
    chosen = config.current()
    config.install(replace(chosen, stripe_api_base=simulator.base_url))
    for like in likes:
        opened = payments.open_session(like)
        simulator.pay(opened.id)
        payments.read_session(opened.id)
    config.install(chosen)


def _like(order: Order, token: str) -> Order:
    """An order that asks Stripe for the same, under another name; it is not in the database."""
    parts = ("variant_id", "sku", "title", "unit_amount", "quantity", "position")
    kept = ("currency", "discount_amount", "shipping_amount", "shipping_title", "country", "email")
    return Order(
        token=token,
        attempt=1,
        expires_at=clock.now() + timedelta(hours=1),
        days_min=order.days_min,
        days_max=order.days_max,
        lines=[OrderLine(**{part: getattr(line, part) for part in parts}) for line in order.lines],
        **{name: getattr(order, name) for name in kept},
    )


def _check(expected: int) -> None:
    with db.reading() as session:
        settled = session.scalar(select(func.count(Order.id)).where(Order.state.in_(BOUGHT)))
    assert settled == expected, f"{settled} of {expected} orders are settled"


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _running(folder: Path) -> Iterator[tuple[Flask, str, Simulator]]:
    """The sample shop over HTTP with a simulator that delivers webhooks to it."""
    with stripe.start(webhook_secret=SECRET) as simulator:
        app = create_app(config.load({"DATA_DIR": str(folder)}))
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        url = f"http://127.0.0.1:{server.server_port}"
        config.install(
            replace(
                config.current(),
                site_url=url,
                stripe_api_base=simulator.base_url,
                stripe_webhook_secrets=(SECRET,),
            )
        )
        limiter.enabled = False  # all buyers come from one address
        simulator.webhook_url = f"{url}/webhooks/stripe"
        with app.app_context():
            schema.upgrade()
            fill()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield app, url, simulator
        finally:
            server.shutdown()
            server.server_close()
