"""Sends what the ledger holds: claim, print, last look, mark intent, hand over, mark the fates.

A group of messages goes at a time. One commit marks what became of the group before, the intent to
send this one, and the claim of the next: so a letter costs a fraction of a synced commit, and what
a killed worker leaves in doubt is one group.
"""

import logging
import os
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from core import db, jobs
from core.mail import (
    acceptance,
    bounces,
    caps,
    deeds,
    fates,
    heartbeat,
    ledger,
    letters,
    merging,
    printing,
    queue,
    rates,
    smtp,
    stops,
    warming,
)
from core.mail.grouping import Grouping
from core.mail.letters import Undeliverable, Verdict, Wait
from core.mail.models import Cause, Delivery, Stream
from core.mail.pipelining import Answer, Company, Fate, Parcel
from core.mail.printing import Faulty, Press, Printed

log = logging.getLogger(__name__)

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
    grouping = Grouping()
    claimed = queue.claim(worker, grouping.claim)
    if not claimed:
        return 0
    with heartbeat.beating(worker) as lease, smtp.Connection() as connection:
        return _drain(worker, lease, connection, claimed, grouping)


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


def hasten(factor: float) -> None:
    """Divide leases and waits of this process by `factor`, for a proof on a scratch database."""
    global PAUSE_WHEN_UNREACHABLE  # noqa: PLW0603 - as the leases and waits are, for one process
    queue.LEASE /= factor
    fates.RETRIES = tuple(wait / factor for wait in fates.RETRIES)
    PAUSE_WHEN_UNREACHABLE /= factor


def _drain(
    worker: str,
    lease: heartbeat.Lease,
    connection: smtp.Connection,
    claimed: list[Delivery],
    grouping: Grouping,
) -> int:
    """Send group after group, and leave no row of ours in doubt that need not be."""
    handed_over = 0
    press = Press()
    outcomes: Outcomes = []
    try:
        while claimed and not stopping.is_set():
            size = grouping.size
            press.load(claimed)
            if not rates.wait_for(min(size, len(claimed)), stopping):
                break
            lease.begin()
            with db.transaction():
                _settle(outcomes)
                streams = stops.open_streams()
                begun = _begin(claimed[:size], press, streams)
                following = _claim_next(worker, claimed[size:], streams, grouping)
            outcomes, claimed = [], following
            started = time.monotonic()
            press.load(claimed)
            outcomes = _hand_over(connection, begun, Company(press.print_next, lease.holds))
            grouping.learn(len(begun), time.monotonic() - started)
            handed_over += sum(answer.fate not in _UNTRIED for _, answer in outcomes)
            if any(answer.fate is Fate.BARRED for _, answer in outcomes):
                break
    finally:
        with db.transaction():
            away = _settle(outcomes)
            fates.release(claimed, after=PAUSE_WHEN_UNREACHABLE if away else timedelta(0))
    return handed_over


def _hand_over(
    connection: smtp.Connection, begun: Sequence[tuple[Delivery, Parcel]], company: Company
) -> Outcomes:
    """While the server reads one message, the press prints one of those that follow."""
    answers = connection.send([parcel for _, parcel in begun], company)
    return [(delivery, answer) for (delivery, _), answer in zip(begun, answers, strict=True)]


def _begin(
    group: Sequence[Delivery], press: Press, streams: Collection[Stream]
) -> list[tuple[Delivery, Parcel]]:
    """Have a last look at a printed group and mark the intent to send what is left of it."""
    ready: dict[Delivery, Printed] = {}
    for delivery in group:
        sheet = press.take(delivery)
        if isinstance(sheet, Undeliverable):
            fates.fail(delivery, str(sheet))
        elif isinstance(sheet, Faulty):
            fates.postpone(delivery, str(sheet))
        elif delivery.stream not in streams:
            fates.release([delivery])
        else:
            ready[delivery] = sheet
    for delivery, verdict in _last_look(list(ready)):
        _obey(delivery, verdict)
        del ready[delivery]
    for delivery, until in list(caps.over(ready)):
        fates.wait(delivery, until, caps.WAITS)
        del ready[delivery]
    for delivery, until in list(rates.too_soon(ready)):
        fates.wait(delivery, until, rates.PATIENCE)
        del ready[delivery]
    _let_rest(ready)
    _keep_to_the_warm_up(ready)
    bundles = merging.bundles(ready)
    ready |= {carrier: bundle.sheet for carrier, bundle in bundles.items()}
    begun = queue.begin({delivery: sheet.subject for delivery, sheet in ready.items()})
    merging.begin(begun, bundles)
    return [(delivery, ready[delivery].parcel) for delivery in begun]


def _let_rest(ready: dict[Delivery, Printed]) -> None:
    """Let nothing go of a source that was paused or called off since it was claimed."""
    resting = deeds.at_rest()
    for delivery in [each for each in ready if each.source in resting]:
        if reason := resting[delivery.source]:
            fates.exclude(delivery, reason)
        else:
            fates.wait(delivery, delivery.due_at, deeds.PAUSED)
        del ready[delivery]


def _keep_to_the_warm_up(ready: dict[Delivery, Printed]) -> None:
    """Let nothing go that is more than a new sender's share of the day."""
    marketing = [each for each in ready if each.stream is Stream.MARKETING]
    for delivery in marketing[warming.take(len(marketing)) :]:
        fates.release([delivery], warming.SPENT)
        del ready[delivery]


def _claim_next(
    worker: str, rest: list[Delivery], streams: Collection[Stream], grouping: Grouping
) -> list[Delivery]:
    """What follows a group: the rest of what we hold, but receipts that came meanwhile first."""
    if not rest:
        return queue.claim(worker, grouping.claim, streams)
    if not streams or not queue.is_urgent():
        return rest
    return queue.claim(worker, grouping.size, (Stream.TRANSACTIONAL,)) + rest


def _last_look(ready: Sequence[Delivery]) -> Iterator[tuple[Delivery, Verdict]]:
    """Ask each letter's package once which of a group must not go, or not now."""
    by_letter = defaultdict(list)
    for delivery in ready:
        by_letter[delivery.letter].append(delivery)
    for name, deliveries in by_letter.items():
        verdicts = letters.look(name, deliveries)
        for delivery in deliveries:
            if delivery.id in verdicts:
                yield delivery, verdicts[delivery.id]


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
        elif answer.fate is Fate.LATE:
            fates.release([delivery])
        elif answer.fate is not Fate.ACCEPTED:
            rates.heed(delivery, answer)
            _FATES[answer.fate](delivery, answer.text)
            if answer.fate is Fate.REFUSED:
                bounces.take_refusal(delivery, answer.text)
    if away:
        log.warning("the mail server takes nothing: %s", outcomes[-1][1].text)
    return away


_UNTRIED = (Fate.BARRED, Fate.LATE)
_FATES = {Fate.REFUSED: fates.fail, Fate.DEFERRED: fates.postpone, Fate.UNKNOWN: fates.doubt}
