"""Tables of the shop: what is sold, what is on the shelf, who bought it, and what Stripe said."""

from shop.models.alerts import Alert
from shop.models.books import BookEntry, Reconciliation, Verdict, WebhookRefusal
from shop.models.catalog import Accessory, Part, Price, Product, Variant
from shop.models.consents import Agreement, Matter
from shop.models.fulfilment import TO_FULFIL, Fulfilment, FulfilmentLine, Progress
from shop.models.gallery import Exhibit
from shop.models.order_lines import OrderLine
from shop.models.orders import (
    BOUGHT,
    HOLDING,
    SHIPPABLE,
    UNPAID,
    Counter,
    Order,
    OrderEvent,
    OrderState,
    OrderTag,
)
from shop.models.payments import (
    Dispute,
    DisputeState,
    Payment,
    Refund,
    RefundLine,
    StrayPayment,
    StrayState,
    StripeEvent,
)
from shop.models.promotions import (
    Promotion,
    PromotionPrice,
    Redemption,
    RedemptionState,
)
from shop.models.refusals import LetterRefusal
from shop.models.restock import RestockRequest
from shop.models.returns import Return, ReturnLine, ReturnReason, ReturnState
from shop.models.reviews import Ground, Review, ReviewRemoval, Used
from shop.models.shipping import ShippingBand, ShippingCountry, ShippingZone
from shop.models.stock import Reservation, ReservationState, Stock, StockMovement
from shop.models.upsells import OrderOffer, Upsell
from shop.models.withdrawals import Withdrawal

__all__ = [
    "BOUGHT",
    "HOLDING",
    "SHIPPABLE",
    "TO_FULFIL",
    "UNPAID",
    "Accessory",
    "Agreement",
    "Alert",
    "BookEntry",
    "Counter",
    "Dispute",
    "DisputeState",
    "Exhibit",
    "Fulfilment",
    "FulfilmentLine",
    "Ground",
    "LetterRefusal",
    "Matter",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderOffer",
    "OrderState",
    "OrderTag",
    "Part",
    "Payment",
    "Price",
    "Product",
    "Progress",
    "Promotion",
    "PromotionPrice",
    "Reconciliation",
    "Redemption",
    "RedemptionState",
    "Refund",
    "RefundLine",
    "Reservation",
    "ReservationState",
    "RestockRequest",
    "Return",
    "ReturnLine",
    "ReturnReason",
    "ReturnState",
    "Review",
    "ReviewRemoval",
    "ShippingBand",
    "ShippingCountry",
    "ShippingZone",
    "Stock",
    "StockMovement",
    "StrayPayment",
    "StrayState",
    "StripeEvent",
    "Upsell",
    "Used",
    "Variant",
    "Verdict",
    "WebhookRefusal",
    "Withdrawal",
]
