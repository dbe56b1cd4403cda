"""Lets letters that a cap put off go within another one to the same person, as one message.

Nothing is decided before the last moment: until then each letter waits by itself and has its own
last look. With the mark of intent its row says within which message it goes, and from then on its
fate is that message's, written by the same transactions (see `core.mail.fates`): whatever is
killed, both have gone or neither has.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select

from core import db
from core.mail import caps, letters, printing, queue, validation
from core.mail.models import Delivery, State, Stream
from core.mail.printing import Printed

MOST = 3
"""Letters in one message: more would be read by nobody."""
LARGEST = validation.CLIPPED
"""Octets of a message."""


class Bundle(NamedTuple):
    """A message that says several letters, and those that go within it."""

    sheet: Printed
    others: list[Delivery]


_Place = tuple[str, str, int | None]
"""Letters of one kind to one person."""


def bundles(ready: Mapping[Delivery, Printed]) -> dict[Delivery, Bundle]:
    """Which of a group take others along, in the transaction under way, where staff let them."""
    carriers = {
        _place(delivery): delivery
        for delivery in sorted(ready, key=lambda each: each.id)
        if delivery.stream is Stream.MARKETING and letters.may_be_merged(delivery.letter)
    }
    if not carriers or not caps.merge():
        return {}
    found = {}
    for place, others in _waiting(carriers).items():
        bundle = _bound(carriers[place], others[: MOST - 1])
        if bundle is not None:
            found[carriers[place]] = bundle
    return found


def begin(carriers: Collection[Delivery], found: Mapping[Delivery, Bundle]) -> None:
    """Mark the intent to send what goes within messages that were begun."""
    for carrier in carriers:
        if carrier in found:
            bundle = found[carrier]
            queue.begin_within(carrier, bundle.others, bundle.sheet.subject)


def _waiting(places: Collection[_Place]) -> dict[_Place, list[Delivery]]:
    """Those that a cap alone keeps from going, for as long as this transaction takes, in order."""
    waits = (
        select(Delivery)
        .where(
            queue.is_in(State.PENDING),
            queue.is_awake(),
            Delivery.reason == caps.WAITS,
            Delivery.recipient.in_({recipient for _, recipient, _ in places}),
        )
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True)
    )
    rows = db.session().scalars(waits, execution_options={"populate_existing": True})
    waiting: dict[_Place, list[Delivery]] = defaultdict(list)
    for delivery in rows:
        if _place(delivery) in places:
            waiting[_place(delivery)].append(delivery)
    return {place: _allowed(place, deliveries) for place, deliveries in waiting.items()}


def _allowed(place: _Place, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Those that their last look lets go."""
    letter, _, _ = place
    verdicts = letters.look(letter, deliveries)
    return [delivery for delivery in deliveries if delivery.id not in verdicts]


def _bound(carrier: Delivery, others: list[Delivery]) -> Bundle | None:
    """As many of them as one message takes, or None where it takes none."""
    while others:
        sheet = printing.print_as_one([carrier, *others])
        if isinstance(sheet, Printed) and len(sheet.parcel.octets) <= LARGEST:
            return Bundle(sheet, others)
        others = others[:-1]
    return None


def _place(delivery: Delivery) -> _Place:
    return delivery.letter, delivery.recipient, delivery.person
