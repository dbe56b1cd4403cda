"""Deeds on a whole source of messages: it is paused, goes on, or is called off.

A deed is one small row, which workers obey from its commit on, see `at_rest`. The messages follow
it in portions, each a short transaction, since to change a million rows at once would keep SQLite's
only writer busy for seconds. The row stays until nothing is left to follow, so that a crash between
two portions loses nothing; that of a pause stays until the source goes on.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select, update

from core import clock, db, jobs
from core.mail import ledger
from core.mail.models import WAITING, Deed, Delivery, SourceDeed, State

PORTION = 5_000
"""Messages that follow a deed in one transaction, which takes about a tenth of a second."""
PAUSED = "paused"
"""Why a message goes back that a worker had taken before its source was paused."""

_BELL = "source deeds"
_FROM = {
    Deed.HOLD: (State.PENDING, State.CLAIMED),
    Deed.RESUME: (State.HELD,),
    Deed.CANCEL: (State.PENDING, State.HELD, State.CLAIMED),
}
"""The messages that a deed moves: all that have not begun and do not say so yet."""
_LEFT = {Deed.RESUME: (State.HELD,), Deed.CANCEL: WAITING}
"""As long as there are such messages, the deed is not done."""


def hold(source: str) -> None:
    """Pause a source: nothing of it that has not begun goes until `resume`."""
    with db.transaction():
        values = {"kind": Deed.HOLD, "reason": PAUSED, "at": clock.now()}
        deed = db.insert(SourceDeed).values(source=source, **values)
        again = SourceDeed.kind != Deed.CANCEL
        db.changed(deed.on_conflict_do_update(index_elements=["source"], set_=values, where=again))
        _begin(source)


def resume(source: str) -> None:
    """Let a paused source go on exactly where it stood."""
    with db.transaction():
        held = update(SourceDeed).where(SourceDeed.source == source, SourceDeed.kind == Deed.HOLD)
        db.changed(held.values(kind=Deed.RESUME, at=clock.now()))
        _begin(source)


def cancel(source: str, reason: str) -> None:
    """Decide against all of a source that has not begun."""
    with db.transaction():
        values = {"kind": Deed.CANCEL, "reason": reason, "at": clock.now()}
        deed = db.insert(SourceDeed).values(source=source, **values)
        db.changed(deed.on_conflict_do_update(index_elements=["source"], set_=values))
        _begin(source)


def at_rest() -> Mapping[str, str | None]:
    """The sources of which nothing may begin: called off for a reason, or None where paused."""
    with db.reading() as session:
        return {
            source: reason if kind is Deed.CANCEL else None
            for source, kind, reason in session.execute(_AT_REST)
        }


@jobs.job(_BELL, every_minutes=1)
def carry_out() -> int:
    """Let the next portion of each source follow its deed; how many messages that were.

    Asks for another turn while there are any: so other writers, and a worker that is told to stop,
    get their chance in between.
    """
    with db.reading() as session:
        sources = session.scalars(select(SourceDeed.source)).all()
    moved = sum(_follow(source) for source in sources)
    if moved:
        jobs.ring(_BELL)
    return moved


_AT_REST = select(SourceDeed.source, SourceDeed.kind, SourceDeed.reason).where(
    SourceDeed.kind != Deed.RESUME
)


def _begin(source: str) -> None:
    """The first portion goes with the deed itself: most sources have no more."""
    _follow(source)
    jobs.ring(_BELL)


def _follow(source: str) -> int:
    with db.transaction() as session:
        # Whoever decides otherwise meanwhile waits for this portion, and then sees all of it.
        deed = session.get(SourceDeed, source, with_for_update=True, populate_existing=True)
        if deed is None:
            return 0
        moved = db.changed(_next_portion(deed))
        if moved and deed.kind is Deed.RESUME:
            ledger.ring()
        if not moved and deed.kind in _LEFT and not _is_any(source, _LEFT[deed.kind]):
            session.delete(deed)
    return moved


def _next_portion(deed: SourceDeed) -> Any:
    portion = (
        select(Delivery.id)
        .where(Delivery.source == deed.source, Delivery.state.in_(_FROM[deed.kind]))
        .limit(PORTION)
        .with_for_update(skip_locked=True)
        .cte("portion")
    )
    rows = update(Delivery).where(Delivery.id.in_(select(portion.c.id)))
    return rows.values(worker=None, lease_until=None, **_becomes(deed))


def _becomes(deed: SourceDeed) -> dict[str, Any]:
    match deed.kind:
        case Deed.HOLD:
            return {"state": State.HELD}
        case Deed.RESUME:
            return {"state": State.PENDING, "reason": None}
        case Deed.CANCEL:
            return {"state": State.EXCLUDED, "reason": deed.reason, "settled_at": clock.now()}


def _is_any(source: str, states: tuple[State, ...]) -> bool:
    left = exists().where(Delivery.source == source, Delivery.state.in_(states))
    return bool(db.session().scalar(select(left)))
