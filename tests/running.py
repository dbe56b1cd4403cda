"""A shop that runs in this process: real HTTP, a real Stripe simulator, a real mailbox."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from core import config, jobs
from core.config import Config
from core.mail import sending
from core.mailbox import server as mailbox
from core.mailbox.server import Mailbox
from shop.simulator import server as simulator
from shop.simulator.server import Simulator
from wsgi import create_app


@dataclass(frozen=True)
class RunningShop:
    """The shop at `url`, and the two stand-ins it speaks with."""

    url: str
    app: Flask
    config: Config
    simulator: Simulator
    mailbox: Mailbox

    def work(self) -> None:
        """Do a worker's turn of every job, and send all mail that is due."""
        with self.app.app_context():
            jobs.run_all()
            sending.deliver()


@contextmanager
def run_shop(database_url: str, data_dir: Path) -> Iterator[RunningShop]:
    """Run the shop on a migrated database until the block ends."""
    with ExitStack() as stack:
        stripe = stack.enter_context(simulator.start(data=None))
        letters = mailbox.start(data_dir / "mailbox")
        stack.callback(letters.stop)
        server, port = _listen(stack)
        chosen = config.load(
            {
                "DATA_DIR": str(data_dir),
                "DATABASE_URL": database_url,
                "SITE_URL": f"http://127.0.0.1:{port}",
                "STRIPE_API_BASE": stripe.base_url,
                "STRIPE_SECRET_KEY": "sk_test_shop",
                "STRIPE_WEBHOOK_SECRET": stripe.webhook_secret,
                "MAIL_SERVER": "127.0.0.1",
                "MAIL_PORT": str(letters.smtp_port),
                "MAIL_DEFAULT_SENDER": "hello@shop.example",
            }
        )
        app = create_app(chosen)
        server.app = app
        stripe.webhook_url = f"{chosen.site_url}/webhooks/stripe"
        yield RunningShop(chosen.site_url, app, chosen, stripe, letters)


def _listen(stack: ExitStack) -> tuple[BaseWSGIServer, int]:
    """A server on a free port, whose app is still to come, since its settings need the port."""
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return server, server.server_port


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing; what a test needs, it asks."""
