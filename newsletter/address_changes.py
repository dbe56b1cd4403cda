"""A reader's letters move to another address, once somebody confirms from there.

The answer is the same whoever has the new address, and it is asked as seldom as in a sign-up.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from secrets import token_urlsafe

from sqlalchemy import ColumnElement, delete, func, select

from core import clock, db
from core import links as signed
from core.mail import addresses, forgetting, hashes, ledger
from newsletter import consents, links, personal_data, subscribers, suppression
from newsletter.consents import Circumstances
from newsletter.events import Erased
from newsletter.models import AddressChange, ConsentEvent, Standing, Subscriber
from newsletter.wording import wording

LETTER = "newsletter.move"
"""The letter that asks at the new address."""
VALID = links.VALID
_PURPOSE = "newsletter move"


class Over(Exception):
    """The link moves nothing any more."""


def ask(public_id: str, entered: str) -> str:
    """Ask at a new address whether a reader's letters shall come there; the address as kept.

    Nothing is sent to one that is shut out, nor too often. Raises `InvalidAddress`, and
    `ValueError` where it is the address that they have.
    """
    address = addresses.normalize(entered)
    with db.transaction() as session:
        reader = subscribers.locked(public_id)
        if reader is None:
            return address
        if reader.email == address:
            raise ValueError("Your letters come to this address already.")
        if not _is_shut(address) and _may_ask(reader, address):
            wish = AddressChange(
                public_id=token_urlsafe(16),
                subscriber_id=reader.id,
                old=reader.email,
                new=address,
                asked_at=clock.now(),
            )
            session.add(wish)
            session.flush()
            ledger.enqueue(
                key=f"{LETTER}:{wish.id}:{wish.public_id}",
                letter=LETTER,
                recipient=address,
                source="confirmations",
                person=reader.id,
                payload={"move": wish.public_id},
            )
    return address


def token(move: str) -> str:
    """The token of the page at which a wish is confirmed."""
    return signed.sign(_PURPOSE, move)


def open_wish(token: str) -> AddressChange | None:
    """A wish that can be confirmed now. Raises `BadLink`."""
    move = signed.read(_PURPOSE, token)
    wanted = select(AddressChange).where(
        AddressChange.public_id == move,
        AddressChange.done_at.is_(None),
        AddressChange.asked_at > clock.now() - VALID,
    )
    with db.reading() as session:
        return session.scalar(wanted)


def confirm(token: str) -> Subscriber:
    """Let a reader's letters come to the new address; again changes nothing.

    Whoever confirms has that inbox. Where letters come there already, those to the old one end.
    Raises `Over`, `BadLink`.
    """
    move = signed.read(_PURPOSE, token)
    with db.transaction() as session:
        wish = session.scalar(
            select(AddressChange).where(AddressChange.public_id == move).with_for_update()
        )
        reader = session.get(Subscriber, wish.subscriber_id, with_for_update=True) if wish else None
        if wish is None or reader is None:
            raise Over(move)
        if wish.done_at is not None:
            return reader
        if wish.asked_at <= clock.now() - VALID or reader.email != wish.old or _is_shut(wish.new):
            raise Over(move)
        wish.done_at = clock.now()
        other = session.scalar(
            select(Subscriber).where(Subscriber.email == wish.new).with_for_update()
        )
        if other is not None and other.standing is Standing.CONFIRMED:
            subscribers.unsubscribe(reader.public_id, method="moved")
            return other
        if other is not None:
            personal_data.forget([other])
        _move(reader, wish.new)
        return reader


def former(subscriber: Subscriber) -> Sequence[AddressChange]:
    """The changes of a reader's address, oldest first."""
    done = select(AddressChange).where(
        AddressChange.subscriber_id == subscriber.id, AddressChange.done_at.is_not(None)
    )
    with db.reading() as session:
        return session.scalars(done.order_by(AddressChange.done_at)).all()


def left_behind(emails: Collection[str]) -> set[str]:
    """Which of these addresses readers moved their letters away from; nobody else has them now."""
    has_it = select(Subscriber.id).where(Subscriber.email == AddressChange.old)
    left = select(AddressChange.old).where(
        AddressChange.old.in_(emails), AddressChange.done_at.is_not(None), ~has_it.exists()
    )
    with db.reading() as session:
        return set(session.scalars(left))


def forget() -> int:
    """Delete wishes that nobody confirmed in time; how many."""
    with db.transaction(shown=False):
        return _forget(AddressChange.asked_at <= clock.now() - VALID)


def on_erased(event: Erased) -> None:
    """Keep no address either at which an erased reader's letters were to come."""
    with db.transaction():
        _forget(AddressChange.subscriber_id.in_(event.subscriber_ids))


def _forget(meant: ColumnElement[bool]) -> int:
    """Delete wishes that were not carried out, and their addresses in the ledger; how many."""
    open_ones = AddressChange.done_at.is_(None), meant
    asked_at = db.session().scalars(select(AddressChange.new).where(*open_ones)).all()
    forgetting.forget(asked_at, letters=LETTER)
    return db.changed(delete(AddressChange).where(*open_ones))


def _move(reader: Subscriber, address: str) -> None:
    """What waits goes to the new address; what went stays under the old one."""
    ledger.redirect(reader.email, address, letters="newsletter.")
    reader.email, reader.address_hash = address, hashes.keyed_hash(address)
    words = wording()["move_page"]
    how = Circumstances(
        page="/newsletter/move/", method="button", wording=f"{words['text']} [{words['button']}]"
    )
    consents.record(reader, ConsentEvent.MOVED, how)
    db.session().flush()


def _is_shut(address: str) -> bool:
    """Whether nothing goes to an address, by its own reader's word or staff's."""
    return suppression.reason(hashes.keyed_hash(address)) is not None


def _may_ask(reader: Subscriber, address: str) -> bool:
    """Neither one reader's page nor many can fill an inbox."""
    now = clock.now()
    lately = AddressChange.asked_at > now - timedelta(days=1)
    mine = AddressChange.subscriber_id == reader.id
    counted = select(
        func.count().filter(mine),
        func.max(AddressChange.asked_at).filter(mine),
        func.count().filter(AddressChange.new == address),
    ).where(lately)
    by_them, last, to_it = db.session().execute(counted).one()
    most = subscribers.A_DAY_S_REQUESTS
    rested = last is None or last <= now - subscribers.BRAKE
    return by_them < most and to_it < most and rested
