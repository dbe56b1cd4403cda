"""The page of one order, shown again with what was entered where a form was not right."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from core.mail import ledger
from shop import (
    alerts,
    attribution,
    carriers,
    consents,
    disputes,
    fulfilment,
    orders,
    refunds,
    settlement,
    strays,
    withdrawals,
)
from shop.models import Order
from staff import frame, sources
from staff.frame import page


@dataclass(frozen=True)
class Entered:
    """A form of the page as it was filled in: which one, its values, and what to put right."""

    form: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def of(self, form: str) -> "Entered":
        """What was entered into that form; nothing where it was another one."""
        return self if self.form == form else Entered(form)


def found(number: int) -> Order:
    """The order of that id, or 404."""
    try:
        return orders.get(number)
    except LookupError:
        abort(404)


def back(number: int) -> ResponseReturnValue:
    """To the order's page, after a deed."""
    return redirect(f"/staff/orders/{number}", 303)


def line(name: str) -> str:
    """What was entered into a field of one line."""
    return " ".join(request.form.get(name, "").split())


def units(order: Order, problems: dict[str, str]) -> dict[int, int]:
    """How many units of each line were entered; what is no number is put among `problems`."""
    given = {}
    for each in order.lines:
        entered = line(f"units-{each.id}") or "0"
        if not (entered.isascii() and entered.isdigit() and len(entered) < 6):
            problems[f"units-{each.id}"] = "Enter a whole number."
            continue
        given[each.id] = int(entered)
    return given


def refuse(order: Order, form: str, problems: Mapping[str, str]) -> ResponseReturnValue:
    """The page again, with everything as it was entered into `form`; a problem at each field.

    A problem of no field stands at the form, under its own name.
    """
    return show(order, Entered(form, request.form, problems)), 422


def show(order: Order, entered: Entered | None = None) -> str:
    """One order: what, for whom, how they came, what happened, and what we wrote to them."""
    way = attribution.ways(order)
    names = sources.named(way)
    refundable = {line.id: line.quantity for line in order.lines}
    if order.refunds:
        refundable = refunds.refundable_units(order)
    counts = frame.count(
        **frame.waiting(),
        warnings=alerts.about(order.id, "fraud_warning"),
        strays=strays.count(order.id),
        disputed=disputes.count(order.id),
    )
    asked = disputes.of_order(order.id) if counts["disputed"] else []
    return page(
        "order.html",
        counts=counts,
        order=order,
        entered=entered or Entered(),
        parcels=fulfilment.parcels(order.id) if order.fulfilments else [],
        origins=[names[step.source] for step in way],
        disputes=asked,
        taken=any(each.status in disputes.TAKEN for each in asked if not each.stray_id),
        answerable=disputes.ANSWERABLE,
        helps=disputes.helps,
        stands=disputes.STANDS,
        oversold=settlement.OVERSOLD in {each.tag for each in order.tags},
        withdrawal=withdrawals.open_of(order.id),
        repayment=withdrawals.PERIOD,
        refundable=refundable,
        strays=strays.of_order(order.id) if counts["strays"] else [],
        agreements=consents.of_order(order.id),
        messages=ledger.under(f"order:{order.id}"),
        carriers=carriers.NAMES,
    )
