"""Subjects of an issue: its own, and others that are tried against it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import delete, select, update

from core import db
from newsletter import rendering
from newsletter.models import Newsletter, OtherSubject

MOST = 4
LETTERS = "ABCD"


@dataclass(frozen=True)
class Subject:
    """One of the subjects of an issue; 0 is its own."""

    number: int
    subject: str
    preheader: str

    @property
    def letter(self) -> str:
        """What staff know it by: `A` is the issue's own."""
        return LETTERS[self.number]


def of(issue: Newsletter) -> list[Subject]:
    """An issue's subjects, its own first."""
    with db.reading() as session:
        others = session.scalars(
            select(OtherSubject)
            .where(OtherSubject.newsletter_id == issue.id)
            .order_by(OtherSubject.number)
        ).all()
    own = Subject(0, issue.subject, issue.preheader)
    return [own, *(Subject(row.number, row.subject, row.preheader) for row in others)]


def as_they_go(issue: Newsletter) -> list[Subject]:
    """The same, but that one without a preheader has the issue's: a trial is of subjects alone."""
    return [replace(each, preheader=each.preheader or issue.preheader) for each in of(issue)]


def write(issue_id: int, others: Sequence[tuple[str, str]]) -> None:
    """Keep these as an issue's other subjects and their preheaders.

    Raises `ValueError` for too many.
    """
    if len(others) >= MOST:
        raise ValueError(f"an issue has {MOST} subjects at most")
    with db.transaction() as session:
        session.execute(delete(OtherSubject).where(OtherSubject.newsletter_id == issue_id))
        for number, (subject, preheader) in enumerate(others, start=1):
            session.add(
                OtherSubject(
                    newsletter_id=issue_id, number=number, subject=subject, preheader=preheader
                )
            )


def freeze(issue: Newsletter, source: str) -> None:
    """Compile the other subjects of an issue, to be kept; `source` is what their links name.

    Raises `BadLetter`.
    """
    for each in as_they_go(issue)[1:]:
        skeleton = rendering.compile_letter(
            each.subject, each.preheader, issue.body, archived=True, source=source
        )
        html, text = rendering.store_parts(skeleton)
        with db.transaction():
            db.changed(
                update(OtherSubject)
                .where(OtherSubject.newsletter_id == issue.id, OtherSubject.number == each.number)
                .values(html=html, text=text)
            )
