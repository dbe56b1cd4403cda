"""Promotion codes as staff make, change and pause them, and what came in with each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import selectinload

from core import clock, db
from shop.models import Order, Promotion, PromotionPrice, Redemption, RedemptionState

LONGEST = 40
"""Characters of a code; Stripe names a coupon in as many."""


class Taken(ValueError):
    """There is a promotion with this code."""


class InUse(ValueError):
    """An order has the promotion, or is about to: its terms are a promise now."""


@dataclass(frozen=True, kw_only=True)
class Worth:
    """What a promotion means in a currency, in minor units; `amount` is None for a percentage."""

    amount: int | None = None
    minimum: int = 0


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What staff say of a promotion: `percent`, or else an amount in each currency of `worth`."""

    code: str
    percent: int | None = None
    worth: Mapping[str, Worth]
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    first_order: bool = False
    most_uses: int | None = None
    most_each: int | None = None


@dataclass(frozen=True, kw_only=True)
class Takings:
    """What the paid orders of a promotion came to in a currency, refunds taken off."""

    currency: str
    orders: int
    revenue: int
    discount: int


def spelled(entered: str) -> str:
    """A code as it is kept: capitals without spaces."""
    return "".join(entered.upper().split())[:LONGEST]


def make(terms: Terms, *, by: str) -> Promotion:
    """Make a promotion, which begins at once or at its start. Raises `Taken`."""
    code = spelled(terms.code)
    with db.transaction() as session:
        if find(code) is not None:
            raise Taken(f"There is a code {code} already.")
        promotion = Promotion(active=True, used=0, held=0, made_at=clock.now(), made_by=by)
        _write(promotion, terms)
        session.add(promotion)
    return promotion


def change(promotion_id: int, terms: Terms) -> Promotion:
    """Give a promotion other terms, as long as no order has it; paused or not, it stays so.

    Raises `InUse`, `Taken`, and `sqlalchemy.exc.NoResultFound`.
    """
    with db.transaction() as session:
        promotion = session.get_one(Promotion, promotion_id, with_for_update=True)
        theirs = select(Redemption.order_id).where(Redemption.promotion_id == promotion_id)
        if session.scalar(theirs.limit(1)) is not None:
            raise InUse(f"An order has {promotion.code} already. Pause it, and make another code.")
        if (other := find(spelled(terms.code))) is not None and other.id != promotion_id:
            raise Taken(f"There is a code {other.code} already.")
        session.execute(delete(PromotionPrice).where(PromotionPrice.promotion_id == promotion_id))
        session.expire(promotion, ["prices"])
        _write(promotion, terms)
    return promotion


def get(promotion_id: int) -> Promotion | None:
    """A promotion with its prices, or None where there is none."""
    with db.reading() as session:
        return session.get(Promotion, promotion_id, options=[selectinload(Promotion.prices)])


def pause(promotion_id: int, *, paused: bool = True) -> None:
    """Let nobody enter the code, or again; whoever is paying already keeps it."""
    with db.transaction():
        mine = update(Promotion).where(Promotion.id == promotion_id)
        db.changed(mine.values(active=not paused))


def every() -> Sequence[Promotion]:
    """All promotions, the newest first."""
    newest = select(Promotion).options(selectinload(Promotion.prices))
    with db.reading() as session:
        return session.scalars(newest.order_by(Promotion.id.desc())).all()


def takings() -> dict[int, list[Takings]]:
    """What came in with each promotion (by id), by currency."""
    sums = (
        select(
            Redemption.promotion_id,
            Order.currency,
            func.count(),
            func.sum(Order.total_amount - Order.refunded_amount),
            func.sum(Order.discount_amount),
        )
        .join(Order, Order.id == Redemption.order_id)
        .where(Redemption.state == RedemptionState.USED)
        .group_by(Redemption.promotion_id, Order.currency)
        .order_by(Order.currency)
    )
    found: dict[int, list[Takings]] = {}
    with db.reading() as session:
        for promotion, currency, count, revenue, discount in session.execute(sums):
            found.setdefault(promotion, []).append(
                Takings(currency=currency, orders=count, revenue=revenue, discount=discount)
            )
    return found


def any_open() -> bool:
    """Whether there is a code to enter."""
    begun = or_(Promotion.starts_at.is_(None), Promotion.starts_at <= clock.now())
    lasting = or_(Promotion.ends_at.is_(None), Promotion.ends_at > clock.now())
    with db.reading() as session:
        running = select(Promotion.id).where(Promotion.active, begun, lasting)
        return session.scalar(running.limit(1)) is not None


def find(code: str) -> Promotion | None:
    """The promotion with this code."""
    mine = select(Promotion).where(Promotion.code == spelled(code))
    with db.reading() as session:
        return session.scalar(mine.options(selectinload(Promotion.prices)))


def _write(promotion: Promotion, terms: Terms) -> None:
    promotion.code, promotion.percent = spelled(terms.code), terms.percent
    promotion.starts_at, promotion.ends_at = terms.starts_at, terms.ends_at
    promotion.first_order = terms.first_order
    promotion.most_uses, promotion.most_each = terms.most_uses, terms.most_each
    promotion.prices = [
        PromotionPrice(currency=currency, amount=worth.amount, minimum=worth.minimum)
        for currency, worth in terms.worth.items()
    ]
