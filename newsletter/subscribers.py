"""The one gate to the list: asking, confirming, leaving, coming back, being turned away."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select

from core import clock, db, events
from core.mail import addresses, hashes, ledger
from core.mail.events import AskedToLeave, Bounced, Complained
from core.mail.ledger import Entry
from newsletter import consents, links, suppression
from newsletter.consents import Circumstances
from newsletter.events import Confirmed, Left, Returned
from newsletter.models import (
    DEFAULT_PACE,
    Consent,
    ConsentEvent,
    Standing,
    Subscriber,
)
from newsletter.suppression import Reason
from newsletter.wording import paces

CONFIRMATION = "newsletter.confirmation"
"""The letter that asks a person to confirm."""
BRAKE = timedelta(minutes=1)
A_DAY_S_REQUESTS = 3
AN_HOUR_S_CONFIRMATIONS = 600
"""Of all sign-ups by form together; what is beyond waits its turn."""
SILENT = "on the list, shut out, or asked too often"
"""Why a request got no confirmation."""
_MAY_RETURN = (Standing.UNSUBSCRIBED, Standing.LAPSED)
_BY_FORM = Circumstances(page="/newsletter/", method="form")


def subscribe(
    email: str,
    *,
    source: str,
    how: Circumstances = _BY_FORM,
    name: str = "",
    pace_days: int = 0,
) -> None:
    """Somebody asks for letters to `email`: whoever it is, they have to confirm in their inbox.

    Says nothing about who is on the list. To one who is, nothing is sent: the page says so, and a
    message for each attempt would let anybody fill another's inbox. For the same reason an address
    is asked once a minute and three times a day at most. Either way a row is written, so that the
    time it takes tells nothing either. Raises `InvalidAddress`.
    """
    address = addresses.normalize(email)
    with db.transaction():
        subscriber = find_or_add(address, source=source)
        if has_agreed(subscriber) or not _may_be_asked(subscriber):
            _stay_silent(subscriber)
            return
        if subscriber.standing is Standing.PENDING:
            subscriber.name = clean_name(name) or subscriber.name
            subscriber.pace_days = pace_days if pace_days in paces() else subscriber.pace_days
        ask(subscriber, consents.record(subscriber, ConsentEvent.REQUESTED, how))


def ask(subscriber: Subscriber, request: Consent) -> None:
    """Write the message that asks to confirm this request."""
    ledger.enqueue_all([confirmation(subscriber, request, due_at=_turn())])


def confirmation(
    subscriber: Subscriber, request: Consent, *, due_at: datetime | None = None
) -> Entry:
    """The message that asks to confirm this request, as the ledger takes it; at once, or then."""
    return Entry(
        key=f"{CONFIRMATION}:{subscriber.id}:{request.number}",
        letter=CONFIRMATION,
        recipient=subscriber.email,
        source="confirmations",
        person=subscriber.id,
        due_at=due_at,
    )


def admit(subscriber: Subscriber, *, evidence: str, file: str) -> None:
    """Put on the list whoever gave their consent elsewhere; `evidence` says where and when."""
    with db.transaction():
        subscriber.standing = Standing.CONFIRMED
        subscriber.confirmed_at = clock.now()
        how = Circumstances(page=f"{evidence} ({file})", method="import")
        consents.record(subscriber, ConsentEvent.IMPORTED, how)


def confirm(token: str) -> Subscriber:
    """Put the person on the list; again changes nothing. Raises `links.Expired`, `BadLink`.

    A link to an address that was shut out since has ended.
    """
    public_id, membership = links.read_confirmation(token)
    with db.transaction():
        subscriber = locked(public_id)
        if subscriber is None or subscriber.membership != membership or is_shut_out(subscriber):
            raise links.Expired(public_id)
        if not has_agreed(subscriber):
            join(subscriber, Circumstances(page="/newsletter/confirm/", method="button"))
            events.tell(Confirmed(subscriber.id))
    return subscriber


def unsubscribe(public_id: str, *, method: str) -> None:
    """Take the person off the list; again, or after their erasure, changes nothing."""
    with db.transaction():
        subscriber = locked(public_id)
        if subscriber is None or subscriber.standing is not Standing.CONFIRMED:
            return
        leave(subscriber, Standing.UNSUBSCRIBED)
        how = Circumstances(page="/newsletter/unsubscribe/", method=method)
        consents.record(subscriber, ConsentEvent.WITHDRAWN, how)
        events.tell(Left((subscriber.id,), "unsubscribed"))


def resubscribe(public_id: str) -> bool:
    """Take back an unsubscription, from the page that follows it.

    False where there is none, or the address was shut out.
    """
    with db.transaction():
        subscriber = locked(public_id)
        if subscriber is None or not may_return(subscriber):
            return False
        join(subscriber, Circumstances(page="/newsletter/unsubscribe/", method="button"))
        events.tell(Returned(subscriber.id))
        return True


def turn_away(address: str, reason: Reason, *, by: str = "") -> bool:
    """Send nothing more to an address that bounced, complained, or that staff shut out.

    What waits for it is called off, but for receipts. False where it was turned away so before.
    """
    with db.transaction() as session:
        is_new = suppression.suppress(hashes.keyed_hash(address), reason, by=by)
        ledger.call_off_to(address, f"suppressed: {reason.value}", letters="newsletter.")
        subscriber = session.scalar(
            select(Subscriber).where(Subscriber.email == address).with_for_update()
        )
        if subscriber is not None and subscriber.standing is Standing.CONFIRMED:
            standing = {Reason.BOUNCED: Standing.BOUNCED, Reason.COMPLAINED: Standing.COMPLAINED}
            leave(subscriber, standing.get(reason, Standing.UNSUBSCRIBED))
            events.tell(Left((subscriber.id,), reason.value))
    return is_new


def on_bounced(event: Bounced) -> None:
    """Write no more to an address that does not exist."""
    turn_away(event.address, Reason.BOUNCED)


def on_complained(event: Complained) -> None:
    """Write no more to whoever reported a letter as spam."""
    turn_away(event.address, Reason.COMPLAINED)


def on_asked_to_leave(event: AskedToLeave) -> None:
    """Let go of whoever answered a letter with the wish to leave, as their mail program offers."""
    with db.transaction() as session:
        public_id = session.scalar(
            select(Subscriber.public_id).where(Subscriber.email == event.address)
        )
        if public_id is not None:
            unsubscribe(public_id, method="mail")


def has_agreed(subscriber: Subscriber) -> bool:
    """Whether a person is on the list by their own word, not because they bought."""
    return subscriber.standing is Standing.CONFIRMED and subscriber.implied_until is None


def is_shut_out(subscriber: Subscriber) -> bool:
    """Whether nothing goes to an address, but by staff; one that was erased may come back."""
    return suppression.reason(subscriber.address_hash) not in (None, Reason.ERASED)


def may_return(subscriber: Subscriber) -> bool:
    """Whether one press brings a person back who left."""
    return subscriber.standing in _MAY_RETURN and not is_shut_out(subscriber)


def find(public_id: str) -> Subscriber | None:
    """The person whom a link names, or None after their erasure."""
    with db.reading() as session:
        return session.scalar(select(Subscriber).where(Subscriber.public_id == public_id))


def locked(public_id: str) -> Subscriber | None:
    """The person whom a link names, locked for the transaction under way; None after erasure."""
    return db.session().scalar(
        select(Subscriber).where(Subscriber.public_id == public_id).with_for_update()
    )


def find_or_add(address: str, *, source: str) -> Subscriber:
    """The row of a normalized address, new or not, locked for the transaction under way."""
    with db.transaction() as session:
        db.insert_missing(
            Subscriber,
            public_id=secrets.token_urlsafe(16),
            email=address,
            address_hash=hashes.keyed_hash(address),
            standing=Standing.PENDING,
            membership=1,
            pace_days=DEFAULT_PACE,
            source=source[:64],
            created_at=clock.now(),
        )
        return session.scalars(
            select(Subscriber).where(Subscriber.email == address).with_for_update()
        ).one()


def join(subscriber: Subscriber, how: Circumstances) -> None:
    """Put a locked person on the list, who pressed a button for it."""
    subscriber.standing = Standing.CONFIRMED
    subscriber.confirmed_at = clock.now()
    subscriber.unsubscribed_at = subscriber.implied_until = None
    suppression.lift(subscriber.address_hash, Reason.ERASED)
    consents.record(subscriber, ConsentEvent.CONFIRMED, how)


def leave(subscriber: Subscriber, standing: Standing) -> None:
    """Take a locked person off the list; links from before confirm nothing."""
    subscriber.standing = standing
    subscriber.unsubscribed_at = clock.now()
    subscriber.implied_until = None
    subscriber.membership += 1


def clean_name(entered: str) -> str | None:
    """A name as a letter may greet it; None for nothing, or what only a machine enters."""
    name = " ".join(entered.split())
    looks_like_a_link = any(mark in name for mark in ("/", "@", "<", "www."))
    return None if looks_like_a_link or len(name) > 80 else name or None


def _stay_silent(subscriber: Subscriber) -> None:
    """Account for a request that nobody is asked about; once a minute."""
    key = f"{CONFIRMATION}:{subscriber.id}:silent:{clock.now():%Y%m%d%H%M}"
    nobody = select(
        literal(key).label("key"),
        literal(subscriber.id).label("person"),
        literal(subscriber.email).label("recipient"),
        literal(SILENT).label("reason"),
    )
    ledger.enqueue_selected(nobody, letter=CONFIRMATION, source="confirmations")


def _turn() -> datetime | None:
    """When a confirmation may go: at once, or where very many ask by form, in its turn.

    Whoever fills in the form with a list of strangers' addresses gets no more of them written to.
    """
    now = clock.now()
    lately = Consent.event == ConsentEvent.REQUESTED, Consent.at > now - timedelta(hours=1)
    with db.reading() as session:
        asked = select(func.count()).where(*lately, Consent.method == "form")
        beyond = (session.scalar(asked) or 0) - AN_HOUR_S_CONFIRMATIONS
    if beyond <= 0:
        return None
    return now + timedelta(hours=beyond / AN_HOUR_S_CONFIRMATIONS)


def _may_be_asked(subscriber: Subscriber) -> bool:
    """Not where the address is shut, nor too often."""
    if is_shut_out(subscriber):
        return False
    now = clock.now()
    with db.reading() as session:
        asked, last = session.execute(
            select(func.count(), func.max(Consent.at)).where(
                Consent.subscriber_id == subscriber.id,
                Consent.event == ConsentEvent.REQUESTED,
                Consent.at > now - timedelta(days=1),
            )
        ).one()
    return asked < A_DAY_S_REQUESTS and (last is None or last <= now - BRAKE)
