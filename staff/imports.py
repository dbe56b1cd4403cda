"""Bringing a list in: a file is looked at, then imported, and can be taken back."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select, true

from core import db, tables
from core.web.paging import Page
from newsletter import exports, import_rollbacks, imports, rosters, sequences
from newsletter.admissions import Fate, alterations
from newsletter.import_rollbacks import AlreadyUndone, End
from newsletter.imports import NotWaiting
from newsletter.models import ImportEntry, ImportRun, Subscriber
from staff import access
from staff.frame import page, say

pages = Blueprint("imports", __name__, url_prefix="/imports")

FATES = {
    Fate.CONFIRMED: "On the list at once",
    Fate.ASKED: "Asked to confirm",
    Fate.ALREADY: "Known already",
    Fate.UNSUBSCRIBED: "Left here before",
    Fate.SUPPRESSED: "Shut out here",
    Fate.REFUSED: "Not willing elsewhere",
}
ENDS = {
    End.LEFT: "Left as they are",
    End.RESTORED: "As before",
}
"""What became of people who are still here when an import was taken back."""
_A_PAGE = 50
_MOST_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Touched:
    """A person to whom an import does something, or did, and what became of them.

    `line` is theirs in a file that waits, `person` their number where they are known.
    """

    email: str
    fate: str
    alters: Sequence[str]
    line: int | None = None
    person: int | None = None
    end: str | None = None
    why: str | None = None


@pages.get("")
def index() -> ResponseReturnValue:
    """The form for a file, and every import."""
    return _index()


@pages.post("")
def examine() -> ResponseReturnValue:
    """Read a file and show what it would do; nothing is imported yet."""
    request.max_content_length = _MOST_BYTES
    given, start = request.files.get("file"), request.form.get("start") or None
    if given is None or not given.filename:
        return _index(problem="Choose a CSV file first.", start=start), 422
    try:
        text = tables.decode(given.read())
        number = imports.examine(text, origin=given.filename, by=access.member().email, start=start)
    except (ValueError, LookupError) as error:
        return _index(problem=f"This file could not be read: {error}.", start=start), 422
    return redirect(f"/staff/subscribers/imports/{number}", 303)


@pages.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """What an import would do or did, and whom its undoing left."""
    run = _found(number)
    chosen, after = request.args.get("state", ""), request.args.get("after", 0, type=int)
    return page(
        "import.html",
        run=run,
        fates=FATES,
        ends=ENDS,
        kinds=_kinds(run),
        chosen=chosen,
        found=(_planned if run.waits else _done)(run, chosen, after),
        most=imports.MOST_SHOWN,
    )


@pages.post("/<int:number>")
def carry_out(number: int) -> ResponseReturnValue:
    """Import a file that was looked at."""
    run = _found(number)
    try:
        outcome = imports.carry_out(number)
    except NotWaiting:
        say("This file was imported before, or waited for too long.", kind="warning")
    else:
        said = f"on the list at once {outcome.confirmed:,}, asked {outcome.asked:,}."
        say(f"“{run.file}” is imported: {said}", undo=f"/staff/subscribers/imports/{number}/undo")
    return redirect(f"/staff/subscribers/imports/{number}", 303)


@pages.post("/<int:number>/undo")
def undo(number: int) -> ResponseReturnValue:
    """Take an import back, but for people who have done something since."""
    _found(number)
    try:
        ended = import_rollbacks.undo(number)
    except AlreadyUndone:
        say("This import was taken back before.", kind="warning")
    else:
        say(
            f"Taken back: removed {ended['removed']:,}, as they were before {ended['restored']:,}, "
            f"left because of what they did themselves {ended['left']:,}."
        )
    return redirect(f"/staff/subscribers/imports/{number}", 303)


@pages.post("/<int:number>/discard")
def discard(number: int) -> ResponseReturnValue:
    """Forget a file that is not to be imported."""
    _found(number)
    try:
        imports.discard(number)
    except NotWaiting:
        say("It was imported meanwhile.", kind="warning")
        return redirect(f"/staff/subscribers/imports/{number}", 303)
    say("The file is forgotten. Nobody was imported.", kind="info")
    return redirect("/staff/subscribers/imports", 303)


@pages.get("/list.csv")
def export() -> ResponseReturnValue:
    """Everybody on the list, or in a segment, as the CSV that an import reads."""
    segment = request.args.get("segment") or None
    try:
        text = exports.text(segment)
    except LookupError:
        abort(404)
    response = Response(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="readers.csv"'
    return response


def _index(*, problem: str | None = None, start: str | None = None) -> str:
    return page(
        "imports.html",
        runs=import_rollbacks.runs(),
        sequences=sequences.titles(),
        problem=problem,
        start=start,
        columns=rosters.COLUMNS,
    )


def _found(number: int) -> ImportRun:
    try:
        return import_rollbacks.find(number)
    except LookupError:
        abort(404)


def _kinds(run: ImportRun) -> dict[str, str]:
    """By what the people of an import can be told apart: what happened to them, or became of it."""
    known = [(kind.value, label) for kind, label in (ENDS if run.undone_at else FATES).items()]
    counts = (run.undone if run.undone_at else run.counts) or {}
    return {"": "All"} | {kind: label for kind, label in known if counts.get(kind)}


def _planned(run: ImportRun, fate: str, after: int) -> Page[Touched]:
    """To whom a file that waits would do something, from this place of the list on."""
    meant = [Touched(**each) for each in run.changes or [] if fate in ("", each["fate"])]
    end = max(after, 0) + _A_PAGE
    return Page(meant[end - _A_PAGE : end], end if end < len(meant) else None)


def _done(run: ImportRun, kind: str, after: int) -> Page[Touched]:
    """To whom an import did something and who is still here, from after this entry on."""
    which = ImportEntry.end if run.undone_at else ImportEntry.fate
    mine = ImportEntry.run_id == run.id, ImportEntry.id > after
    entries = (
        select(ImportEntry, Subscriber.email)
        .join(Subscriber, Subscriber.id == ImportEntry.subscriber_id)
        .where(*mine, which == kind if kind else true())
        .order_by(ImportEntry.id)
        .limit(_A_PAGE + 1)
    )
    rows = db.session().execute(entries).all()
    shown = [_told(entry, email) for entry, email in rows[:_A_PAGE]]
    return Page(shown, rows[_A_PAGE - 1][0].id if len(rows) > _A_PAGE else None)


def _told(entry: ImportEntry, email: str) -> Touched:
    given = {name: value for name, value in entry.given.items() if value}
    return Touched(
        email=email,
        fate=entry.fate,
        alters=alterations(given, entry.tags),
        person=entry.subscriber_id,
        end=entry.end,
        why=entry.why,
    )
