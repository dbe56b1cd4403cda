"""Matching: lays what Stripe tells beside the rows here, and says of each whether they agree."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from core import db, money
from shop import disputes, facts, refunds
from shop.models import (
    BOUGHT,
    HOLDING,
    Alert,
    Dispute,
    Order,
    OrderState,
    Payment,
    Refund,
    StrayPayment,
    StrayState,
    Verdict,
)

_CHUNK = 500  # values that one statement names


@dataclass(frozen=True, kw_only=True)
class Told:
    """What Stripe made since a moment, and how each stands now."""

    since: datetime
    sessions: Sequence[facts.Session] = ()
    charges: Sequence[facts.Charge] = ()
    refunds: Sequence[facts.Refund] = ()
    disputes: Sequence[facts.Dispute] = ()
    warnings: Sequence[facts.FraudWarning] = ()


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One comparison; see `shop.models.BookEntry` for its parts."""

    key: str
    kind: str
    order_id: int | None
    amount: int
    currency: str
    there: str
    here: str
    verdict: Verdict
    problem: str | None = None
    at: datetime


@dataclass(frozen=True)
class _Books:
    """The rows here that what was told may belong to."""

    orders: dict[str, Row[Any]] = field(default_factory=dict)
    """By token, by Session and by payment."""
    payments: dict[str, Row[Any]] = field(default_factory=dict)
    """By Session and by payment."""
    strays: dict[str, Row[Any]] = field(default_factory=dict)
    """Payments that no order asked for, by Session and by payment."""
    refunds: dict[str, Row[Any]] = field(default_factory=dict)
    disputes: dict[str, Row[Any]] = field(default_factory=dict)
    warnings: dict[str, Row[Any]] = field(default_factory=dict)
    """What staff were told of, by the key of its alert."""


def compare(told: Told) -> list[Entry]:
    """Each object that was told beside its row here; a few queries for each 500 of them."""
    with db.reading():
        books = _open(told)
    judged: list[Entry] = [_session(each, books) for each in told.sessions]
    judged += [_charge(each, books) for each in told.charges]
    judged += [_refund(each, books) for each in told.refunds]
    judged += [_dispute(each, books) for each in told.disputes]
    judged += [_warning(each, books) for each in told.warnings]
    return judged


def missing(told: Told) -> list[Entry]:
    """Rows of ours that Stripe did not tell of although it made them since `told.since`."""
    # What was made about then may have come a little before it at Stripe.
    since = told.since + timedelta(hours=1)
    with db.reading():
        return [
            *_missing_payments(since, {each.id for each in told.sessions}),
            *_missing_refunds(since, {each.id for each in told.refunds}),
            *_missing_disputes(since, {each.id for each in told.disputes}),
        ]


def _session(told: facts.Session, books: _Books) -> Entry:
    order = books.orders.get(told.id) or books.orders.get(told.reference or "")
    paid = books.payments.get(told.id)
    if order is None:
        here, problem = "no order", _SESSIONS_WITHOUT_ORDER.get(told.standing)
        problem = problem if told.attempt is not None else None
    elif stray := books.strays.get(told.id):
        here, problem = _kept(stray)
    else:
        here, problem = order.state.value, _session_problem(told, order, paid)
    return Entry(
        key=told.id,
        kind="session",
        order_id=order.id if order else None,
        amount=told.total,
        currency=told.currency,
        there=told.standing,
        here=here,
        verdict=_verdict(problem, foreign=order is None and told.attempt is None),
        problem=problem,
        at=told.made_at,
    )


def _session_problem(told: facts.Session, order: Row[Any], paid: Row[Any] | None) -> str | None:
    taken_up = told.recovered_from is not None and order.state not in (*HOLDING, *BOUGHT)
    current = order.session_id in (None, told.id) or taken_up
    if told.standing == "paid":
        if paid is None:
            return "Paid at Stripe, and not here." if current else _PAID_TWICE
        return _difference(told.total, told.currency, paid)
    if told.standing == "waiting":
        return None if current and order.state in (*HOLDING, *BOUGHT) else _MONEY_UNDER_WAY
    if told.standing == "open":
        wanted = taken_up or (current and order.state is OrderState.PLACED)
        return None if wanted else _STILL_PAYABLE
    if current and order.state in HOLDING:
        return "It cannot be paid any more, and its order still holds stock."
    return None


