"""The outbox desk: every message of the shop, its fate, and sending again what did not arrive."""

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select, text

from core import db
from core.mail import ledger, letters, stops, warming
from core.mail.letters import Message, Undeliverable
from core.mail.models import Delivery
from core.web import paging
from staff import access
from staff.frame import mail_part, page, say
from staff.models import Role

desk = access.desk("outbox", __name__, Role.EDITOR, Role.FULFILMENT)

GROUPS = {
    "waiting": "Waiting",
    "failed": "Failed",
    "unknown": "Unknown",
    "accepted": "Accepted",
    "excluded": "Excluded",
}


@dataclass(frozen=True)
class Filters:
    """What the list shows: a group of states, a kind of letter, a source, a recipient."""

    state: str
    letter: str
    source: str
    to: str

    def apply(self, statement: Select[Any]) -> Select[Any]:
        """Narrow a selection of deliveries."""
        if self.state in GROUPS:
            statement = statement.where(text(_STATES[self.state]))
        if self.letter:
            statement = statement.where(Delivery.letter == self.letter)
        if self.source:
            statement = statement.where(Delivery.source == self.source)
        if self.to:
            statement = statement.where(Delivery.recipient.startswith(self.to, autoescape=True))
        return statement


# Written out, not bound, so that the indexes on such rows serve.
_STATES = {name: f"state = '{name}'" for name in GROUPS} | {
    "waiting": "state IN ('pending', 'held', 'claimed', 'sending')"
}


@desk.get("")
def index() -> ResponseReturnValue:
    """The ledger, newest first."""
    filters = Filters(
        state=request.args.get("state", ""),
        letter=request.args.get("letter", "").strip(),
        source=request.args.get("source", "").strip(),
        to=request.args.get("to", "").strip().lower(),
    )
    found = paging.newest_first(
        filters.apply(select(Delivery)),
        Delivery.id,
        after=request.args.get("after", type=int),
    )
    return page(
        "outbox.html",
        found=found,
        filters=filters,
        groups=GROUPS,
        stopped=stops.current(),
        warm_up=warming.today(),
    )


@desk.post("/release")
def release() -> ResponseReturnValue:
    """Let mail go on that something stopped."""
    stops.resume()
    say("Mail goes out again.")
    return redirect("/staff/outbox", 303)


@desk.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """One message: its fate, and what it says."""
    delivery = _found(number)
    try:
        message = _composed(delivery)
    except Undeliverable as error:
        return page("delivery.html", delivery=delivery, message=None, problem=str(error))
    return page("delivery.html", delivery=delivery, message=message, problem=None)


@desk.get("/<int:number>/html")
def show_html(number: int) -> ResponseReturnValue:
    """The message's HTML part, as mail programs show it: no scripts, nothing from elsewhere."""
    try:
        return mail_part(_composed(_found(number)).html)
    except Undeliverable:
        abort(404)


@desk.post("/<int:number>/retry")
def retry(number: int) -> ResponseReturnValue:
    """Send again what failed or whose fate is unknown."""
    delivery = _found(number)
    if ledger.retry(number):
        say(f"The message to {delivery.recipient} goes out again.")
    else:
        say("This message is neither failed nor unknown any more.", kind="info")
    return redirect(f"/staff/outbox/{number}", 303)


def _found(number: int) -> Delivery:
    return db.session().get(Delivery, number) or abort(404)


def _composed(delivery: Delivery) -> Message:
    """What it says, or would say now. Raises `Undeliverable`, also where its rows are gone."""
    if not delivery.recipient:
        raise Undeliverable("the person asked to be forgotten")
    try:
        return letters.find(delivery.letter).compose(delivery)
    except LookupError as error:
        raise Undeliverable(f"what it was about is no longer there: {error}") from error
