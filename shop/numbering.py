"""Order numbers: given at payment, one after the other, none twice."""

from sqlalchemy import select, update

from core import db, settings
from shop.models import Counter, Order

_FIRST = 1001
_NAME = "order"
_MOST = 100_000_000


def give() -> str:
    """The next number, in the transaction of what it is given to.

    A number that an order brought from elsewhere is passed over.
    """
    prefix = settings.store().order_prefix
    while True:
        number = f"{prefix}{_risen()}"
        if db.session().scalar(select(Order.id).where(Order.number == number)) is None:
            return number


def pass_over(number: str) -> None:
    """Go on behind a number from elsewhere, where it looks like one of ours."""
    digits = number.removeprefix(settings.store().order_prefix)
    if not (digits.isascii() and digits.isdigit()) or int(digits) > _MOST:
        return
    with db.transaction():
        _begin()
        mine = update(Counter).where(Counter.name == _NAME, Counter.value < int(digits))
        db.changed(mine.values(value=int(digits)))


def _risen() -> int:
    _begin()
    risen = update(Counter).where(Counter.name == _NAME).values(value=Counter.value + 1)
    return db.session().scalars(risen.returning(Counter.value)).one()


def _begin() -> None:
    db.insert_missing(Counter, name=_NAME, value=_FIRST - 1)
