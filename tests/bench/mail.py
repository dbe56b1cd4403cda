"""Letters a second, ledger included, as a ratio to composing and sending each by the library."""

import io
import smtplib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

from core import config, db, settings
from core.mail import sending
from newsletter import imports, newsletters
from tests.bench.pages import wait_for
from tests.free_port import free_port
from wsgi import create_app

READERS = 500
ROUNDS = 3
_ROWS = "".join(
    f"reader{n}@example.com,2026-01-01T00:00:00Z,bench\n" for n in range(1, READERS + 1)
)


def measure(data_dir: Path) -> None:
    """Print the median rate over interleaved rounds, and its ratio to the reference."""
    with _mailbox(data_dir / "bench-mailbox") as port:
        environment = {"DATA_DIR": str(data_dir), "MAIL_SERVER": "127.0.0.1"}
        environment |= {"MAIL_PORT": str(port), "MAIL_DEFAULT_SENDER": "hello@shop.example"}
        app = create_app(config.load(environment))
        with app.app_context():
            settings.change(postal_address="1 Bench Street, Benchville")
            imports.read(io.StringIO("email,consent_at,consent_source\n" + _ROWS), origin="bench")
            rates = [(_reference(port), _ledger()) for _ in range(ROUNDS)]
        db.engine().dispose()
    plain = statistics.median(rate for rate, _ in rates)
    ledger = statistics.median(rate for _, rate in rates)
    print(f"\nmail to {READERS} readers, one connection, a mailbox that syncs each to disk")
    print(f"  {'EmailMessage and smtplib, no ledger':<40}{plain:>7,.0f}/s")
    print(
        f"  {'newsletter through the ledger':<40}{ledger:>7,.0f}/s  ÷ reference {ledger / plain:.2f}"
    )


def _ledger() -> float:
    """Freeze an issue and send it: intent and outcome are committed for each message."""
    issue = newsletters.draft("A bench issue", _BODY, preheader="A preheader that is long enough")
    start = time.perf_counter()
    newsletters.send(issue)
    newsletters.tend()
    sending.deliver()
    seconds = time.perf_counter() - start
    with db.reading():
        accepted = newsletters.status(issue).accepted
    if accepted != READERS:
        raise RuntimeError(f"{accepted} of {READERS} were accepted")
    return READERS / seconds


def _reference(port: int) -> float:
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for number in range(READERS):
            message = EmailMessage()
            message["Subject"] = "A bench issue"
            message["From"] = "hello@shop.example"
            message["To"] = f"reader{number}@example.com"
            message.set_content(_BODY)
            message.add_alternative(f"<p>{_BODY}</p>" * 4, subtype="html")
            connection.send_message(message)
    return READERS / (time.perf_counter() - start)


@contextmanager
def _mailbox(folder: Path) -> Iterator[int]:
    pages, smtp = free_port(), free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "core.mailbox", "--http-port", str(pages)),
            *("--smtp-port", str(smtp), "--data", str(folder)),
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_for(pages)
        yield smtp
    finally:
        process.terminate()
        process.wait()


_BODY = "Some muscles ache where they are not.\n\n" * 40
