"""Bringing a list in: a file is looked at, then imported, and can be taken back."""

from flask import Blueprint, Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from core import tables
from newsletter import exports, import_rollbacks, imports, rosters, sequences
from newsletter.admissions import Fate
from newsletter.import_rollbacks import AlreadyUndone
from newsletter.imports import NotWaiting
from newsletter.models import ImportRun
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
_MOST_BYTES = 8 * 1024 * 1024


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
    return page(
        "import.html",
        run=run,
        fates=FATES,
        left=import_rollbacks.left(number) if run.undone_at else [],
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
        said = f"{outcome.confirmed:,} people are on the list, {outcome.asked:,} are asked."
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
            f"Taken back: {ended['removed']:,} people removed, {ended['restored']:,} as they were "
            f"before, {ended['left']:,} left because of what they did themselves."
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
