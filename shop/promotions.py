"""Promotion codes: what they take off, whom they are for, and never more uses than allowed.

A use is held when the order is placed and counted when it is paid. Both are one conditional UPDATE
of the promotion's row, under which the rules for one customer are looked at too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.orm import selectinload

from core import clock, db, money
from shop.models import (
    BOUGHT,
    Order,
    OrderState,
    Promotion,
    PromotionPrice,
    Redemption,
    RedemptionState,
)

LONGEST = 40
"""Characters of a code; Stripe names a coupon in as many."""


class NotUsable(ValueError):
    """A code takes nothing off; the text says why, for people."""


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


def usable(code: str, *, goods: int, currency: str) -> Promotion:
    """The promotion for a cart with goods of so many minor units. Raises `NotUsable`."""
    promotion = find(code)
    if promotion is None:
        raise NotUsable("We do not know this code. Please check how it is spelled.")
    _refuse_out_of_time(promotion)
    _refuse_unworthy(promotion, goods, currency)
    if _is_full(promotion):
        raise NotUsable(_full(promotion))
    return promotion


def discount(promotion: Promotion, *, goods: int, currency: str) -> int:
    """Minor units that it takes off the goods; never more than they cost."""
    if promotion.percent is not None:
        return min(goods, money.share(goods, promotion.percent, currency))
    worth = _worth(promotion, currency)
    return min(goods, worth.amount or 0) if worth else 0


def hold(order: Order, code: str) -> None:
    """Hold a use for an order that is being placed, last of all that it needs.

    Raises `NotUsable`; then the transaction under way is not to be committed.
    """
    with db.transaction() as session:
        promotion = usable(code, goods=order.goods_amount, currency=order.currency)
        if not _raise_held(promotion):
            raise NotUsable("All uses of this code are taken.")
        _refuse_customer(promotion, order)
        again = update(Redemption).where(Redemption.order_id == order.id)
        if not db.changed(again.values(state=RedemptionState.HELD, at=clock.now())):
            session.add(
                Redemption(
                    order_id=order.id,
                    promotion_id=promotion.id,
                    state=RedemptionState.HELD,
                    at=clock.now(),
                )
            )


def release(order_id: int) -> None:
    """Let others have the use that an order holds, if it holds one."""
    with db.transaction():
        held = _redemption(order_id)
        if held is not None and held.state is RedemptionState.HELD:
            held.state, held.at = RedemptionState.RELEASED, clock.now()
            _count(held, held=-1)


def use(order_id: int) -> None:
    """Count the use of an order that was paid, once; even one that was let go of before."""
    with db.transaction():
        mine = _redemption(order_id)
        if mine is not None and mine.state is not RedemptionState.USED:
            was_held = mine.state is RedemptionState.HELD
            mine.state, mine.at = RedemptionState.USED, clock.now()
            _count(mine, used=1, held=-1 if was_held else 0)


def _write(promotion: Promotion, terms: Terms) -> None:
    promotion.code, promotion.percent = spelled(terms.code), terms.percent
    promotion.starts_at, promotion.ends_at = terms.starts_at, terms.ends_at
    promotion.first_order = terms.first_order
    promotion.most_uses, promotion.most_each = terms.most_uses, terms.most_each
    promotion.prices = [
        PromotionPrice(currency=currency, amount=worth.amount, minimum=worth.minimum)
        for currency, worth in terms.worth.items()
    ]


def _refuse_out_of_time(promotion: Promotion) -> None:
    now = clock.now()
    if promotion.starts_at and promotion.starts_at > now:
        raise NotUsable(f"This code begins on {promotion.starts_at:%B %-d, %Y, %H:%M} UTC.")
    if promotion.ends_at and promotion.ends_at <= now:
        raise NotUsable(f"This code ended on {promotion.ends_at:%B %-d, %Y}.")
    if not promotion.active:
        raise NotUsable("This code is not in use at the moment.")


def _refuse_unworthy(promotion: Promotion, goods: int, currency: str) -> None:
    worth = _worth(promotion, currency)
    if promotion.prices and worth is None:
        raise NotUsable(f"This code is not for prices in {currency}.")
    if worth and goods < worth.minimum:
        least = money.display(worth.minimum, currency)
        more = money.display(worth.minimum - goods, currency)
        raise NotUsable(f"This code is for goods of {least} or more: {more} to go.")


def _worth(promotion: Promotion, currency: str) -> PromotionPrice | None:
    return next((each for each in promotion.prices if each.currency == currency), None)


def _is_full(promotion: Promotion) -> bool:
    taken = promotion.used + promotion.held
    return promotion.most_uses is not None and taken >= promotion.most_uses


def _full(promotion: Promotion) -> str:
    if promotion.most_uses is not None and promotion.used < promotion.most_uses:
        return (
            "The last use of this code is in somebody's checkout. If they do not pay, it is free "
            "again within the hour."
        )
    return "This code is used up."


def _raise_held(promotion: Promotion) -> bool:
    """Also locks the row, so that one customer's uses are counted by one at a time."""
    room = or_(Promotion.most_uses.is_(None), Promotion.used + Promotion.held < Promotion.most_uses)
    mine = update(Promotion).where(and_(Promotion.id == promotion.id, Promotion.active, room))
    return db.changed(mine.values(held=Promotion.held + 1)) == 1


def _refuse_customer(promotion: Promotion, order: Order) -> None:
    if not promotion.asks_email:
        return
    if order.email is None:
        raise NotUsable("This code counts by customer: please enter your e-mail address.")
    if promotion.first_order and _has_bought(order):
        raise NotUsable("This code is for a first order, and there is one from this address.")
    most = 1 if promotion.first_order else promotion.most_each
    if most is not None and _uses_of(promotion, order) >= most:
        raise NotUsable(
            f"From one address this code can be used {'once' if most == 1 else f'{most} times'}; "
            "orders that are being paid count."
        )


def _has_bought(order: Order) -> bool:
    """Whether there is another order of the same address, paid or with the money on its way."""
    earlier = select(Order.id).where(
        Order.email == order.email,
        Order.state.in_((*BOUGHT, OrderState.AWAITING_PAYMENT)),
        Order.id != order.id,
    )
    return db.session().scalar(earlier.limit(1)) is not None


def _uses_of(promotion: Promotion, order: Order) -> int:
    theirs = (
        select(func.count())
        .select_from(Redemption)
        .join(Order, Order.id == Redemption.order_id)
        .where(
            Redemption.promotion_id == promotion.id,
            Redemption.state != RedemptionState.RELEASED,
            Redemption.order_id != order.id,
            Order.email == order.email,
        )
    )
    return db.session().scalar(theirs) or 0


def _redemption(order_id: int) -> Redemption | None:
    mine = select(Redemption).where(Redemption.order_id == order_id).with_for_update()
    return db.session().scalar(mine, execution_options={"populate_existing": True})


def _count(redemption: Redemption, *, held: int, used: int = 0) -> None:
    mine = update(Promotion).where(Promotion.id == redemption.promotion_id)
    db.changed(mine.values(held=Promotion.held + held, used=Promotion.used + used))