def _charge(told: facts.Charge, books: _Books) -> Entry:
    paid = books.payments.get(told.payment_intent or "")
    order = books.orders.get(told.reference or "")
    problem, here = None, "payment" if paid else "no payment"
    if told.status == "succeeded" and paid is not None:
        problem = _difference(told.amount, told.currency, paid)
    elif stray := books.strays.get(told.payment_intent or ""):
        here, problem = _kept(stray)
    elif told.status == "succeeded" and told.reference:
        problem = "Stripe took this money, and no payment here says so."
    return Entry(
        key=told.id,
        kind="charge",
        order_id=paid.order_id if paid else order.id if order else None,
        amount=told.amount,
        currency=told.currency,
        there=told.status,
        here=here,
        verdict=_verdict(problem, foreign=paid is None and told.reference is None),
        problem=problem,
        at=told.made_at,
    )


def _refund(told: facts.Refund, books: _Books) -> Entry:
    return _repaid("refund", told, books, books.refunds.get(told.id))


def _dispute(told: facts.Dispute, books: _Books) -> Entry:
    return _repaid("dispute", told, books, books.disputes.get(told.id))


def _repaid(
    kind: str, told: facts.Refund | facts.Dispute, books: _Books, row: Row[Any] | None
) -> Entry:
    order = books.orders.get(told.payment_intent or "")
    stray = books.strays.get(told.payment_intent or "")
    problem, here = None, row.status if row else f"no {kind}"
    if stray is not None and kind == "refund":
        here, problem = _kept(stray)
    elif row is not None:
        problem = _difference(told.amount, told.currency, row)
        if problem is None and row.status != told.status:
            problem = f"It is {told.status} at Stripe, and {row.status} here."
    elif order is not None or stray is not None:
        problem = f"Stripe has this {kind}, and there is none here."
    return Entry(
        key=told.id,
        kind=kind,
        order_id=row.order_id if row else order.id if order else stray and stray.order_id,
        amount=told.amount,
        currency=told.currency,
        there=told.status,
        here=here,
        verdict=_verdict(problem, foreign=row is None and order is None and stray is None),
        problem=problem,
        at=told.made_at,
    )


def _warning(told: facts.FraudWarning, books: _Books) -> Entry:
    """Whether staff were told of it; one that came to nothing meanwhile needs nobody."""
    order = books.orders.get(told.payment_intent or "")
    known = disputes.alert_key(told.id) in books.warnings
    missed = order is not None and told.actionable and not known
    return Entry(
        key=told.id,
        kind="warning",
        order_id=order.id if order else None,
        amount=told.amount,
        currency=told.currency,
        there="waits" if told.actionable else "over",
        here="told" if known else "not told",
        verdict=_verdict(_NOT_WARNED if missed else None, foreign=order is None),
        problem=_NOT_WARNED if missed else None,
        at=told.made_at,
    )


def _kept(stray: Row[Any]) -> tuple[str, str | None]:
    """How money stands here that its order did not ask for, and what is wrong while it is here."""
    if stray.state is StrayState.RETURNED:
        return "another payment, returned", None
    if stray.state is StrayState.DISPUTED:
        return "another payment, disputed", None
    return f"another payment, {stray.state.value}", _NOT_ASKED_FOR


def _verdict(problem: str | None, *, foreign: bool) -> Verdict:
    if problem:
        return Verdict.UNMATCHED
    return Verdict.FOREIGN if foreign else Verdict.MATCHED


def _difference(amount: int, currency: str, row: Row[Any]) -> str | None:
    if (amount, currency) == (row.amount, row.currency):
        return None
    there, here = money.display(amount, currency), money.display(row.amount, row.currency)
    return f"{there} at Stripe, and {here} here."


def _missing_payments(since: datetime, told: set[str]) -> Iterator[Entry]:
    mine = (
        select(Payment.session_id, Payment.order_id, Payment.amount, Payment.currency, Payment.at)
        .join(Order, Order.id == Payment.order_id)
        .where(Order.placed_at >= since)
    )
    for row in db.session().execute(mine):
        if row.session_id not in told:
            yield _absent("session", row.session_id, row, "paid", row.at)


