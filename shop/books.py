"""The books: the comparison with Stripe as it was kept, and what is wrong with money just now.

Nothing here asks Stripe: the reconciler did, and wrote down what it found.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, delete, func, select, text, update

from core import clock, db
from core.web.paging import Page, newest_first
from shop.matching import Entry
from shop.models import BookEntry, Payment, Reconciliation, StripeEvent, Verdict, WebhookRefusal

WINDOW = timedelta(days=30)
"""As far back as Stripe keeps its events."""

PATIENCE = timedelta(minutes=15)
"""A payment is here so long without a word from the webhook: then it is silent."""

_CHUNK = 500


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """How Stripe's deliveries of 30 days fared, by type and by outcome.

    `refused` are those that failed, by reason; `unhandled` were stored and never handled.
    """

    outcomes: Sequence[tuple[str, str, int]]
    refused: Sequence[WebhookRefusal]

    @property
    def unhandled(self) -> int:
        """Events that were stored and never handled."""
        return sum(count for _, outcome, count in self.outcomes if not outcome)


def begin(since: datetime, *, who: str) -> int:
    """Write down that a run of the reconciler begins; its number."""
    with db.transaction() as session:
        run = Reconciliation(who=who, since=since, began_at=clock.now(), found={})
        session.add(run)
        session.flush()
        return run.id


def end(run_id: int, found: dict[str, int], *, problem: str | None = None) -> None:
    """Write down what a run came to; `problem` is why it could not be finished."""
    with db.transaction():
        mine = update(Reconciliation).where(Reconciliation.id == run_id)
        db.changed(mine.values(ended_at=clock.now(), found=found, problem=problem))


def keep(entries: Collection[Entry], *, repaired: Collection[str], since: datetime) -> None:
    """Keep a comparison of all that was made since a moment, in place of the one before.

    What the run brought right, by its key, is `repaired`, and stays so while it matches.
    """
    now = clock.now()
    with db.transaction():
        before = _repaired_before([each.key for each in entries])
        for each in entries:
            moment = now if each.key in repaired else before.get(each.key)
            values = asdict(each) | {"compared_at": now, "repaired_at": moment}
            if each.verdict is Verdict.MATCHED and moment:
                values["verdict"] = Verdict.REPAIRED
            added = db.insert(BookEntry).values(**values)
            db.changed(added.on_conflict_do_update(index_elements=["key"], set_=values))
        gone = (BookEntry.at >= since) & (BookEntry.compared_at < now)
        db.changed(delete(BookEntry).where(gone | (BookEntry.at < now - WINDOW)))


def find(*, verdict: str = "", kind: str = "", after: int | None = None) -> "Page[BookEntry]":
    """Comparisons for the staff's list, the newest first, from below `after`."""
    statement = select(BookEntry)
    if verdict in set(Verdict):
        statement = statement.where(BookEntry.verdict == Verdict(verdict))
    if kind:
        statement = statement.where(BookEntry.kind == kind)
    return newest_first(statement, BookEntry.id, after=after)


def tally() -> dict[str, dict[str, int]]:
    """How many of each kind came to each verdict."""
    counted = select(BookEntry.kind, BookEntry.verdict, func.count()).group_by(
        BookEntry.kind, BookEntry.verdict
    )
    sums: dict[str, dict[str, int]] = {}
    for kind, verdict, count in db.session().execute(counted):
        sums.setdefault(kind, {})[verdict.value] = count
    return sums


def last_run() -> dict[str, ScalarSelect[Any]]:
    """How to ask when the reconciler last ran, for whom, and why it could not finish."""
    return {
        "compared_at": _newest(Reconciliation.began_at, Reconciliation.id),
        "compared_by": _newest(Reconciliation.who, Reconciliation.id),
        "compared_badly": _newest(Reconciliation.problem, Reconciliation.id),
    }


def last_event() -> dict[str, ScalarSelect[Any]]:
    """How to ask what Stripe told last; when it did is among `troubles`."""
    return {"heard_of": _newest(StripeEvent.type, StripeEvent.id)}


def compared_whole_since(moment: datetime) -> bool:
    """Whether all of the last 30 days was compared since a moment."""
    whole = Reconciliation.since < clock.now() - WINDOW + timedelta(days=2)
    done = Reconciliation.ended_at.is_not(None), Reconciliation.problem.is_(None)
    runs = select(Reconciliation.id).where(whole, *done, Reconciliation.began_at >= moment)
    with db.reading() as session:
        return session.scalar(runs.limit(1)) is not None


def webhook() -> Webhook:
    """How Stripe's deliveries fared in the last 30 days; two queries."""
    since = clock.now() - WINDOW
    counted = (
        select(StripeEvent.type, func.coalesce(StripeEvent.outcome, ""), func.count())
        .where(StripeEvent.received_at >= since)
        .group_by(StripeEvent.type, StripeEvent.outcome)
        .order_by(func.count().desc())
    )
    refused = select(WebhookRefusal).where(WebhookRefusal.day >= f"{since:%Y-%m-%d}")
    with db.reading() as session:
        return Webhook(
            outcomes=[(kind, outcome, count) for kind, outcome, count in session.execute(counted)],
            refused=session.scalars(refused.order_by(WebhookRefusal.last_at.desc())).all(),
        )


def refuse(reason: str) -> None:
    """Count a delivery to the webhook that failed; what differs each time is not its reason."""
    now, reason = clock.now(), re.split(r" \(|: |\. ", reason)[0]
    with db.transaction():
        first = db.insert(WebhookRefusal).values(
            day=f"{now:%Y-%m-%d}", reason=reason[:100], count=1, last_at=now
        )
        again = {"count": WebhookRefusal.count + 1, "last_at": now}
        db.changed(first.on_conflict_do_update(index_elements=["day", "reason"], set_=again))


def troubles() -> dict[str, ScalarSelect[Any]]:
    """How to count what is wrong with money: what does not match, and silence of the webhook."""
    unmatched = select(func.count(BookEntry.id)).where(text("verdict = 'unmatched'"))
    return {
        "unmatched": unmatched.scalar_subquery(),
        "paid_at": _newest(Payment.at, Payment.id),
        "heard_at": _newest(StripeEvent.received_at, StripeEvent.id),
    }


def is_silent(paid_at: datetime | None, heard_at: datetime | None) -> bool:
    """Whether money came in, and no event since a while before: the webhook does not reach us."""
    if paid_at is None or clock.now() - paid_at < timedelta(minutes=1):
        return False
    return heard_at is None or heard_at < paid_at - PATIENCE


def _newest(column: "ColumnElement[Any] | Any", key: Any) -> ScalarSelect[Any]:
    return select(column).order_by(key.desc()).limit(1).scalar_subquery()


def _repaired_before(keys: Sequence[str]) -> dict[str, datetime]:
    known: dict[str, datetime] = {}
    for start in range(0, len(keys), _CHUNK):
        mine = select(BookEntry.key, BookEntry.repaired_at).where(
            BookEntry.key.in_(keys[start : start + _CHUNK]), BookEntry.repaired_at.is_not(None)
        )
        known |= {key: moment for key, moment in db.session().execute(mine) if moment}
    return known
