"""Sends what the ledger holds: claim, print, last look, mark intent, hand over, mark the fates.

A group of messages goes at a time. One commit marks what became of the group before, the intent to
send this one, and the claim of the next: so a letter costs a fraction of a synced commit, and what
a killed worker leaves in doubt is one group.
"""

import logging
import os
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from core import config, db, jobs
from core.mail import acceptance, fates, ledger, letters, printing, queue, rates, smtp, stops
from core.mail.letters import Verdict, Wait
from core.mail.models import Cause, Delivery
from core.mail.pipelining import Answer, Fate
from core.mail.printing import Batch

log = logging.getLogger(__name__)

GROUP = 25
"""Messages between two marks: at most so many are in doubt after a crash."""
PAUSE_WHEN_UNREACHABLE = timedelta(seconds=30)

stopping = threading.Event()

_turn = threading.Lock()
_rung = threading.Event()
Outcomes = list[tuple[Delivery, Answer]]


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

    Ends early when `stopping` is set, or when the mail server takes nothing of ours: then
    everything waits, and nothing counts as tried.
    """
    recover()
    worker = f"{socket.gethostname()}:{os.getpid()}:{threading.get_ident()}"
    claimed = queue.claim(worker, _group_size())
    if not claimed:
        return 0
    with _heartbeat(worker), smtp.Connection() as connection:
        return _drain(worker, connection, claimed)


def recover() -> None:
    """Find the fate of messages whose worker vanished: ask the receiving side, or decide safely."""
    queue.reclaim()
    doubtful = queue.expired()
    if not doubtful:
        return
    domain = printing.domain_of(printing.find_sender()[1])
    lost = {printing.message_id(delivery, domain): delivery for delivery in doubtful}
    try:
        accepted = acceptance.lookup(lost.keys())
    except acceptance.Unanswered as error:
        log.warning("what became of %s messages cannot be asked: %s", len(lost), error)
        return
    with db.transaction():
        for message_id, delivery in lost.items():
            if accepted is None:
                fates.lose(delivery, delivery.reason or "the worker vanished while sending it")
            elif message_id in accepted:
                fates.accept(delivery)
            else:
                fates.release([delivery])


def watch() -> None:
    """Ring for a turn where work waits and we are not at it: after a crash, or for a retry."""
    if not _turn.locked() and queue.is_work_waiting():
        ledger.ring()


@contextmanager
def _heartbeat(worker: str) -> Iterator[None]:
    """Renew the worker's leases beside it, however long the mail server takes."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(queue.LEASE.total_seconds() / 4):
            try:
                queue.renew(worker)
            except SQLAlchemyError:
                log.exception("the leases of %s could not be renewed", worker)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _drain(worker: str, connection: smtp.Connection, claimed: list[Delivery]) -> int:
    """Send group after group, and leave no row of ours in doubt that need not be."""
    handed_over = 0
    outcomes: Outcomes = []
    try:
        while claimed and not stopping.is_set() and rates.wait_for(len(claimed), stopping):
            printed = printing.print_all(claimed)
            with db.transaction():
                _settle(outcomes)
                begun = _begin(claimed, printed)
                following = queue.claim(worker, _group_size())
            outcomes, claimed = [], following
            parcels = [printed.ready[delivery].parcel for delivery in begun]
            outcomes = list(zip(begun, connection.send(parcels), strict=True))
            handed_over += sum(answer.fate is not Fate.BARRED for _, answer in outcomes)
            if any(answer.fate is Fate.BARRED for _, answer in outcomes):
                break
    finally:
        with db.transaction():
            away = _settle(outcomes)
            fates.release(claimed, after=PAUSE_WHEN_UNREACHABLE if away else timedelta(0))
    return handed_over


def _begin(claimed: Sequence[Delivery], printed: Batch) -> list[Delivery]:
    """Have a last look at a printed group and mark the intent to send what is left of it."""
    for delivery, reason in printed.undeliverable.items():
        fates.fail(delivery, reason)
    for delivery, fault in printed.faulty.items():
        fates.postpone(delivery, fault)
    ready = [delivery for delivery in claimed if delivery in printed.ready]
    ready = _after_last_look(ready)
    for delivery, until in rates.too_soon(ready):
        fates.wait(delivery, until, rates.PATIENCE)
        ready.remove(delivery)
    return queue.begin({delivery: printed.ready[delivery].subject for delivery in ready})


def _after_last_look(ready: list[Delivery]) -> list[Delivery]:
    """Ask each letter's package once which of a group must not go, or not now."""
    by_letter = defaultdict(list)
    for delivery in ready:
        by_letter[delivery.letter].append(delivery)
    verdicts: dict[int, Verdict] = {}
    for name, deliveries in by_letter.items():
        verdicts |= letters.look(name, deliveries)
    for delivery in ready:
        if delivery.id in verdicts:
            _obey(delivery, verdicts[delivery.id])
    return [delivery for delivery in ready if delivery.id not in verdicts]


def _obey(delivery: Delivery, verdict: Verdict) -> None:
    if isinstance(verdict, Wait):
        fates.wait(delivery, verdict.until, verdict.reason)
    else:
        fates.exclude(delivery, verdict)


def _settle(outcomes: Outcomes) -> bool:
    """Mark what became of a group; whether the server takes nothing of ours now."""
    fates.accept(*(delivery for delivery, answer in outcomes if answer.fate is Fate.ACCEPTED))
    away = False
    for delivery, answer in outcomes:
        if smtp.is_authentication_fault(answer):
            stops.stop(Cause.AUTHENTICATION, answer.text)
            fates.release([delivery], answer.text, after=PAUSE_WHEN_UNREACHABLE)
        elif answer.fate is Fate.BARRED:
            away = True
            fates.release([delivery], "the mail server was away", after=PAUSE_WHEN_UNREACHABLE)
        elif answer.fate is not Fate.ACCEPTED:
            rates.heed(delivery, answer)
            _FATES[answer.fate](delivery, answer.text)
    if away:
        log.warning("the mail server takes nothing: %s", outcomes[-1][1].text)
    return away


_FATES = {Fate.REFUSED: fates.fail, Fate.DEFERRED: fates.postpone, Fate.UNKNOWN: fates.doubt}


def _group_size() -> int:
    """A second's worth where the provider sets a rate, so that several workers share it."""
    rate = config.current().mail.rate
    return GROUP if rate is None else max(1, min(GROUP, int(rate)))
