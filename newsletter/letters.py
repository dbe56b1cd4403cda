"""The letters that ask a person to confirm their address; they carry no advertising."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, case, literal, select

from core import db
from core.mail import composing, letters
from core.mail.letters import Letter, Message, Undeliverable
from core.mail.models import Delivery, Stream
from newsletter import address_changes, links, subscribers
from newsletter.models import Standing, Subscriber, Suppression
from newsletter.suppression import Reason
from newsletter.wording import wording

REMINDER = "newsletter.reminder"
"""Asks once more, a day later."""

# RFC 3834: no machine shall answer.
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def install() -> None:
    """Make them known to the worker."""
    letters.register(
        Letter(
            name=address_changes.LETTER,
            stream=Stream.TRANSACTIONAL,
            compose=_compose_move,
            last_look=_erased,
        )
    )
    for name in (subscribers.CONFIRMATION, REMINDER):
        letters.register(
            Letter(
                name=name,
                stream=Stream.TRANSACTIONAL,
                compose=_compose,
                last_look=_no_longer_wanted,
            )
        )


def _compose(delivery: Delivery) -> Message:
    subscriber = db.session().get(Subscriber, delivery.person)
    if subscriber is None:
        raise Undeliverable("erased")
    reminds = delivery.letter == REMINDER
    words = wording()["confirmation_reminder" if reminds else "confirmation_mail"]
    return composing.compose(
        "confirm",
        subject=words["subject"],
        preheader=words["preheader"],
        headers=AUTOMATIC,
        words=wording()["confirmation_mail"] | words,
        link=links.confirmation(subscriber),
    )


def _compose_move(delivery: Delivery) -> Message:
    words = wording()["move_mail"]
    return composing.compose(
        "confirm",
        subject=words["subject"],
        preheader=words["preheader"],
        headers=AUTOMATIC,
        words=wording()["confirmation_mail"] | words,
        link=links.page("move", address_changes.token(delivery.payload["move"])),
    )


def _erased(batch: Sequence[Delivery]) -> dict[int, str]:
    """Nobody is asked where an erased person's letters shall come."""
    people = [delivery.person for delivery in batch]
    there = set(db.session().scalars(select(Subscriber.id).where(Subscriber.id.in_(people))))
    return {delivery.id: "erased" for delivery in batch if delivery.person not in there}


def _no_longer_wanted(batch: Sequence[Delivery]) -> dict[int, str]:
    """Whoever has confirmed by now need not be asked; whoever is erased or shut out must not be."""
    people = [delivery.person for delivery in batch]
    verdict = case(
        (_have_agreed(), "confirmed already"),
        (Suppression.reason != Reason.ERASED.value, literal("suppressed: ") + Suppression.reason),
        else_="",
    )
    asked = (
        select(Subscriber.id, verdict)
        .outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
        .where(Subscriber.id.in_(people))
    )
    known: dict[int, str] = dict(db.session().execute(asked).all())
    verdicts = {row.id: known.get(row.person or 0, "erased") for row in batch}
    return {row: verdict for row, verdict in verdicts.items() if verdict}


def _have_agreed() -> ColumnElement[bool]:
    """Whether a row of `Subscriber` is on the list by their own word, not because they bought."""
    return and_(Subscriber.standing == Standing.CONFIRMED, Subscriber.implied_until.is_(None))
