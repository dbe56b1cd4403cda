"""The form in which an issue is written: what its fields hold, and its page."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Response, abort, make_response, request

from newsletter import areas, preflight, segments, subjects
from newsletter.models import Lateness, Newsletter
from staff.frame import page

# The preview is a letter, whose styles stand on its elements, in a frame of the editor's page.
_EDITOR_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)


@dataclass(frozen=True)
class Letter:
    """What the editor's fields hold."""

    subject: str
    preheader: str
    body: str
    segment: str | None
    others: tuple[tuple[str, str], ...] = ()


EMPTY = Letter("", "", "", None)


def stored(issue: Newsletter) -> Letter:
    """A draft as it stands."""
    others = tuple((each.subject, each.preheader) for each in subjects.of(issue)[1:])
    return Letter(issue.subject, issue.preheader, issue.body, issue.segment, others)


def given() -> Letter:
    """What was sent; 400 for a segment that does not exist."""
    form = request.form
    segment = form.get("segment") or None
    if segment is not None and segment not in segments.names():
        abort(400, "There is no such segment.")
    return Letter(
        subject=" ".join(form.get("subject", "").split()),
        preheader=" ".join(form.get("preheader", "").split()),
        body=form.get("body", "").replace("\r\n", "\n"),
        segment=segment,
        others=tuple(pair for pair in _others() if pair[0]),
    )


def unsaved(letter: Letter) -> Newsletter:
    """The issue that it would be, to be examined."""
    return Newsletter(
        subject=letter.subject,
        preheader=letter.preheader,
        body=letter.body,
        segment=letter.segment,
    )


def editor(issue: Newsletter | None, letter: Letter) -> Response:
    """The page in which an issue is written, with what speaks against it as it is saved."""
    html = page(
        "newsletter.html",
        issue=issue,
        letter=letter,
        areas=areas.every(),
        about=issue.areas if issue else [],
        late=issue.late if issue else Lateness.HOLD,
        choices=[("", "Everybody"), *((name, name) for name in segments.names())],
        findings=preflight.examine(issue) if issue else [],
        most_subjects=subjects.MOST,
    )
    response = make_response(html)
    response.headers["Content-Security-Policy"] = _EDITOR_POLICY
    return response


def _others() -> Iterable[tuple[str, str]]:
    for number in range(1, subjects.MOST):
        subject, preheader = (
            " ".join(request.form.get(f"{name}_{number}", "").split())
            for name in ("subject", "preheader")
        )
        yield subject, preheader
