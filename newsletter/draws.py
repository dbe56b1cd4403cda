"""How readers are dealt out to the subjects of a trial, by lot: the same in Python and in SQL.

A link of a tried letter names its subject and one of ten parts of that subject's readers, such as
`newsletter:12:b7`: the parts are what chance is judged by, and no reader is named.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression

from newsletter import lots
from newsletter.models import Newsletter, Trial
from newsletter.subjects import LETTERS

PLACE = "place"
"""The slot of a tried letter's links for subject and part."""


@dataclass(frozen=True, kw_only=True)
class Draw:
    """How an issue's readers were dealt out to its subjects."""

    issue: int
    held_out: int
    share: int
    subjects: int
    decided: bool
    winner: int | None

    def subject(self, reader: int | None) -> int | None:
        """The number of the subject that a reader gets; None as long as that is not decided."""
        tried = self.subject_of_lot(lots.lot(reader or 0, self.issue))
        if tried is not None:
            return tried
        return (self.winner or 0) if self.decided else None

    def place(self, reader: int | None) -> str:
        """What their links say of that, with its colon; nothing where they were not tried on."""
        part = self.part(lots.lot(reader or 0, self.issue), lots.part(reader or 0, self.issue))
        return f":{part}" if part else ""

    def part(self, lot: int, tenth: int) -> str | None:
        """The subject that a lot gets and the tenth of its readers, such as `b7`."""
        tried = self.subject_of_lot(lot)
        return None if tried is None else f"{LETTERS[tried].lower()}{tenth}"

    def subject_of_lot(self, lot: int) -> int | None:
        """The number of the subject that is tried on a lot; None for the rest."""
        number = (lot - self.held_out) // self.share
        return number if 0 <= number < self.subjects else None

    def tries(self, reader: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """Whether any is tried on a reader, as an expression over a column of their ids."""
        end = self.held_out + self.share * self.subjects
        return lots.drawn(reader, self.issue).between(self.held_out, end - 1)


def of(issue: Newsletter, trial: Trial) -> Draw:
    """How the readers of an issue are dealt out in its trial."""
    return Draw(
        issue=issue.id,
        held_out=issue.held_out,
        share=trial.share,
        subjects=trial.subjects,
        decided=trial.decided_at is not None,
        winner=trial.winner,
    )


def dealt(row: Any) -> Draw | None:
    """The same from a row that has the columns `DEALT`; None without a trial."""
    if row.share is None:
        return None
    return Draw(
        issue=row.id,
        held_out=row.held_out,
        share=row.share,
        subjects=row.subjects,
        decided=row.decided_at is not None,
        winner=row.winner,
    )


DEALT = (
    Newsletter.id,
    Newsletter.held_out,
    Trial.share,
    Trial.subjects,
    Trial.decided_at,
    Trial.winner,
)
"""Columns of an issue and, joined to it, its trial."""
