"""Sends what the ledger holds: claim, last look, compose, mark intent, hand over, mark the fate."""

import logging
import os
import socket
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import parseaddr

from jinja2 import TemplateError
from sqlalchemy.exc import SQLAlchemyError

from core import clock, config, db, jobs, leases, settings
from core.mail import acceptance, ledger, letters, smtp
from core.mail.letters import Undeliverable, Verdict, Wait
from core.mail.models import Delivery
from core.mail.smtp import Fate, Unreachable

log = logging.getLogger(__name__)

BATCH = 25
PAUSE_WHEN_UNREACHABLE = 30  # seconds
# What a composer's own fault may raise; it holds up no other message.
_FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    SQLAlchemyError,
    TemplateError,
    TypeError,
    ValueError,
)

stopping = threading.Event()

_turn = threading.Lock()
_rung = threading.Event()


@jobs.job(ledger.BELL, every_minutes=1)
def deliver() -> int:
    """Send all that is due; returns how many messages were handed over.

    Any number of processes may do so at once. Within one, a single thread does: whoever rings
    meanwhile only lets it look again, so that no thread is kept from other jobs.
    """
    handed_over = 0
    _rung.set()
    while _rung.is_set() and not stopping.is_set() and _turn.acquire(blocking=False):
        try:
            _rung.clear()
            handed_over += drain()
        finally:
            _turn.release()
    return handed_over


def drain() -> int:
    """Send until nothing is due; returns how many messages were handed over.

    Ends early when `stopping` is set, or when the mail server cannot be reached: then everything
    waits, and nothing counts as tried.
    """
    recover()
    worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    handed_over = 0
    batch = ledger.claim(worker, _batch_size())
    if not batch:
        return 0
    try:
        with _heartbeat(worker), smtp.Connection() as connection:
            while batch and not stopping.is_set():
                handed_over += _send(connection, batch)
                batch = ledger.claim(worker, _batch_size())
    except Unreachable as error:
        log.warning("the mail server cannot be reached: %s", error)
    else:
        ledger.release(batch)
    return handed_over


def recover() -> None:
    """Find the fate of messages whose worker vanished: ask the receiving side, or decide safely."""
    ledger.reclaim()
    domain = _domain(_sender())
    lost = {smtp.message_id(delivery, domain): delivery for delivery in ledger.expired()}
    try:
        accepted = acceptance.lookup(lost.keys())
    except acceptance.Unanswered as error:
        log.warning("what became of %s messages cannot be asked: %s", len(lost), error)
        return
    for message_id, delivery in lost.items():
        if accepted is None:
            ledger.lose(delivery, delivery.reason or "the worker vanished while sending it")
        elif message_id in accepted:
            ledger.accept(delivery)
        else:
            ledger.release([delivery])


def watch() -> None:
    """Ring for a turn where work waits and we are not at it: after a crash, or for a retry."""
    if not _turn.locked() and ledger.is_work_waiting():
        ledger.ring()


@contextmanager
def _heartbeat(worker: str) -> Iterator[None]:
    """Renew the worker's leases beside it, however long the mail server takes."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(ledger.LEASE.total_seconds() / 4):
            try:
                ledger.renew(worker)
            except SQLAlchemyError:
                log.exception("the leases of %s could not be renewed", worker)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _send(connection: smtp.Connection, batch: Sequence[Delivery]) -> int:
    """Send a claimed batch; how many were handed over. Raises `Unreachable`, all given back."""
    remaining = deque(_after_last_look(batch))
    sender = _sender()
    sent = 0
    pause = 0
    try:
        while remaining and not stopping.is_set() and _wait_for_place():
            sent += _send_one(connection, remaining[0], sender)
            remaining.popleft()
    except Unreachable:
        pause = PAUSE_WHEN_UNREACHABLE
        raise
    finally:
        ledger.release(remaining, "the mail server was away" if pause else None, wait=pause)
    return sent


def _send_one(connection: smtp.Connection, delivery: Delivery, sender: tuple[str, str]) -> int:
    """One message: compose, mark the intent, hand over, mark the fate. 1 if it was handed over."""
    message = _compose(delivery)
    if message is None or not ledger.begin(delivery, message.subject):
        return 0
    answer = connection.send(
        message,
        sender=sender,
        recipient=delivery.recipient,
        message_id=smtp.message_id(delivery, _domain(sender)),
    )
    _FATES[answer.fate](delivery, answer.text)
    return 1


_FATES = {
    Fate.ACCEPTED: lambda delivery, _: ledger.accept(delivery),
    Fate.REFUSED: ledger.fail,
    Fate.DEFERRED: ledger.postpone,
    Fate.UNKNOWN: ledger.doubt,
}


def _after_last_look(batch: Sequence[Delivery]) -> list[Delivery]:
    """Ask each letter's package once which of the batch must not go, or not now."""
    by_letter = defaultdict(list)
    for delivery in batch:
        by_letter[delivery.letter].append(delivery)
    verdicts: dict[int, Verdict] = {}
    with db.reading():
        for name, deliveries in by_letter.items():
            verdicts |= letters.look(name, deliveries)
    if verdicts:
        with db.transaction():
            for delivery in batch:
                _obey(delivery, verdicts.get(delivery.id))
    return [delivery for delivery in batch if delivery.id not in verdicts]


def _obey(delivery: Delivery, verdict: Verdict | None) -> None:
    if isinstance(verdict, Wait):
        ledger.wait(delivery, verdict.until, verdict.reason)
    elif verdict is not None:
        ledger.exclude(delivery, verdict)


def _compose(delivery: Delivery) -> letters.Message | None:
    """The message, or None where it cannot be composed: for good, or until a fault is mended."""
    try:
        with db.reading():
            return letters.find(delivery.letter).compose(delivery)
    except Undeliverable as error:
        ledger.fail(delivery, str(error))
    except _FAULTS as error:
        log.exception("delivery %s cannot be composed", delivery.id)
        ledger.postpone(delivery, f"{type(error).__name__}: {error}")
    return None


def _wait_for_place() -> bool:
    """Wait for the next place in the provider's rate; False when told to stop meanwhile."""
    rate = config.current().mail.rate
    if rate is None:
        return True
    start = leases.reserve("mail rate", 1, per_second=rate)
    wait = (start - clock.now()).total_seconds()
    return wait <= 0 or not stopping.wait(wait)


def _batch_size() -> int:
    """A second's worth where the provider sets a rate, so that several workers share it."""
    rate = config.current().mail.rate
    return BATCH if rate is None else max(1, min(BATCH, int(rate)))


def _sender() -> tuple[str, str]:
    """The name and address in From: what `MAIL_DEFAULT_SENDER` says, else the store's own."""
    store = settings.store()
    name, address = parseaddr(config.current().mail.default_sender or "")
    return name or store.name, address or store.sender_email


def _domain(sender: tuple[str, str]) -> str:
    return sender[1].rpartition("@")[2] or "localhost"
