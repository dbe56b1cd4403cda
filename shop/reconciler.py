"""The reconciler: compares what is here with what Stripe has, and repairs what is here.

With it an order is settled even where no event ever arrives. What it found is kept in
`shop.books`, so that no page has to ask Stripe. It may run as often as one likes, also at once.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select

from core import clock, db, jobs
from shop import (
    books,
    brakes,
    disputes,
    matching,
    orders,
    payments,
    refunds,
    settlement,
    strays,
)
from shop.matching import Entry, Told
from shop.models import HOLDING, Order, Verdict

log = logging.getLogger(__name__)

WINDOW = books.WINDOW
_RECENT = timedelta(days=2)  # what a turn looks at; all of the window once a day
_CAP = 500  # orders a turn; Stripe allows 25 requests a second
_WHO = "reconciler"
_Fact = TypeVar("_Fact")


def reconcile(*, window: timedelta = WINDOW, by: str = _WHO) -> dict[str, int]:
    """Compare all that Stripe made in the window with what is here, and repair what is here.

    Returns how many orders were checked, how many moved to which state, how many refunds, disputes
    and fraud warnings were brought here, and how many objects are matched, repaired, unmatched and
    foreign.
    Raises `payments.Unavailable`; then nothing of the comparison is kept.
    """
    since = clock.now() - window
    run = books.begin(since, who=by)
    found: Counter[str] = Counter(orders=0, refunds=0, disputes=0, warnings=0, unknown_payments=0)
    try:
        _run(since, found)
    except payments.Unavailable as error:
        books.end(run, dict(found), problem=str(error))
        raise
    books.end(run, dict(found))
    return dict(found)


@jobs.job("shop.reconcile", every_minutes=10)
def reconcile_in_turn() -> None:
    """One turn: the last two days, and once a day all; without Stripe it is left to the next."""
    whole = not books.compared_whole_since(clock.now() - timedelta(days=1))
    try:
        reconcile(window=WINDOW if whole else _RECENT)
    except payments.Unavailable as error:
        log.warning("reconciling waits for Stripe: %s", error)


def _run(since: datetime, found: Counter[str]) -> None:
    found["refunds_made"] = _ask_again()
    told = _ask(since)
    brakes.watch(told.charges)
    before = matching.compare(told)
    _settle_open(found)
    wrong = {each.key: each for each in before if each.verdict is Verdict.UNMATCHED}
    for each in wrong.values():
        _repair(each, told, found)
    after = matching.compare(_ask_anew(told, wrong)) if wrong else []
    now = {each.key: each for each in (*before, *after, *matching.missing(told))}
    repaired = {key for key in wrong if now[key].verdict is not Verdict.UNMATCHED}
    books.keep(list(now.values()), repaired=repaired, since=since)
    found.update(each.verdict.value for each in now.values() if each.key not in repaired)
    found["repaired"] += len(repaired)
    for name in ("matched", "unmatched", "foreign"):
        found.setdefault(name, 0)
    found["undelivered"] = payments.undelivered_since(since)


def _ask(since: datetime) -> Told:
    return Told(
        since=since,
        sessions=payments.sessions_since(since),
        charges=payments.charges_since(since),
        refunds=payments.refunds_since(since),
        disputes=payments.disputes_since(since),
        warnings=payments.warnings_since(since),
    )


def _ask_anew(told: Told, wrong: dict[str, Entry]) -> Told:
    """What did not match, as it is now: it may have moved on while we asked."""
    return replace(
        told,
        sessions=_anew(told.sessions, wrong, payments.read_session),
        charges=[each for each in told.charges if each.id in wrong],
        refunds=_anew(told.refunds, wrong, payments.read_refund),
        disputes=_anew(told.disputes, wrong, payments.read_dispute),
        warnings=[each for each in told.warnings if each.id in wrong],
    )


def _anew(
    told: Sequence[_Fact], wrong: dict[str, Entry], read: Callable[[str], _Fact]
) -> list[_Fact]:
    return [read(each.id) for each in told if each.id in wrong]  # type: ignore[attr-defined] # every fact has one


def _repair(entry: Entry, told: Told, found: Counter[str]) -> None:
    """Bring our side to what Stripe has; what staff have to decide stays as it is."""
    if entry.kind == "session":
        session = payments.read_session(entry.key)
        before = orders.of_session(session.id)
        order = settlement.conclude(session, by=_WHO)
        if session.standing == "paid" and not (before and before.bought):
            found["unknown_payments" if order is None or not order.bought else "paid"] += 1
    elif entry.kind == "charge":
        charge = next(each for each in told.charges if each.id == entry.key)
        settlement.order_paid_with(charge.payment_intent or "")
    elif entry.kind == "refund":
        found["refunds"] += refunds.mirror(payments.read_refund(entry.key))
    elif entry.kind == "dispute":
        found["disputes"] += disputes.mirror(payments.read_dispute(entry.key))
    elif entry.kind == "warning":
        warning = next(each for each in told.warnings if each.id == entry.key)
        found["warnings"] += disputes.warn(warning.payment_intent or "", warning.id)


def _ask_again() -> int:
    try:
        return refunds.ask_again() + strays.ask_again()
    except payments.Refused as reason:
        log.warning("Stripe refuses a refund that was asked for: %s", reason)
        return 0


def _settle_open(found: Counter[str]) -> None:
    with db.reading() as session:
        waiting = select(Order.session_id, Order.state).where(
            Order.state.in_(HOLDING), Order.session_id.is_not(None)
        )
        rows = session.execute(waiting.order_by(Order.id).limit(_CAP)).all()
    for session_id, was in rows:
        found["orders"] += 1
        try:
            order = settlement.settle(str(session_id), by=_WHO)
        except payments.Unknown:
            found["unknown_sessions"] += 1
            continue
        if order is not None and order.state is not was:
            found[order.state.value] += 1
