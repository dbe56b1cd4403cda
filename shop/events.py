"""What happens to orders, told in the transaction in which it happens."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Agreed:
    """Somebody agreed to these words, of this version, at a place at a moment."""

    wording: str
    version: str
    place: str
    at: datetime


@dataclass(frozen=True)
class OrderPaid:
    """Somebody bought; `source` is what led to it, such as `post:psoas-trigger-points`.

    `agreed` is their consent to letters, None where they gave none. `told` is what they were told
    of letters to customers and did not refuse. `amount` is the total in minor units of `currency`.
    """

    order_id: int
    email: str
    name: str | None
    country: str
    agreed: Agreed | None
    source: str | None
    amount: int
    currency: str
    skus: tuple[str, ...]
    told: Agreed | None = None


@dataclass(frozen=True)
class OrderShipped:
    """A parcel is on its way."""

    order_id: int
    email: str


@dataclass(frozen=True)
class OrderDelivered:
    """All that was ordered has arrived."""

    order_id: int
    email: str


@dataclass(frozen=True)
class ArrivalTakenBack:
    """What was told as delivered is on its way after all."""

    order_id: int
    email: str


@dataclass(frozen=True)
class OrderRefunded:
    """`amount` minor units go back, `refunded` in all; `source` is what led to the order."""

    order_id: int
    email: str
    amount: int
    refunded: int
    currency: str
    source: str | None


@dataclass(frozen=True, kw_only=True)
class CheckoutAbandoned:
    """Somebody who agreed to be reminded left the payment page; `url` takes them on `until` then.

    They may have started over and paid since: whoever writes to them asks that first.
    """

    order_id: int
    cart: str | None
    email: str
    url: str
    until: datetime


@dataclass(frozen=True)
class BackInStock:
    """Somebody who asked for it was told that a variant is there again."""

    request_id: int
    email: str
    sku: str
