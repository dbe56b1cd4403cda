"""Letters a second, ledger included, as a ratio to Flask-Mail's `connect()` and to plain smtplib.

All go to a sink that keeps nothing, so that what is measured is ours.
"""

import os
import secrets
import smtplib
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import flask_mail
from flask import current_app
from sqlalchemy import String, cast, func, literal, null, select, update

from core import clock, config, db, settings
from core.mail import deeds, ledger, sending
from core.mail.models import Delivery, State
from newsletter import dispatch, mailing, newsletters, progress, rendering, subscribers
from newsletter.models import Standing, Subscriber
from wsgi import create_app

READERS = 5000
MANY = 200_000
REFERENCE = 500
ROUNDS = 3
BODY = "Some muscles ache where they are not.\n\n" * 40
PREHEADER = "A preheader that is long enough"


def measure(data_dir: Path) -> None:
    """Print medians over interleaved rounds."""
    with sink() as port:
        environment = {"DATA_DIR": str(data_dir), "MAIL_SERVER": "127.0.0.1"}
        environment |= {"MAIL_PORT": str(port), "MAIL_DEFAULT_SENDER": "hello@shop.example"}
        app = create_app(config.load(environment))
        with app.app_context():
            settings.change(postal_address="1 Bench Street, Benchville")
            _add_readers()
            rounds = [(_smtplib(port), _flask_mail(), _ledger()) for _ in range(ROUNDS)]
            plain, library, ours = map(statistics.median, zip(*rounds, strict=True))
            _print_rates(plain, library, ours)
            patience = _sign_up_meanwhile()
            print(f"  {'sign-up meanwhile, 95th percentile':<46}{patience * 1000:>7,.1f} ms")
            deed, last, at_once = _pause_a_large_issue()
            print(f"\na pause of {MANY:,} messages while a worker sends")
            print(f"  {'the deed, and its first portion':<46}{deed * 1000:>7,.0f} ms")
            print(f"  {'the last acceptance after it':<46}{last * 1000:>7,.0f} ms")
            print(
                f"  {'all of them in one statement, for comparison':<46}{at_once * 1000:>7,.0f} ms"
            )
        db.engine().dispose()


def _print_rates(plain: float, library: float, ours: float) -> None:
    print(f"\nmail to {READERS:,} readers, one process, one connection, a sink on loopback")
    print(f"  {'EmailMessage and smtplib, no ledger':<46}{plain:>7,.0f}/s")
    print(f"  {'Flask-Mail connect(), no ledger':<46}{library:>7,.0f}/s")
    print(
        f"  {'newsletter through the ledger':<46}{ours:>7,.0f}/s"
        f"  ÷ smtplib {ours / plain:.1f}  ÷ Flask-Mail {ours / library:.1f}"
    )


def _ledger() -> float:
    """Send a frozen issue: letters a second."""
    issue = newsletters.draft("A bench issue", BODY, preheader=PREHEADER)
    dispatch.send(issue)
    while dispatch.enter():
        pass
    start = time.perf_counter()
    sending.deliver()
    seconds = time.perf_counter() - start
    with db.reading():
        accepted = progress.status(issue).accepted
    if accepted != READERS:
        raise RuntimeError(f"{accepted} of {READERS} were accepted")
    return READERS / seconds


def _sign_up_meanwhile() -> float:
    """How long 95 of 100 people wait at most, while a worker process sends a newsletter."""
    issue = newsletters.draft("A bench issue", BODY, preheader=PREHEADER)
    dispatch.send(issue)
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        env=os.environ | _environment(),
    )
    waits: list[float] = []
    try:
        while progress.status(issue).pending:
            start = time.perf_counter()
            subscribers.subscribe(f"{secrets.token_hex(8)}@example.com", source="bench")
            waits.append(time.perf_counter() - start)
            _pause(worker)
    finally:
        worker.terminate()
        worker.wait()
    return statistics.quantiles(waits, n=20)[-1]


