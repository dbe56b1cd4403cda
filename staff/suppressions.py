"""The suppression list: an address is looked up, shut out or let in; the list itself is hashes.

Addresses come in the bodies of forms alone, so that none stands in an address or a log.
"""

from hashlib import sha256

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from core.mail.addresses import InvalidAddress
from newsletter import shutouts, suppression
from newsletter.shutouts import Outlook, Pasted, TooMany
from newsletter.suppression import Count, Reason
from staff import access
from staff.frame import page, say

pages = Blueprint("suppressions", __name__, url_prefix="/suppressions")

HOME = "/staff/subscribers/suppressions"
REASONS = {
    Reason.COMPLAINED: "Reported as spam",
    Reason.STAFF: "Shut out by staff",
    Reason.BOUNCED: "Mail came back",
    Reason.ERASED: "Data deleted",
}
_MOST_MONTHS = 24
_MOST_DEEDS = 20


@pages.get("")
def index() -> ResponseReturnValue:
    """The forms, how many addresses there are for each reason and month, and what staff did."""
    return _index()


@pages.post("/address")
def look_up() -> ResponseReturnValue:
    """What is known of an address; changes nothing."""
    entered = request.form.get("email", "").strip()
    try:
        found = shutouts.look_up(entered)
    except InvalidAddress as error:
        return _index(entered=entered, problem=str(error)), 422
    labels = {each.value: said for each, said in REASONS.items()}
    return page("suppression.html", found=found, labels=labels)


@pages.post("/shut-out")
def shut_out() -> ResponseReturnValue:
    """Send nothing but receipts to an address any more."""
    entered = request.form.get("email", "").strip()
    try:
        was_reader = shutouts.look_up(entered).gets_letters
        address = shutouts.shut_out(entered, by=access.member().email)
    except InvalidAddress as error:
        return _index(entered=entered, problem=str(error)), 422
    # Taking it back brings no reader back, so it is offered for others alone.
    undo = None if was_reader else f"{HOME}/let-in"
    say(
        f"Nothing but receipts goes to {address} any more, whoever adds it.",
        undo=undo,
        email=address,
    )
    return redirect(HOME, 303)


@pages.post("/let-in")
def let_in() -> ResponseReturnValue:
    """Take back the mark that staff set, or that a bounce left."""
    entered = request.form.get("email", "").strip()
    try:
        lifted = shutouts.let_in(entered, by=access.member().email)
    except InvalidAddress as error:
        return _index(entered=entered, problem=str(error)), 422
    if lifted:
        say(f"The mark of {entered} is taken back.", kind="info")
    else:
        say(f"{entered} has no mark that staff may take back.", kind="warning")
    return redirect(HOME, 303)


@pages.post("/several")
def shut_out_several() -> ResponseReturnValue:
    """Look at pasted lines, and shut their addresses out once these very ones were looked at."""
    pasted = request.form.get("addresses", "")
    try:
        lines = shutouts.read(pasted)
    except TooMany as error:
        return _index(pasted=pasted, many_problem=str(error)), 422
    if not lines.addresses:
        return _index(pasted=pasted, lines=lines, many_problem=_nothing(lines)), 422
    seen = _seal(lines)
    if request.form.get("seen") != seen:
        outlook = shutouts.foresee(lines.addresses)
        return _index(pasted=pasted, lines=lines, outlook=outlook, seen=seen)
    new = shutouts.shut_out_all(lines.addresses, by=access.member().email)
    before = len(lines.addresses) - new
    say(
        f"{new:,} address{'' if new == 1 else 'es'} shut out"
        + (f"; {before:,} had been before." if before else ".")
    )
    if not lines.faults:
        return redirect(HOME, 303)
    rest = "\n".join(line for _, line, _ in lines.faults)
    return _index(pasted=rest, lines=shutouts.read(rest), many_problem="These lines are left."), 422


def _index(
    *,
    entered: str = "",
    problem: str | None = None,
    pasted: str = "",
    lines: Pasted | None = None,
    outlook: Outlook | None = None,
    seen: str = "",
    many_problem: str | None = None,
) -> str:
    counted = suppression.by_month()
    return page(
        "suppressions.html",
        entered=entered,
        problem=problem,
        pasted=pasted,
        lines=lines,
        outlook=outlook,
        seen=seen,
        many_problem=many_problem,
        most=shutouts.MOST,
        reasons=REASONS,
        months=_months(counted),
        totals={each: sum(n.addresses for n in counted if n.reason is each) for each in REASONS},
        deeds=suppression.deeds_of_staff(_MOST_DEEDS),
    )


def _months(counted: list[Count]) -> dict[tuple[int, int], dict[Reason, int]]:
    """For each of the latest months the number of addresses for each reason."""
    months: dict[tuple[int, int], dict[Reason, int]] = {}
    for each in counted:
        months.setdefault((each.year, each.month), {})[each.reason] = each.addresses
    return dict(list(months.items())[:_MOST_MONTHS])


def _nothing(lines: Pasted) -> str:
    if lines.faults:
        return "None of these lines is an address."
    return "Paste the addresses, one a line."


def _seal(lines: Pasted) -> str:
    """What a form that was looked at says, so that other addresses are looked at anew."""
    return sha256("\n".join(lines.addresses).encode()).hexdigest()
