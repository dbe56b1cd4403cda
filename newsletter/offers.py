"""Letters of sequences that ask to buy: whoever has bought gets none of them.

A purchase calls off what waits, in its own transaction; what is written after it is refused by the
last look.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from core import db
from core.mail import ledger
from core.mail.models import Delivery
from newsletter import sequences, steps
from newsletter.conditions import Bought, Rule, Term
from newsletter.models import Enrolment, SequenceVersion
from newsletter.steps import Mail, Step
from shop.models import BOUGHT as BOUGHT_STATES
from shop.models import Order

BOUGHT = "bought"
"""Why such a letter does not go."""
HAS_BOUGHT = Rule((Term(Bought(product=None, since=None, until=None)),))


def is_offer(step: Step) -> bool:
    """Whether a step is a letter that asks to buy."""
    return isinstance(step, Mail) and step.offer


def refused(batch: Sequence[Delivery]) -> dict[int, str]:
    """Which of these messages are offers to people who have bought, and why they do not go."""
    offers = [each for each in batch if _says_an_offer(each)]
    if not offers:
        return {}
    buyers = buyers_among({each.recipient for each in offers})
    return {each.id: BOUGHT for each in offers if each.recipient in buyers}


def buyers_among(addresses: Collection[str]) -> set[str]:
    """Which of these addresses have bought anything, whatever came back since."""
    address = func.lower(Order.email)
    paid = select(address).where(address.in_(addresses), Order.state.in_(BOUGHT_STATES))
    with db.reading() as session:
        return set(session.scalars(paid))


def call_off(subscriber_id: int) -> None:
    """Let no offer go that waits for a person, in the transaction of their purchase."""
    walked = (
        select(Enrolment.id, SequenceVersion)
        .join(
            SequenceVersion,
            (SequenceVersion.sequence_id == Enrolment.sequence_id)
            & (SequenceVersion.id <= Enrolment.version_id),
        )
        .where(Enrolment.subscriber_id == subscriber_id)
    )
    keys = [
        sequences.key(enrolment, version.id, position)
        for enrolment, version in db.session().execute(walked)
        for position, step in enumerate(steps.read(version.steps))
        if is_offer(step)
    ]
    if keys:
        ledger.call_off(keys, BOUGHT)


def _says_an_offer(delivery: Delivery) -> bool:
    place = sequences.place(delivery.source)
    if place is None:
        return False
    version, position = place
    with db.reading() as session:
        stored = session.get_one(SequenceVersion, version).steps[position]
    return bool(stored.get("offer"))
