"""Runs the mailbox: SMTP and pages beside each other, in threads of this process."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from core.mailbox.messages import Message
from core.mailbox.smtp import Server
from core.mailbox.store import Search, Store
from core.mailbox.views import create_pages

FILE = "mailbox.sqlite3"
"""The name of the file within the data directory."""

_POLL = 0.1  # seconds within which the pages notice that they shall end
_ALL = 2**31


class Mailbox:
    """A running mailbox, as `start` returns it."""

    def __init__(self, store: Store, smtp: Server, pages: BaseWSGIServer, end: ExitStack) -> None:
        self.store = store
        self._smtp = smtp
        self._pages = pages
        self._end = end

    @property
    def http_url(self) -> str:
        """The address of the pages, without a slash at its end."""
        host = f"[{self._pages.host}]" if ":" in self._pages.host else self._pages.host
        return f"http://{host}:{self._pages.port}"

    @property
    def smtp_host(self) -> str:
        """Where SMTP listens."""
        return self._smtp.host

    @property
    def smtp_port(self) -> int:
        """The port that takes mail."""
        return self._smtp.port

    def stop(self) -> None:
        """End at once; what was answered with 250 is on the disk."""
        self._end.close()

    def messages(self, to: str | None = None) -> list[Message]:
        """Every message, or those for one recipient of the envelope, oldest first."""
        found = self.store.page(Search(to=to or ""), limit=_ALL)
        messages = (self.store.get(summary.id) for summary in reversed(found))
        return [message for message in messages if message]

    def wait_for(
        self, *, to: str | None = None, subject_contains: str = "", timeout: float = 10
    ) -> Message:
        """The newest message that fits, as soon as it is there.

        Raises TimeoutError, which lists what came instead, after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        with self.store.arrived:
            while True:
                fitting = self._fitting(to, subject_contains)
                if fitting:
                    return fitting
                if not self.store.arrived.wait(deadline - time.monotonic()):
                    raise TimeoutError(self._missed(to, subject_contains))

    def clear(self) -> None:
        """Delete every message; the log of accepted Message-IDs stays."""
        self.store.clear()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Within this block nobody can connect, as when the provider is down."""
        self._smtp.refuse()
        try:
            yield
        finally:
            self._smtp.listen()

    @contextmanager
    def stalling(self) -> Iterator[None]:
        """Within this block connections open and nothing is ever answered."""
        self._smtp.change(self._smtp.flowing.clear)
        try:
            yield
        finally:
            self._smtp.change(self._smtp.flowing.set)

    def defer(self, messages: int) -> None:
        """Answer 451 to the data of the next messages, as a busy provider does."""
        self._fail(deferrals=messages)

    def reject(self, *recipients: str) -> None:
        """Answer 550 to these recipients, and to no others."""
        self._fail(rejected=frozenset(address.lower() for address in recipients))

    def lose_replies(self, messages: int) -> None:
        """Store the next messages and cut the connection where their 250 should come."""
        self._fail(lost_replies=messages)

    def heal(self) -> None:
        """End every fault."""
        self._fail(deferrals=0, rejected=frozenset(), lost_replies=0)

    def _fail(self, **faults: object) -> None:
        def fail() -> None:
            self._smtp.faults = replace(self._smtp.faults, **faults)  # type: ignore[arg-type]

        self._smtp.change(fail)

    def _fitting(self, to: str | None, subject_contains: str) -> Message | None:
        wanted = subject_contains.casefold()
        for summary in self.store.page(Search(to=to or "", words=subject_contains), limit=_ALL):
            if wanted in summary.subject.casefold():
                return self.store.get(summary.id)
        return None

    def _missed(self, to: str | None, subject_contains: str) -> str:
        there = self.store.page(Search(), limit=20)
        listed = "\n".join(f"  {', '.join(row.rcpt_tos)}: {row.subject}" for row in there)
        return f"No message to {to or 'anyone'} with “{subject_contains}”; there are:\n{listed}"


def start(
    data: Path | str, *, host: str = "127.0.0.1", http_port: int = 0, smtp_port: int = 0
) -> Mailbox:
    """Start a mailbox that keeps its messages in the directory `data`.

    Port 0 takes a free one. Raises OSError when a port is taken.
    """
    with ExitStack() as end:
        store = Store(Path(data) / FILE)
        end.callback(store.close)
        smtp = Server(store, host, smtp_port)
        end.callback(smtp.stop)
        smtp.listen()
        pages = _serve(create_pages(store, host, smtp.port), host, http_port, end)
        return Mailbox(store, smtp, pages, end.pop_all())


def _serve(app: Flask, host: str, port: int, end: ExitStack) -> BaseWSGIServer:
    # Bound here, as Werkzeug ends the whole process when a port is taken.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        pages = make_server(
            host,
            port,
            app,
            threaded=True,
            request_handler=_QuietHandler,
            fd=listener.fileno(),
        )
    thread = threading.Thread(target=pages.serve_forever, args=(_POLL,), name="mailbox-pages")
    thread.start()
    end.callback(thread.join)
    end.callback(pages.shutdown)
    return pages


class _QuietHandler(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the pages poll."""
