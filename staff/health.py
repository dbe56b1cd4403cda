"""What is wrong with the shop itself, shown on every desk: money, the webhook, worker and mail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ScalarSelect, func, select, text

from core import clock
from core.mail import warming
from core.mail.models import Delivery
from core.models import Lease
from shop import books
from staff import access

_MAIL_PATIENCE = timedelta(minutes=20)
_WORKER_PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Trouble:
    """Something that staff have to look into, and where."""

    title: str
    text: str
    href: str


def questions() -> dict[str, ScalarSelect[Any]]:
    """What to ask the database, along with what waits on each desk."""
    waiting = text("state = 'pending'"), Delivery.due_at <= clock.now() - _MAIL_PATIENCE
    turned = Lease.name.startswith("job:")
    return books.troubles() | {
        "mail_late": select(func.count(Delivery.id)).where(*waiting).scalar_subquery(),
        "worked_until": select(func.max(Lease.expires_at)).where(turned).scalar_subquery(),
    }


def troubles(known: Mapping[str, Any]) -> list[Trouble]:
    """What is wrong, from the answers to `questions`, for who is signed in."""
    found = []
    if access.may_use("money"):
        found += list(_money(known))
    if access.may_use("outbox") and known.get("mail_late"):
        found.append(_late(known["mail_late"]))
    worked: datetime | None = known.get("worked_until")
    if worked is not None and worked < clock.now() - _WORKER_PATIENCE:
        said = "No worker has been at work for a while. Start one: flask --app wsgi worker."
        found.append(Trouble("The workers rest", said, access.HOME))
    return found


def _late(messages: int) -> Trouble:
    """Mail that waits for long, and why where that is known."""
    where = "/staff/outbox?state=waiting"
    if warming.is_spent():
        said = f"{messages:,} messages wait for tomorrow: today's share of the warm-up has gone."
        return Trouble("The sender warms up", said, where)
    said = f"{messages:,} messages should have gone out twenty minutes ago."
    return Trouble("Mail is stuck", said, where)


def _money(known: Mapping[str, Any]) -> Iterator[Trouble]:
    unmatched = known.get("unmatched")
    if unmatched:
        things = "thing does" if unmatched == 1 else "things do"
        said = f"{unmatched:,} {things} not match what Stripe has."
        yield Trouble("Money does not match", said, "/staff/money?verdict=unmatched")
    if books.is_silent(known.get("paid_at"), known.get("heard_at")):
        said = "Payments come in, and Stripe's webhook is silent. Orders are settled all the same."
        yield Trouble("The webhook is silent", said, "/staff/money/webhook")
