"""Issues of the newsletter as they are written: drafts, their copies, previews and tests."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from core import clock, db
from core.mail import ledger
from core.mail.letters import Message
from newsletter import areas, mailing, rendering, segments, subjects
from newsletter.models import IssueState, Lateness, Newsletter


class WrongState(Exception):
    """What was asked cannot be done with an issue in its state."""


def draft(
    subject: str,
    body: str,
    *,
    preheader: str = "",
    segment: str | None = None,
    others: Sequence[tuple[str, str]] = (),
) -> int:
    """Begin an issue; its id. `others` are other subjects and preheaders, to be tried.

    Raises `LookupError` where no segment is called so, `ValueError` for too many others.
    """
    segments.members(segment)
    now = clock.now()
    with db.transaction() as session:
        issue = Newsletter(
            slug=_free_slug(subject),
            subject=subject,
            preheader=preheader,
            body=body,
            segment=segment,
            state=IssueState.DRAFT,
            created_at=now,
            updated_at=now,
        )
        session.add(issue)
        session.flush()
        subjects.write(issue.id, others)
        return issue.id


def revise(
    issue_id: int,
    *,
    subject: str,
    preheader: str,
    body: str,
    segment: str | None = None,
    others: Sequence[tuple[str, str]] = (),
) -> None:
    """Change a draft. Raises `WrongState` once it is on its way, and as `draft` does."""
    segments.members(segment)
    with db.transaction():
        values = {"subject": subject, "preheader": preheader, "body": body, "segment": segment}
        change(issue_id, {IssueState.DRAFT}, updated_at=clock.now(), **values)
        subjects.write(issue_id, others)


def duplicate(issue_id: int) -> int:
    """A new draft with the same words, about the same, for the same segment; its id.

    When the other goes or went, to whom by lot, and what became of it stay with the other. A
    segment that is gone is left out. Raises `LookupError`.
    """
    issue = find(issue_id)
    others = [(each.subject, each.preheader) for each in subjects.of(issue)[1:]]
    with db.transaction():
        copy = draft(
            issue.subject,
            issue.body,
            preheader=issue.preheader,
            segment=issue.segment if issue.segment in segments.names() else None,
            others=others,
        )
        treat_when_late(copy, issue.late)
        areas.tell(copy, issue.areas)
    return copy


def treat_when_late(issue_id: int, late: Lateness) -> None:
    """Say what becomes of a draft that an outage makes hours late; others stay as they are."""
    draft = Newsletter.id == issue_id, Newsletter.state == IssueState.DRAFT
    with db.transaction():
        db.changed(update(Newsletter).where(*draft).values(late=late))


def find(issue_id: int) -> Newsletter:
    """An issue. Raises `LookupError`."""
    with db.reading() as session:
        issue = session.get(Newsletter, issue_id)
    if issue is None:
        raise LookupError(f"there is no newsletter {issue_id}")
    return issue


def preview(subject: str, preheader: str, body: str) -> Message:
    """An issue as a reader without a name would get it. Raises `BadLetter`."""
    skeleton = rendering.compile_letter(subject, preheader, body, archived=True)
    return skeleton.fill(rendering.sample_values())


def show(issue: Newsletter) -> Message:
    """An issue as a reader without a name gets it; once it is frozen, as it went out.

    Raises `BadLetter`.
    """
    if issue.html is None or issue.text is None:
        return preview(issue.subject, issue.preheader, issue.body)
    frozen = rendering.restore(issue.subject, issue.html, issue.text)
    slots = frozen.html[1::2] + frozen.text[1::2] + frozen.subject[1::2]
    return frozen.fill(dict.fromkeys(slots, "") | rendering.sample_values())


def send_test(issue_id: int, recipient: str) -> None:
    """Send an issue as it stands to one address; it counts nowhere."""
    moment = clock.now().isoformat()
    ledger.enqueue(
        key=f"{mailing.TEST}:{issue_id}:{recipient}:{moment}"[:200],
        letter=mailing.TEST,
        recipient=recipient,
        source="tests",
        payload={"newsletter": issue_id},
    )


def everything() -> Sequence[Newsletter]:
    """Every issue, newest first."""
    with db.reading() as session:
        return session.scalars(select(Newsletter).order_by(Newsletter.id.desc())).all()


def change(issue_id: int, states: set[IssueState], **values: Any) -> None:
    """Change an issue that is in one of the states. Raises `WrongState`, `LookupError`."""
    with db.transaction():
        changed = db.changed(
            update(Newsletter)
            .where(Newsletter.id == issue_id, Newsletter.state.in_(states))
            .values(**values)
        )
        if changed == 0:
            raise WrongState(f"newsletter {issue_id} is {find(issue_id).state.value}")


def _free_slug(subject: str) -> str:
    """An address for the archive, from the subject."""
    plain = unicodedata.normalize("NFKD", subject).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:100] or "letter"
    taken = set(
        db.session().scalars(select(Newsletter.slug).where(Newsletter.slug.startswith(slug)))
    )
    return next(
        name
        for name in (slug, *(f"{slug}-{number}" for number in range(2, len(taken) + 3)))
        if name not in taken
    )
