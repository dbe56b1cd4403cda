"""Working copies: what was typed and not saved, kept so that a crash loses none of it.

A copy belongs to one opened editor, whose `key` names it: two windows, or two writers, never
overwrite each other. It is no revision, and nobody but staff ever sees it, so that keeping one
lets go of no public page.
"""

import dataclasses
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, delete, func, select, update

from blog.models import WorkingCopy
from blog.posts import Draft
from core import clock, db, jobs

UNDO = timedelta(days=1)
"""For how long a discarded copy can be taken back."""


def keep(
    key: str,
    draft: Draft,
    *,
    by: str,
    post_id: int | None = None,
    opened: int | None = None,
    publish_at: datetime | None = None,
) -> WorkingCopy:
    """Keep what an editor holds now, instead of what it held before.

    Raises `LookupError` where the key is somebody else's.
    """
    held = {
        "draft": _stored(draft),
        "publish_at": publish_at,
        "kept_at": clock.now(),
        "opened": opened,
        "discarded_at": None,
    }
    with db.transaction(shown=False) as session:
        statement = db.insert(WorkingCopy).values(key=key, writer=by, post_id=post_id, **held)
        mine_alone = statement.on_conflict_do_update(
            index_elements=["key"], set_=held, where=WorkingCopy.writer == by
        )
        if not db.changed(mine_alone):
            raise LookupError(f"{key!r} is the working copy of somebody else")
        return session.get_one(WorkingCopy, key, populate_existing=True)


def find(key: str) -> WorkingCopy | None:
    """The copy of that name, whoever writes it, unless it is discarded."""
    with db.reading() as session:
        return session.scalar(select(WorkingCopy).where(WorkingCopy.key == key, _IN_USE))


def of_post(post_id: int) -> Sequence[WorkingCopy]:
    """What is being written in a post, the last kept first."""
    statement = select(WorkingCopy).where(WorkingCopy.post_id == post_id, _IN_USE)
    with db.reading() as session:
        return session.scalars(statement.order_by(WorkingCopy.kept_at.desc())).all()


def of_writer(writer: str) -> Sequence[WorkingCopy]:
    """What somebody left unsaved anywhere, the last kept first."""
    statement = select(WorkingCopy).where(WorkingCopy.writer == writer, _IN_USE)
    with db.reading() as session:
        return session.scalars(statement.order_by(WorkingCopy.kept_at.desc())).all()


def how_many(writer: str) -> ScalarSelect[int]:
    """How to count what somebody left unsaved anywhere."""
    mine = select(func.count(WorkingCopy.key)).where(WorkingCopy.writer == writer, _IN_USE)
    return mine.scalar_subquery()


def forget(key: str, *, by: str) -> None:
    """Let go of a copy that is saved; somebody else's stays, and one that is gone is no mistake."""
    with db.transaction(shown=False) as session:
        session.execute(delete(WorkingCopy).where(WorkingCopy.key == key, WorkingCopy.writer == by))


def discard(key: str, *, by: str) -> bool:
    """Put a copy of one's own away, to be forgotten in a day; False where there is none."""
    return _discard(key, by, clock.now())


def take_back(key: str, *, by: str) -> bool:
    """Undo `discard`; False where there is nothing to take back any more."""
    return _discard(key, by, None)


@jobs.job("blog.working_copies", every_minutes=60)
def tidy() -> int:
    """Forget the copies that were discarded a day ago; how many."""
    gone = delete(WorkingCopy).where(WorkingCopy.discarded_at < clock.now() - UNDO)
    with db.transaction(shown=False):
        return db.changed(gone)


def draft_in(copy: WorkingCopy) -> Draft:
    """What was typed, to go on with."""
    held: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in copy.draft.items()
    }
    day = held.pop("reviewed_on")
    return Draft(**held, reviewed_on=date.fromisoformat(day) if day else None)


_IN_USE = WorkingCopy.discarded_at.is_(None)


def _discard(key: str, by: str, at: datetime | None) -> bool:
    mine = WorkingCopy.key == key, WorkingCopy.writer == by
    was = WorkingCopy.discarded_at.is_not(None) if at is None else _IN_USE
    with db.transaction(shown=False):
        changed = db.changed(update(WorkingCopy).where(*mine, was).values(discarded_at=at))
    return changed == 1


def _stored(draft: Draft) -> dict[str, object]:
    held = dataclasses.asdict(draft)
    held["reviewed_on"] = draft.reviewed_on.isoformat() if draft.reviewed_on else None
    return held
