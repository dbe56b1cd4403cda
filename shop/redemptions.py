"""A customer's use of a promotion code: what it takes off, for whom, and never one use too many.

A use is held when the order is placed and counted when it is paid. Both are one conditional UPDATE
of the promotion's row, under which the rules for one customer are looked at too.
"""

from sqlalchemy import and_, func, or_, select, update

from core import clock, db, money
from shop import promotions
from shop.models import (
    BOUGHT,
    Order,
    OrderState,
    Promotion,
    PromotionPrice,
    Redemption,
    RedemptionState,
)


class NotUsable(ValueError):
    """A code takes nothing off; the text says why, for people."""


def usable(code: str, *, goods: int, currency: str) -> Promotion:
    """The promotion for a cart with goods of so many minor units. Raises `NotUsable`."""
    promotion = promotions.find(code)
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