def _pause_a_large_issue() -> tuple[float, float, float]:
    """Seconds for a pause, until the last acceptance after it, and for one UPDATE of all its rows.

    As long as the last of these takes, nobody else writes.
    """
    source = _write_many()
    worker = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        env=os.environ | _environment(),
    )
    try:
        while not ledger.count(source).get(State.ACCEPTED):
            _pause(worker)
        start, moment = time.perf_counter(), clock.now()
        deeds.hold(source)
        deed = time.perf_counter() - start
        while ledger.count(source).keys() - {State.HELD, State.ACCEPTED}:
            _pause(worker)
    finally:
        worker.terminate()
        worker.wait()
    latest = select(func.max(Delivery.settled_at)).where(Delivery.source == source)
    with db.transaction() as session:
        last = session.scalars(latest).one() or moment
        start = time.perf_counter()
        db.changed(
            update(Delivery)
            .where(Delivery.source == source, Delivery.state == State.HELD)
            .values(state=State.PENDING)
        )
        at_once = time.perf_counter() - start
        session.rollback()
    return deed, max(0.0, (last - moment).total_seconds()), at_once


def _write_many() -> str:
    """Messages to one reader, in one statement."""
    first = select(literal(1).label("number")).cte(recursive=True)
    numbers = first.union_all(select(first.c.number + 1).where(first.c.number < MANY))
    with db.transaction() as session:
        reader = session.scalars(select(Subscriber).limit(1)).one()
        issue = newsletters.draft("A large issue", BODY, preheader=PREHEADER)
        dispatch.freeze(issue)
        source = f"newsletter:{issue}"
        ledger.enqueue_selected(
            select(
                literal(f"{source}:many:").concat(cast(numbers.c.number, String)).label("key"),
                literal(reader.id).label("person"),
                literal(reader.email).label("recipient"),
                null().label("reason"),
            ),
            letter=mailing.ISSUE,
            source=source,
        )
    return source


def _pause(worker: subprocess.Popen[bytes]) -> None:
    """Let a moment pass until the next reader comes; a worker that ended measures nothing."""
    with suppress(subprocess.TimeoutExpired):
        raise RuntimeError(f"the worker ended with {worker.wait(0.02)}")


def _environment() -> dict[str, str]:
    chosen = config.current()
    return {
        "DATA_DIR": str(chosen.data_dir),
        "MAIL_SERVER": chosen.mail.server,
        "MAIL_PORT": str(chosen.mail.port),
        "MAIL_DEFAULT_SENDER": chosen.mail.default_sender or "",
        "LOG_LEVEL": "warning",
    }


def _smtplib(port: int) -> float:
    """The same letters by Python's library."""
    letters = list(_letters())
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname=socket.gethostname()) as connection:
        for to, subject, html, text in letters:
            message = EmailMessage()
            message["Subject"], message["From"], message["To"] = subject, "hello@shop.example", to
            message.set_content(text)
            message.add_alternative(html, subtype="html")
            connection.send_message(message)
    return len(letters) / (time.perf_counter() - start)


def _flask_mail() -> float:
    """The same letters by Flask-Mail."""
    letters = list(_letters())
    mail: Any = current_app.extensions["mail"]
    start = time.perf_counter()
    with mail.connect() as connection:
        for to, subject, html, text in letters:
            connection.send(flask_mail.Message(subject, [to], text, html))
    return len(letters) / (time.perf_counter() - start)


def _letters() -> Iterator[tuple[str, str, str, str]]:
    """What each reader gets, composed already: only building and sending is measured."""
    skeleton = rendering.compile_letter("A bench issue", PREHEADER, BODY, archived=True)
    for number in range(REFERENCE):
        to = f"reader{number}@example.com"
        message = skeleton.fill(rendering.sample_values(to))
        yield to, message.subject, message.html, message.text


def _add_readers() -> None:
    """Confirmed readers."""
    now = clock.now()
    with db.transaction() as session:
        session.execute(
            db.insert(Subscriber),
            [
                {
                    "public_id": secrets.token_urlsafe(16),
                    "email": f"reader{number}@example{number % 50}.com",
                    "address_hash": secrets.token_hex(32),
                    "standing": Standing.CONFIRMED,
                    "membership": 1,
                    "zone": "America/New_York",
                    "pace_days": 2,
                    "source": "bench",
                    "created_at": now,
                    "confirmed_at": now,
                }
                for number in range(READERS)
            ],
        )


@contextmanager
def sink() -> Iterator[int]:
    """The port of a mail server that keeps nothing, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sink"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
