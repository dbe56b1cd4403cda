"""The money desk: what Stripe has beside what is here, how its webhook fares, and a way to repair.

Its pages read what the reconciler kept; only `reconcile` asks Stripe.
"""

from flask import redirect, request
from flask.typing import ResponseReturnValue

from core import clock
from shop import books, payments, reconciler, strays
from shop.models import Verdict
from staff import access, frame
from staff.frame import page, say
from staff.models import Role

desk = access.desk("money", __name__, Role.FULFILMENT)

KINDS = ("session", "charge", "refund", "dispute", "warning")
_ADDRESS = "/staff/money"


@desk.get("")
def index() -> ResponseReturnValue:
    """Sessions, charges, refunds, disputes and fraud warnings of 30 days beside the rows here."""
    verdict, kind = request.args.get("verdict", ""), request.args.get("kind", "")
    chosen = kind if kind in KINDS else ""
    counts = frame.count(**frame.waiting(), **books.last_run(), strays=strays.count())
    return page(
        "money.html",
        counts=counts,
        found=books.find(verdict=verdict, kind=chosen, after=request.args.get("after", type=int)),
        filters={"verdict": verdict, "kind": chosen},
        verdicts=[each.value for each in Verdict],
        kinds=KINDS,
        tally=books.tally(),
        strays=strays.waiting() if counts["strays"] else [],
    )


@desk.get("/webhook")
def webhook() -> ResponseReturnValue:
    """What Stripe delivered in 30 days, what came of it, and what failed, by reason."""
    counts = frame.count(**frame.waiting(), **books.last_event())
    return page("webhook.html", counts=counts, webhook=books.webhook(), now=clock.now())


@desk.post("/reconcile")
def reconcile() -> ResponseReturnValue:
    """Compare and repair at once; what it came to."""
    try:
        found = reconciler.reconcile(by=access.member().email)
    except payments.Unavailable:
        say("Stripe does not answer. Nothing was changed; try again in a minute.", kind="error")
        return redirect(_ADDRESS, 303)
    repaired, unmatched = found["repaired"], found["unmatched"]
    if unmatched:
        say(f"{_repaired(repaired)} {unmatched} cannot be matched: see below.", kind="warning")
        return redirect(f"{_ADDRESS}?verdict=unmatched", 303)
    say(f"{_repaired(repaired)} All that is ours at Stripe is here, and the other way round.")
    return redirect(_ADDRESS, 303)


def _repaired(count: int) -> str:
    return f"{count} repaired." if count else "Nothing had to be repaired."
