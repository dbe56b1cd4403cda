"""Sequences as staff publish them: rows of letters, in versions that never change.

Who walks a sequence keeps the version they began with; `newsletter.walks` has the walks.
"""

from collections.abc import Sequence as Rows

from sqlalchemy import Select, select, update

from core import clock, db
from newsletter import steps
from newsletter.models import Sequence, SequenceVersion
from newsletter.steps import Step


def publish(
    name: str,
    title: str,
    steps_of_it: Rows[Step],
    *,
    trigger: str | None = None,
    trigger_value: str | None = None,
    active: bool = True,
) -> int:
    """Make these the steps for whoever begins from now on; the id of that version.

    The same steps again make no new version. Whoever is under way goes on with the old one.
    `trigger` and whether a sequence is `active` count for a new one alone. Raises `BadSteps`.
    """
    written = steps.write(steps_of_it)
    with db.transaction() as session:
        db.insert_missing(
            Sequence,
            name=name,
            title=title,
            trigger=trigger,
            trigger_value=trigger_value,
            active=active,
            created_at=clock.now(),
        )
        sequence = session.scalars(
            select(Sequence).where(Sequence.name == name).with_for_update()
        ).one()
        last = latest_version(sequence.id)
        if last is not None and steps.read(last.steps) == list(steps_of_it):
            return last.id
        version = SequenceVersion(
            sequence_id=sequence.id,
            number=last.number + 1 if last else 1,
            steps=written,
            created_at=clock.now(),
        )
        session.add(version)
        session.flush()
        return version.id


def latest_version(sequence_id: int) -> SequenceVersion | None:
    """The version that whoever begins now would walk."""
    versions = select(SequenceVersion).where(SequenceVersion.sequence_id == sequence_id)
    with db.reading() as session:
        return session.scalar(versions.order_by(SequenceVersion.number.desc()).limit(1))


def versions_of(sequence_id: int) -> Select[int]:
    """The ids of all versions of a sequence, for a statement that asks for its walks.

    Walks are found by their version: they have no index that begins with their sequence.
    """
    return select(SequenceVersion.id).where(SequenceVersion.sequence_id == sequence_id)


def change(
    number: int,
    title: str,
    *,
    trigger: str | None,
    trigger_value: str | None,
    held_out: int = 0,
) -> None:
    """Give a sequence another title, and let something else begin it from now on.

    Of those who would begin, `held_out` percent get nothing. Its name, by which segments ask for
    it, stays.
    """
    changed = {
        "title": title,
        "trigger": trigger,
        "trigger_value": trigger_value,
        "held_out": held_out,
    }
    with db.transaction():
        db.changed(update(Sequence).where(Sequence.id == number).values(changed))


def switch(sequence_id: int, *, active: bool) -> None:
    """Let people begin a sequence, or no more; whoever is under way goes on."""
    with db.transaction():
        db.changed(update(Sequence).where(Sequence.id == sequence_id).values(active=active))


def pause(sequence_id: int) -> None:
    """Let nothing of a sequence go, for whoever is under way; all keep their places."""
    with db.transaction():
        mine = update(Sequence).where(Sequence.id == sequence_id, Sequence.paused_at.is_(None))
        db.changed(mine.values(paused_at=clock.now()))


def resume(sequence_id: int) -> None:
    """Let it go on; what came due meanwhile is late, each step as it says."""
    with db.transaction():
        db.changed(update(Sequence).where(Sequence.id == sequence_id).values(paused_at=None))


def paused_versions() -> set[int]:
    """The versions of sequences that are paused."""
    theirs = select(SequenceVersion.id).join(Sequence, Sequence.id == SequenceVersion.sequence_id)
    with db.reading() as session:
        return set(session.scalars(theirs.where(Sequence.paused_at.is_not(None))))


def titles() -> list[tuple[str, str]]:
    """Every sequence by its name, with its title."""
    asked = select(Sequence.name, Sequence.title).order_by(Sequence.title)
    with db.reading() as session:
        return [(name, title) for name, title in session.execute(asked)]


def source(version_id: int, position: int) -> str:
    """What the letters of one step are counted under in the ledger."""
    return f"sequence:{version_id}:{position}"


def place(source_of_it: str) -> tuple[int, int] | None:
    """The version and position whose letters are counted under a source, if it is a step's."""
    kind, *numbers = source_of_it.split(":")
    return (int(numbers[0]), int(numbers[1])) if kind == "sequence" else None


def key(enrolment_id: int, version_id: int, position: int) -> str:
    """What names the letter of one step to one person in the ledger."""
    return f"sequence:{enrolment_id}:{version_id}:{position}"


def walk_of(key_of_it: str) -> int | None:
    """The enrolment that a row of the ledger belongs to, by the row's key, if it is of one."""
    kind, _, rest = key_of_it.partition(":")
    return int(rest.partition(":")[0]) if kind == "sequence" else None
