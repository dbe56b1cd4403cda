"""What the shop's tests ask for: the sample shop, in this process or running beside a Stripe."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.serving import make_server

import shop.samples
from core import config
from core.config import Config
from shop.simulator import server as stripe
from shop.simulator.server import Simulator
from tests import samples
from tests.shop.running import SECRET, Quiet, RunningShop


@pytest.fixture
def sample_shop(app: Flask) -> Flask:
    """The shop with its sample product: 40 on hand, $89.00, shipped to five countries."""
    samples.fill(shop.samples)
    return app


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A Stripe account of its own, which tries a delivery that fails again only when told to."""
    with stripe.start(webhook_secret=SECRET, retry_delays=(3600,)) as running:
        yield running


@pytest.fixture
def running_shop(app: Flask, shop_config: Config, simulator: Simulator) -> Iterator[RunningShop]:
    """The sample shop over real HTTP, with a simulator that delivers real webhooks to it."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    chosen = replace(
        shop_config,
        site_url=f"http://127.0.0.1:{server.server_port}",
        stripe_api_base=simulator.base_url,
        stripe_webhook_secrets=("whsec_of_next_month", SECRET),
    )
    config.install(chosen)
    app.jinja_env.globals["site_url"] = chosen.site_url
    simulator.webhook_url = f"{chosen.site_url}/webhooks/stripe"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    samples.fill(shop.samples)
    yield RunningShop(chosen.site_url, app, simulator)
    server.shutdown()
    server.server_close()
