"""Tables of the shop: what is sold, what is on the shelf, who bought it, and what Stripe said."""

from shop.models.alerts import Alert
from shop.models.catalog import Price, Product, Variant
from shop.models.orders import (
    BOUGHT,
    HOLDING,
    UNPAID,
    Counter,
    Fulfilment,
    Order,
    OrderEvent,
    OrderLine,
    OrderState,
)
from shop.models.payments import Dispute, Payment, Refund, StripeEvent
from shop.models.shipping import ShippingRate
from shop.models.stock import Reservation, ReservationState, Stock, StockMovement
from shop.models.withdrawals import Withdrawal

__all__ = [
    "BOUGHT",
    "HOLDING",
    "UNPAID",
    "Alert",
    "Counter",
    "Dispute",
    "Fulfilment",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderState",
    "Payment",
    "Price",
    "Product",
    "Refund",
    "Reservation",
    "ReservationState",
    "ShippingRate",
    "Stock",
    "StockMovement",
    "StripeEvent",
    "Variant",
    "Withdrawal",
]