def _missing_refunds(since: datetime, told: set[str]) -> Iterator[Entry]:
    mine = select(
        Refund.id, Refund.stripe_id, Refund.order_id, Refund.amount, Refund.currency,
        Refund.status, Refund.created_at,
    ).where(
        Refund.created_at >= since,
        or_(Refund.stripe_id.is_not(None), Refund.status == refunds.REQUESTED),
    )  # fmt: skip
    for row in db.session().execute(mine):
        if row.stripe_id not in told:
            key = row.stripe_id or f"refund:{row.id}"
            yield _absent("refund", key, row, row.status, row.created_at)


def _missing_disputes(since: datetime, told: set[str]) -> Iterator[Entry]:
    mine = select(
        Dispute.stripe_id, Dispute.order_id, Dispute.amount, Dispute.currency,
        Dispute.status, Dispute.created_at,
    ).where(Dispute.created_at >= since)  # fmt: skip
    for row in db.session().execute(mine):
        if row.stripe_id not in told:
            yield _absent("dispute", row.stripe_id, row, row.status, row.created_at)


def _absent(kind: str, key: str, row: Any, here: str, at: datetime) -> Entry:
    return Entry(
        key=key,
        kind=kind,
        order_id=row.order_id,
        amount=row.amount,
        currency=row.currency,
        there=f"no {kind}",
        here=here,
        verdict=Verdict.UNMATCHED,
        problem=f"This {kind} is here, and Stripe does not tell of it.",
        at=at,
    )


def _open(told: Told) -> _Books:
    paid = [
        *(each.payment_intent for each in told.charges),
        *(each.payment_intent for each in told.refunds),
        *(each.payment_intent for each in told.disputes),
        *(each.payment_intent for each in told.warnings),
    ]
    intents = [each for each in paid if each]
    sessions = [each.id for each in told.sessions]
    marks = [
        *(each.reference for each in told.sessions),
        *(each.reference for each in told.charges),
    ]
    tokens = [each for each in marks if each]
    order = (Order.id, Order.token, Order.session_id, Order.payment_intent, Order.state)
    payment = (
        Payment.session_id, Payment.payment_intent, Payment.order_id, Payment.amount,
        Payment.currency,
    )  # fmt: skip
    books = _Books()
    books.orders.update(_by(Order.token, tokens, order))
    books.orders.update(_by(Order.session_id, sessions, order))
    books.orders.update(_by(Order.payment_intent, intents, order))
    kept = StrayPayment.session_id, StrayPayment.payment_intent
    stray = (*kept, StrayPayment.order_id, StrayPayment.state)
    books.strays.update(_by(StrayPayment.session_id, sessions, stray))
    books.strays.update(_by(StrayPayment.payment_intent, intents, stray))
    books.payments.update(_by(Payment.session_id, sessions, payment))
    books.payments.update(_by(Payment.payment_intent, intents, payment))
    for table, known, told_of in (
        (Refund, books.refunds, [each.id for each in told.refunds]),
        (Dispute, books.disputes, [each.id for each in told.disputes]),
    ):
        parts = (table.stripe_id, table.order_id, table.amount, table.currency, table.status)
        known.update(_by(table.stripe_id, told_of, parts))
    keys = [disputes.alert_key(each.id) for each in told.warnings]
    books.warnings.update(_by(Alert.key, keys, (Alert.key,)))
    return books


def _by(
    column: "InstrumentedAttribute[Any]", keys: Iterable[str], parts: Sequence[Any]
) -> dict[str, Row[Any]]:
    wanted = sorted(set(keys))
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(wanted), _CHUNK):
        mine = select(*parts).where(column.in_(wanted[start : start + _CHUNK]))
        found |= {getattr(row, column.key): row for row in db.session().execute(mine)}
    return found


_PAID_TWICE = "Paid on a page that was replaced by another: if both are paid, refund one."
_NOT_ASKED_FOR = "Its order did not ask for this money: give it back above, or on the order's page."
_NOT_WARNED = "A card network expects fraud, and staff were not told."
_MONEY_UNDER_WAY = "Money is on its way for an order that does not wait for it."
_STILL_PAYABLE = "It can still be paid, and no order waits for it."
_SESSIONS_WITHOUT_ORDER = {
    "paid": "Paid for an order that is not here.",
    "waiting": "Money is on its way for an order that is not here.",
    "open": "It can still be paid, and its order is not here.",
}
