"""Working copies: what was typed and not saved, kept so that a crash loses none of it.

A copy belongs to one opened editor, whose `key` names it: two windows, or two writers, never
overwrite each other. It is no revision, and nobody but staff ever sees it, so that keeping one
lets go of no public page.
"""

import dataclasses
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ScalarSelect, delete, func, select

from blog.models import WorkingCopy
from blog.posts import Draft
from core import clock, db


def keep(
    key: str, draft: Draft, *, by: str, post_id: int | None = None, opened: int | None = None
) -> WorkingCopy:
    """Keep what an editor holds now, instead of what it held before.

    Raises `LookupError` where the key is somebody else's.
    """
    held = {"draft": _stored(draft), "kept_at": clock.now(), "opened": opened}
    with db.transaction(shown=False) as session:
        statement = db.insert(WorkingCopy).values(key=key, writer=by, post_id=post_id, **held)
        mine_alone = statement.on_conflict_do_update(
            index_elements=["key"], set_=held, where=WorkingCopy.writer == by
        )
        if not db.changed(mine_alone):
            raise LookupError(f"{key!r} is the working copy of somebody else")
        return session.get_one(WorkingCopy, key)


def find(key: str) -> WorkingCopy | None:
    """The copy of that name, whoever writes it."""
    with db.reading() as session:
        return session.get(WorkingCopy, key)


def of_post(post_id: int) -> Sequence[WorkingCopy]:
    """What is being written in a post, the last kept first."""
    statement = select(WorkingCopy).where(WorkingCopy.post_id == post_id)
    with db.reading() as session:
        return session.scalars(statement.order_by(WorkingCopy.kept_at.desc())).all()


def of_writer(writer: str) -> Sequence[WorkingCopy]:
    """What somebody left unsaved anywhere, the last kept first."""
    statement = select(WorkingCopy).where(WorkingCopy.writer == writer)
    with db.reading() as session:
        return session.scalars(statement.order_by(WorkingCopy.kept_at.desc())).all()


def how_many(writer: str) -> ScalarSelect[int]:
    """How to count what somebody left unsaved anywhere."""
    mine = select(func.count(WorkingCopy.key)).where(WorkingCopy.writer == writer)
    return mine.scalar_subquery()


def discard(key: str, *, by: str) -> None:
    """Forget a copy; somebody else's stays, and one that is gone already is no mistake."""
    with db.transaction(shown=False) as session:
        session.execute(delete(WorkingCopy).where(WorkingCopy.key == key, WorkingCopy.writer == by))


def draft_in(copy: WorkingCopy) -> Draft:
    """What was typed, to go on with."""
    held: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in copy.draft.items()
    }
    day = held.pop("reviewed_on")
    return Draft(**held, reviewed_on=date.fromisoformat(day) if day else None)


def _stored(draft: Draft) -> dict[str, object]:
    held = dataclasses.asdict(draft)
    held["reviewed_on"] = draft.reviewed_on.isoformat() if draft.reviewed_on else None
    return held
