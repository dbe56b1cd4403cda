"""The newsletters desk: written, examined, sent, paused, and accounted for to the last reader."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import Response, abort, make_response, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import escape

from core import clock
from core.mail.letters import Message
from core.mailbox import sandbox
from core.web import visits
from newsletter import (
    areas,
    clicks,
    dispatch,
    failures,
    lift,
    newsletters,
    preflight,
    progress,
    rendering,
    segments,
    subjects,
    trials,
    waves,
)
from newsletter.dispatch import NotReady, TooLate
from newsletter.markup import BadLetter
from newsletter.models import IssueState, Lateness, Newsletter
from newsletter.newsletters import WrongState
from newsletter.progress import Status
from newsletter.trials import NoTrial
from staff import access, sending
from staff.frame import mail_part, page, say
from staff.models import Role

desk = access.desk("newsletters", __name__, Role.EDITOR)

# The preview is a letter, whose styles stand on its elements, in a frame of the editor's page.
_EDITOR_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
_DEEDS = {
    "pause": (dispatch.pause, "Paused: nothing that has not begun goes out.", "resume"),
    "resume": (dispatch.resume, "It goes on where it stopped.", "pause"),
    "cancel": (dispatch.cancel, "Cancelled. What had gone out is gone.", None),
    "unschedule": (dispatch.unschedule, "It is a draft again.", None),
}


@dataclass(frozen=True)
class Letter:
    """What the editor's fields hold."""

    subject: str
    preheader: str
    body: str
    segment: str | None
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Share:
    """A part of an audience: its name, why, and how many."""

    kind: str
    why: str
    count: int


@desk.get("")
def index() -> ResponseReturnValue:
    """Every issue, the newest first."""
    return page("newsletters.html", found=newsletters.everything())


@desk.get("/new")
def write() -> ResponseReturnValue:
    """An empty editor."""
    return _editor(None, Letter("", "", "", None))


@desk.post("/new")
def create() -> ResponseReturnValue:
    """Save a first draft."""
    letter = _given()
    issue_id = newsletters.draft(
        letter.subject,
        letter.body,
        preheader=letter.preheader,
        segment=letter.segment,
        others=letter.others,
    )
    return _after_saving(issue_id)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """The editor of a draft; what became of an issue that is on its way."""
    issue = _found(number)
    if issue.state is IssueState.DRAFT:
        others = tuple((each.subject, each.preheader) for each in subjects.of(issue)[1:])
        letter = Letter(issue.subject, issue.preheader, issue.body, issue.segment, others)
        return _editor(issue, letter)
    status = progress.status(number)
    followed = clicks.links(issue)
    trial = trials.find(number)
    return page(
        "issue.html",
        issue=issue,
        status=status,
        shares=list(shares(status)),
        progress=progress.of(issue) if issue.frozen_at else None,
        waves=waves.of(issue),
        failures=failures.of(issue) if issue.frozen_at else [],
        trial=trial,
        subjects=subjects.of(issue) if trial else [],
        results=trials.results(issue, trial) if trial and issue.frozen_at else [],
        next_look=trials.next_look(trial) if trial else None,
        followed=followed,
        machines=clicks.machines(followed),
        kept_days=visits.KEPT.days,
        forgotten=issue.frozen_at is not None and clock.now() - issue.frozen_at > visits.KEPT,
        lift=lift.measure(issue),
        now=clock.now(),
    )


@desk.post("/<int:number>")
def save(number: int) -> ResponseReturnValue:
    """Keep a draft, and send it to whoever writes it where that button was pressed."""
    letter = _given()
    try:
        newsletters.revise(
            _found(number).id,
            subject=letter.subject,
            preheader=letter.preheader,
            body=letter.body,
            segment=letter.segment,
            others=letter.others,
        )
    except WrongState:
        say("It is on its way and can no longer be changed.", kind="error")
        return redirect(f"/staff/newsletters/{number}", 303)
    return _after_saving(number)


@desk.post("/preview")
def preview() -> ResponseReturnValue:
    """What is in the editor as a reader would get it; the header `Problems` has the findings."""
    letter = _given()
    findings = preflight.examine(_unsaved(letter), readers=False)
    try:
        message = newsletters.preview(letter.subject, letter.preheader, letter.body)
    except BadLetter as error:
        response = mail_part(f"<p>{escape(str(error))}</p>")
    else:
        response = mail_part(_as_seen(message, request.form.get("view", "")))
    told = [finding.for_scripts for finding in findings]
    response.headers["Problems"] = json.dumps(told)
    return response


@desk.get("/<int:number>/html")
def show_html(number: int) -> ResponseReturnValue:
    """A saved issue as a reader without a name gets it, or got it."""
    try:
        message = newsletters.show(_found(number))
    except BadLetter as error:
        return mail_part(f"<p>{escape(str(error))}</p>")
    return mail_part(_as_seen(message))


