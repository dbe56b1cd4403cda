"""Tell me when it is back: one mail to whoever asked and confirmed, then the address is deleted.

A purpose and a consent of its own: nobody gets onto the newsletter's list by it. First come, first
told. For each unit that is there two people are told, since about half of them will not buy any
more; who is not told yet is told a day later, if any are left. So nobody is called to an empty
shelf, and no unit waits for somebody who has lost interest.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ScalarSelect, delete, func, select, update
from sqlalchemy.orm import InstrumentedAttribute

from core import clock, db, events, jobs, links
from core.mail import forgetting, ledger
from shop import catalog
from shop.catalog import Offer
from shop.events import BackInStock
from shop.models import RestockRequest, Variant

CONFIRMATION = "shop.restock_confirmation"
BACK = "shop.restock"
WORDING = "Send me one e-mail when it is in stock again. After that my address is deleted."

TOLD_FOR_EACH = 2
WAVE = timedelta(days=1)
TO_CONFIRM = timedelta(days=7)
"""After that an address that nobody confirmed is deleted."""
PATIENCE = timedelta(days=365)
"""After that we have stopped waiting, and so have they."""
_BRAKE = timedelta(minutes=10)
_A_WEEK_S_MAILS = 3


def ask(offer: Offer, email: str, *, page: str) -> None:
    """Somebody asks to be told: whoever it is, they have to confirm in their inbox.

    Says nothing about who waits already. An address is written to once in ten minutes at most, and
    three times before it is confirmed.
    """
    now = clock.now()
    with db.transaction():
        db.insert_missing(
            RestockRequest, variant_id=offer.variant_id, email=email, wording=WORDING, page=page,
            asked=0, asked_at=now - _BRAKE,
        )  # fmt: skip
        mine = select(RestockRequest).where(
            RestockRequest.variant_id == offer.variant_id, RestockRequest.email == email
        )
        request = db.session().scalars(mine.with_for_update()).one()
        if request.confirmed_at or request.asked >= _A_WEEK_S_MAILS:
            return
        if request.asked_at > now - _BRAKE:
            return
        request.asked, request.asked_at = request.asked + 1, now
        _write(request, CONFIRMATION, occurrence=f":{request.asked}")


def token(request: RestockRequest) -> str:
    """What names a request in the links of its mails."""
    return links.sign("restock", request.id)


def find(named: str) -> RestockRequest | None:
    """The request that a link names; None once it is done with. Raises `BadLink`."""
    number = links.read("restock", named)
    with db.reading() as session:
        request = session.get(RestockRequest, number)
    return request if request is not None and request.email else None


def confirm(named: str) -> bool:
    """Put somebody in the line, where they are; False once it is done with. Raises `BadLink`."""
    with db.transaction():
        request = find(named)
        if request is None:
            return False
        mine = update(RestockRequest).where(
            RestockRequest.id == request.id, RestockRequest.confirmed_at.is_(None)
        )
        db.changed(mine.values(confirmed_at=clock.now()))
        jobs.ring("shop.restock")
    return True


def withdraw(named: str) -> None:
    """Forget somebody who does not want to be told any more. Raises `BadLink`."""
    with db.transaction():
        if request := find(named):
            _forget(request)
            db.session().execute(delete(RestockRequest).where(RestockRequest.id == request.id))


def waiting_for(variant_id: InstrumentedAttribute[int]) -> ScalarSelect[int]:
    """How to count, beside each variant of a query, the people who wait for it."""
    theirs = RestockRequest.variant_id == variant_id
    return select(func.count(RestockRequest.id)).where(theirs, *_WAITS).scalar_subquery()


@jobs.job("shop.restock", every_minutes=1)
def tick() -> int:
    """Tell the next people of what is there again, and forget those who were told; how many."""
    told = sum(_tell(offer) for offer in _back() if offer.in_stock)
    _tidy()
    return told


def _back() -> Sequence[Offer]:
    waits_for = select(Variant.sku).where(
        Variant.id.in_(select(RestockRequest.variant_id).where(*_WAITS))
    )
    with db.reading() as session:
        skus = list(session.scalars(waits_for))
    return list(catalog.offers_of(skus).values()) if skus else []


def _tell(offer: Offer) -> int:
    """Write to as many as units are there twice, less those who were told within a day."""
    now = clock.now()
    recent = select(func.count()).where(
        RestockRequest.variant_id == offer.variant_id, RestockRequest.notified_at > now - WAVE
    )
    with db.transaction() as session:
        # Who counts beside us waits, and then counts those whom we told.
        session.scalar(select(Variant.id).where(Variant.id == offer.variant_id).with_for_update())
        wave = TOLD_FOR_EACH * offer.available - (session.scalar(recent) or 0)
        first = select(RestockRequest).where(RestockRequest.variant_id == offer.variant_id, *_WAITS)
        ordered = first.order_by(RestockRequest.confirmed_at, RestockRequest.id).with_for_update()
        requests = session.scalars(ordered.limit(max(0, wave))).all()
        for request in requests:
            request.notified_at = now
            _write(request, BACK)
            events.tell(BackInStock(request.id, request.email or "", offer.sku))
    return len(requests)


def _tidy() -> None:
    """Delete the addresses that have done their service, or that nobody confirmed or waits with."""
    now = clock.now()
    told = select(RestockRequest).where(
        RestockRequest.email.is_not(None), RestockRequest.notified_at.is_not(None)
    )
    stale = RestockRequest.notified_at.is_(None) & (
        (RestockRequest.confirmed_at.is_(None) & (RestockRequest.asked_at < now - TO_CONFIRM))
        | (RestockRequest.confirmed_at < now - PATIENCE)
    )
    with db.transaction() as session:
        for request in session.scalars(told.limit(500)).all():
            if not ledger.is_open(_source(request)):
                _forget(request)
        for request in session.scalars(select(RestockRequest).where(stale).limit(500)).all():
            _forget(request)
            session.delete(request)
        counted = RestockRequest.email.is_(None), RestockRequest.notified_at < now - WAVE
        session.execute(delete(RestockRequest).where(*counted))


def _forget(request: RestockRequest) -> None:
    """Take the address out of the request, and out of the ledger unless they wait for more."""
    email = request.email
    others = select(func.count()).where(
        RestockRequest.email == email, RestockRequest.id != request.id
    )
    if email and not db.session().scalar(others):
        forgetting.forget([email], letters=BACK)
    mine = update(RestockRequest).where(RestockRequest.id == request.id)
    db.changed(mine.values(email=None))


def _write(request: RestockRequest, letter: str, occurrence: str = "") -> None:
    ledger.enqueue(
        key=f"{letter}:{request.id}{occurrence}",
        letter=letter,
        recipient=request.email or "",
        source=_source(request),
        person=request.id,
    )


def _source(request: RestockRequest) -> str:
    return f"restock:{request.id}"


_WAITS = (
    RestockRequest.notified_at.is_(None),
    RestockRequest.confirmed_at.is_not(None),
)
