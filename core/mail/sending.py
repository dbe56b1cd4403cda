"""Sends what the ledger holds: claim, last look, compose, mark intent, hand over, mark the fate."""

import logging
import os
import socket
import threading
from collections import defaultdict
from collections.abc import Sequence
from email.utils import parseaddr

from core import clock, config, db, jobs, leases, settings
from core.mail import acceptance, ledger, letters, smtp
from core.mail.models import Delivery
from core.mail.smtp import Fate

log = logging.getLogger(__name__)

BATCH = 25
PAUSE_WHEN_UNREACHABLE = 30  # seconds

stopping = threading.Event()


@jobs.job(ledger.BELL, every_minutes=1)
def deliver() -> int:
    """Send all that is due; returns how many messages were handed over.

    Any number of workers may do so at once. Ends early when `stopping` is set, or when the mail
    server cannot be reached: then everything waits, and nothing counts as tried.
    """
    recover()
    handed_over = 0
    worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    while not stopping.is_set():
        batch = ledger.claim(worker, _batch_size())
        if not batch:
            break
        sent, reachable = _send(batch)
        handed_over += sent
        if not reachable:
            break
    return handed_over


def recover() -> None:
    """Find the fate of messages whose worker vanished: ask the receiving side, or decide safely."""
    ledger.reclaim()
    lost = ledger.expired()
    domain = _domain(_sender())
    ids = {smtp.message_id(delivery, domain): delivery for delivery in lost}
    accepted = acceptance.lookup(ids.keys())
    for message_id, delivery in ids.items():
        if accepted is None:
            ledger.lose(delivery, "the worker vanished while sending it")
        elif message_id in accepted:
            ledger.accept(delivery)
        else:
            ledger.release([delivery], "the worker vanished before it was accepted")


def _send(batch: Sequence[Delivery]) -> tuple[int, bool]:
    """Send a claimed batch: how many were handed over, and whether the server could be reached."""
    remaining = _after_last_look(batch)
    sent = 0
    if not remaining:
        return 0, True
    sender = _sender()
    try:
        with smtp.Connection() as connection:
            while remaining and not stopping.is_set():
                if not _wait_for_place():
                    break
                sent += _send_one(connection, remaining[0], sender)
                remaining.pop(0)
    except smtp.Unreachable as error:
        log.warning("the mail server cannot be reached: %s", error)
        ledger.release(remaining, f"mail server: {error}", wait=PAUSE_WHEN_UNREACHABLE)
        return sent, False
    ledger.release(remaining)
    return sent, True


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
    Fate.UNKNOWN: ledger.lose,
}


def _after_last_look(batch: Sequence[Delivery]) -> list[Delivery]:
    """Ask each letter's package once which of the batch must not go, and exclude those."""
    by_letter = defaultdict(list)
    for delivery in batch:
        by_letter[delivery.letter].append(delivery)
    excluded: dict[int, str] = {}
    with db.reading():
        for name, deliveries in by_letter.items():
            excluded |= letters.look(name, deliveries)
    for delivery in batch:
        if delivery.id in excluded:
            ledger.exclude(delivery, excluded[delivery.id])
    return [delivery for delivery in batch if delivery.id not in excluded]


def _compose(delivery: Delivery) -> letters.Message | None:
    """The message, or None where it can never be composed; one bad row holds up no other."""
    try:
        with db.reading():
            return letters.find(delivery.letter).compose(delivery)
    except letters.Undeliverable as error:
        ledger.fail(delivery, str(error))
    except Exception as error:
        log.exception("delivery %s cannot be composed", delivery.id)
        ledger.fail(delivery, f"{type(error).__name__}: {error}")
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
    """A second's worth where the provider sets a rate, so that a pause takes effect at once."""
    rate = config.current().mail.rate
    return BATCH if rate is None else max(1, min(BATCH, int(rate)))


def _sender() -> tuple[str, str]:
    """The name and address in From: what `MAIL_DEFAULT_SENDER` says, else the store's own."""
    store = settings.store()
    name, address = parseaddr(config.current().mail.default_sender or "")
    return name or store.name, address or store.sender_email


def _domain(sender: tuple[str, str]) -> str:
    return sender[1].rpartition("@")[2] or "localhost"