@desk.post("/<int:number>/duplicate")
def duplicate(number: int) -> ResponseReturnValue:
    """A new draft with the same words; it goes nowhere by itself."""
    copy = newsletters.duplicate(_found(number).id)
    say("This is a copy, and a draft. When the other goes or went is not copied.")
    return redirect(f"/staff/newsletters/{copy}", 303)


@desk.post("/<int:number>/again")
def send_again(number: int) -> ResponseReturnValue:
    """Send it again to those whom a server refused with the code that staff saw."""
    try:
        readers = failures.send_again(_found(number).id, request.form.get("code", ""))
    except WrongState:
        say("That cannot be done as it stands.", kind="info")
    else:
        say(f"It goes again to {readers:,} {'reader' if readers == 1 else 'readers'}.")
    return redirect(f"/staff/newsletters/{number}", 303)


@desk.get("/<int:number>/send")
def before_sending(number: int) -> ResponseReturnValue:
    """What there is to know before an issue goes out, and the button that sends it."""
    issue = _found(number)
    if issue.state is not IssueState.DRAFT:
        return redirect(f"/staff/newsletters/{number}", 303)
    return sending.page_before(issue, sending.examine(issue))


@desk.post("/<int:number>/send")
def send(number: int) -> ResponseReturnValue:
    """Send an issue now, at a moment, or by every reader's clock, unless something blocks it."""
    issue = _found(number)
    try:
        sending.send(number)
    except NotReady as error:
        return sending.page_before(issue, error.findings), 422
    except NoTrial as error:
        return sending.page_before(issue, preflight.examine(issue), trial=str(error)), 422
    except (TooLate, ValueError) as error:
        return sending.page_before(issue, preflight.examine(issue), at=str(error)), 422
    except WrongState:
        say("It had been sent already.", kind="info")
    else:
        _say_when(_found(number))
    return redirect(f"/staff/newsletters/{number}", 303)


@desk.post("/<int:number>/<any(pause, resume, cancel, unschedule):deed>")
def steer(number: int, deed: str) -> ResponseReturnValue:
    """Pause, resume, cancel or unschedule an issue."""
    act, said, undo = _DEEDS[deed]
    try:
        act(_found(number).id)
    except WrongState:
        say("That cannot be done any more.", kind="info")
    else:
        say(said, undo=f"/staff/newsletters/{number}/{undo}" if undo else None)
    return redirect(f"/staff/newsletters/{number}", 303)


def shares(status: Status) -> Iterable[Share]:
    """The parts of an audience, in the order of the bar; they always add up to it."""
    yield Share("accepted", "", status.accepted)
    yield Share("pending", "", status.pending)
    yield Share("unknown", "", status.unknown)
    for why, count in sorted(status.failed.items()):
        yield Share("failed", why, count)
    for why, count in sorted(status.excluded.items()):
        yield Share("excluded", why, count)


def _after_saving(number: int) -> ResponseReturnValue:
    areas.tell(number, request.form.getlist("areas"))
    keeps = request.form.get("late") == Lateness.SEND.value
    newsletters.treat_when_late(number, Lateness.SEND if keeps else Lateness.HOLD)
    if request.form.get("do") == "review":
        return redirect(f"/staff/newsletters/{number}/send", 303)
    if request.form.get("do") == "test":
        me = access.member().email
        newsletters.send_test(number, me)
        say(f"Saved; a test is on its way to {me}.")
    else:
        say("Saved.")
    return redirect(f"/staff/newsletters/{number}", 303)


def _say_when(issue: Newsletter) -> None:
    if issue.state is not IssueState.SCHEDULED:
        say("It is on its way.", undo=f"/staff/newsletters/{issue.id}/pause")
        return
    if issue.local_at:
        local = datetime.fromisoformat(issue.local_at)
        when = f"{local:%B %-d, %Y at %H:%M} by each reader's clock"
    else:
        when = f"{issue.scheduled_at:%B %-d, %Y at %H:%M} UTC"
    say(f"It goes out on {when}.", undo=f"/staff/newsletters/{issue.id}/unschedule")


def _as_seen(message: Message, view: str = "") -> str:
    """A letter's HTML as the view of the preview has it; light, if it is not that of the dark."""
    if view == "text":
        return f'<pre style="white-space: pre-wrap">{escape(message.text)}</pre>'
    html = rendering.without_images(message.html) if view == "images" else message.html
    return sandbox.in_scheme(html, "dark" if view == "dark" else "light")


def _editor(issue: Newsletter | None, letter: Letter) -> Response:
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


def _given() -> Letter:
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


def _others() -> Iterable[tuple[str, str]]:
    for number in range(1, subjects.MOST):
        subject, preheader = (
            " ".join(request.form.get(f"{name}_{number}", "").split())
            for name in ("subject", "preheader")
        )
        yield subject, preheader


def _unsaved(letter: Letter) -> Newsletter:
    return Newsletter(
        subject=letter.subject,
        preheader=letter.preheader,
        body=letter.body,
        segment=letter.segment,
    )


def _found(number: int) -> Newsletter:
    try:
        return newsletters.find(number)
    except LookupError:
        abort(404)
