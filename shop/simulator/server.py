"""The simulator as a server: in this process for tests, or as a program of its own."""

import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from shop.simulator import idempotency, timing
from shop.simulator.application import Application
from shop.simulator.controls import Controls
from shop.simulator.faults import Faults
from shop.simulator.store import Store
from shop.simulator.webhooks import RETRY_DELAYS, Courier

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_TICK = 0.5


def start(
    *,
    data: Path | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    webhook_url: str = "",
    webhook_secret: str = "whsec_simulated",  # noqa: S107  the secret of a simulated account
    retry_delays: Sequence[float] = RETRY_DELAYS,
) -> "Simulator":
    """Start a simulator in threads of this process.

    Args:
        data: The folder of its SQLite file; None keeps everything in memory.
        host: The address to listen at.
        port: The port to listen at; 0 takes a free one.
        webhook_url: Where its events go; none are sent while it is empty.
        webhook_secret: What they are signed with.
        retry_delays: Seconds before each further try of a delivery.

    Raises:
        OSError: Where the port is taken or the folder cannot be written.

    """
    if data:
        data.mkdir(parents=True, exist_ok=True)
    store = Store(data / "stripe.sqlite3" if data else None)
    simulator = Simulator(store, Courier(store, retry_delays), Faults())
    simulator.webhook_secret = webhook_secret
    if webhook_url:
        simulator.webhook_url = webhook_url
    simulator.listen(host, port)
    return simulator


class Simulator(Controls):
    """A running simulator and its controls; also a context manager that stops it."""

    base_url: str
    _server: BaseWSGIServer
    _clock: threading.Thread

    def listen(self, host: str, port: int) -> None:
        """Serve at an address, deliver webhooks, and let time bring about what is due."""
        self._stopping = threading.Event()
        # Bound here, because werkzeug ends the process where a port is taken.
        with socket.create_server((host, port)) as listener:
            port = listener.getsockname()[1]
            self._server = make_server(
                host,
                port,
                Application(self),
                threaded=True,
                request_handler=_QuietHandler,
                fd=listener.fileno(),
            )
        self.base_url = f"http://{host}:{port}"
        with self.store.transaction():
            self.store.set_setting("base_url", self.base_url)
        idempotency.release_interrupted(self.store)
        self.courier.start()
        threading.Thread(target=self._serve, name="simulator", daemon=True).start()
        self._clock = threading.Thread(target=self._tick, name="clock", daemon=True)
        self._clock.start()

    def stop(self) -> None:
        """End at once: close the port, deliver no more, close the file."""
        self._stopping.set()
        self.faults.clear()
        self.courier.stop()
        self._server.shutdown()
        self._server.server_close()
        self._clock.join()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.05)

    def _tick(self) -> None:
        while not self._stopping.wait(_TICK):
            timing.catch_up(self.store)


class _QuietHandler(WSGIRequestHandler):
    """Serves without a line of log for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing; the dashboard shows what happened."""

    def connection_dropped(
        self, error: BaseException, environ: "WSGIEnvironment | None" = None
    ) -> None:
        """Close the connection, so that the other side sees at once that no answer comes."""
        super().connection_dropped(error, environ)
        self.close_connection = True
