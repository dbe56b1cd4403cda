"""The newsletters desk: written, examined, sent, paused, and accounted for to the last reader."""

import json
from datetime import datetime

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from markupsafe import escape

from core.mail.letters import Message
from core.mailbox import sandbox
from newsletter import (
    areas,
    dispatch,
    failures,
    newsletters,
    preflight,
    rendering,
)
from newsletter.dispatch import NotReady, TooLate
from newsletter.markup import BadLetter
from newsletter.models import IssueState, Lateness, Newsletter
from newsletter.newsletters import WrongState
from newsletter.trials import NoTrial
from staff import access, issue_form, issue_page, sending
from staff.frame import mail_part, page, say
from staff.models import Role

desk = access.desk("newsletters", __name__, Role.EDITOR)

_MOST_TOLD = 40
"""Findings of a preview, as they stand in a header."""
_DEEDS = {
    "pause": (dispatch.pause, "Paused: nothing that has not begun goes out.", "resume"),
    "resume": (dispatch.resume, "It goes on where it stopped.", "pause"),
    "cancel": (dispatch.cancel, "Cancelled. What had gone out is gone.", None),
    "unschedule": (dispatch.unschedule, "It is a draft again.", None),
}


@desk.get("")
def index() -> ResponseReturnValue:
    """Every issue, the newest first."""
    return page("newsletters.html", found=newsletters.everything())


@desk.get("/new")
def write() -> ResponseReturnValue:
    """An empty editor."""
    return issue_form.editor(None, issue_form.EMPTY)


@desk.post("/new")
def create() -> ResponseReturnValue:
    """Save a first draft."""
    letter = issue_form.given()
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
        return issue_form.editor(issue, issue_form.stored(issue))
    return issue_page.show(issue)


@desk.post("/<int:number>")
def save(number: int) -> ResponseReturnValue:
    """Keep a draft, and send it to whoever writes it where that button was pressed."""
    letter = issue_form.given()
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
    letter = issue_form.given()
    findings = preflight.examine(issue_form.unsaved(letter), readers=False)
    try:
        message = newsletters.preview(letter.subject, letter.preheader, letter.body)
    except BadLetter as error:
        response = mail_part(f"<p>{escape(str(error))}</p>")
    else:
        response = mail_part(_as_seen(message, request.form.get("view", "")))
    told = [finding.for_scripts for finding in findings[:_MOST_TOLD]]
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


def _found(number: int) -> Newsletter:
    try:
        return newsletters.find(number)
    except LookupError:
        abort(404)
