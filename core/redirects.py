"""Addresses that moved: an old path leads to the new one for good."""

from sqlalchemy import delete, update

from core import clock, db
from core.models import Redirect


def find(path: str) -> str | None:
    """Where `path` moved to, or None."""
    with db.reading() as session:
        moved = session.get(Redirect, path.rstrip("/") or "/")
    return moved.target if moved else None


def add(path: str, target: str) -> None:
    """Let `path` lead to `target` from now on; a target that moved earlier is followed at once.

    Raises `ValueError` where that would lead in a circle.
    """
    path = path.rstrip("/") or "/"
    with db.transaction() as session:
        target = find(target) or target
        if target == path:
            raise ValueError(f"{path} would lead to itself")
        session.merge(Redirect(path=path, target=target, created_at=clock.now()))
        session.execute(update(Redirect).where(Redirect.target == path).values(target=target))


def remove(path: str) -> None:
    """Let `path` lead nowhere else any more, since there is a page at it again."""
    with db.transaction() as session:
        session.execute(delete(Redirect).where(Redirect.path == (path.rstrip("/") or "/")))
