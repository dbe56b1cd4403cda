"""The library of uploads: files in the data folder, and words for each in a table.

A file is named after the digest of what was uploaded, so the same upload is kept once and its
address never shows anything else.
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from core import clock, config, db, pictures, videos
from core.models import Medium
from core.pictures import Unusable

MOST_BYTES = max(pictures.MOST_BYTES, videos.MOST_BYTES)


def add(content: bytes, *, alt: str, file: str, by: str) -> Medium:
    """Keep an upload; `alt` says in words what it shows, `file` is what it was called.

    What is in the library already stays as it is. Raises `Unusable`, with a sentence for people.
    """
    alt = " ".join(alt.split())
    if not alt:
        raise Unusable("Say in a few words what it shows, for people who cannot see it.")
    name = sha256(content).hexdigest()[:20]
    known = find(name)
    if known is not None and (folder() / known.file_name).is_file():
        return known
    shape = _keep(content, name)
    words = {"alt": alt[:_LONGEST], "title": Path(file).name[:200], "created_by": by}
    with db.transaction() as session:
        db.insert_missing(Medium, name=name, created_at=clock.now(), **shape, **words)
        return session.scalars(select(Medium).where(Medium.name == name)).one()


def find(name: str) -> Medium | None:
    """What the library has under a name."""
    with db.reading() as session:
        return session.scalar(select(Medium).where(Medium.name == name))


def newest(most: int = 60, *, before: int | None = None) -> Sequence[Medium]:
    """The last uploads, or those before the one with this number."""
    statement = select(Medium).order_by(Medium.id.desc()).limit(most)
    if before is not None:
        statement = statement.where(Medium.id < before)
    with db.reading() as session:
        return session.scalars(statement).all()


def describe(name: str, alt: str) -> None:
    """Say in other words what it shows. Raises `Unusable` where there are none."""
    alt = " ".join(alt.split())[:_LONGEST]
    if not alt:
        raise Unusable("A picture without words says nothing to people who cannot see it.")
    with db.transaction() as session:
        session.execute(update(Medium).where(Medium.name == name).values(alt=alt))


def remove(name: str) -> None:
    """Forget an upload, and delete its files; whether something shows it is the caller's matter."""
    with db.transaction() as session:
        session.execute(delete(Medium).where(Medium.name == name))
        db.after_commit(lambda: _delete(name))


def folder() -> Path:
    """Where the files are; backups hold all of it."""
    return config.current().data_dir / "media"


_LONGEST = 500


def _keep(content: bytes, name: str) -> dict[str, Any]:
    """Write the files, first: a row without them would be a hole in a page."""
    kind = videos.ending(content)
    if kind is not None:
        folder().mkdir(parents=True, exist_ok=True)
        pictures.put(folder() / f"{name}.{kind}", videos.cleaned(content, kind))
        return {"ending": kind, "width": None, "height": None, "widths": []}
    image = pictures.read(content)
    pictures.write(image, folder(), name)
    widths = pictures.widths(image)
    return {"ending": "jpg", "width": image.width, "height": image.height, "widths": widths}


def _delete(name: str) -> None:
    for path in folder().glob(f"{name}[-.]*"):
        path.unlink(missing_ok=True)
