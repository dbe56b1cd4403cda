"""What was ordered, line by line."""

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class OrderLine(Base):
    """What was ordered, as it was called and what it cost at that moment.

    Of its `quantity`, `shipped` units left in parcels, and `dropped` units need not leave any more,
    since they were given back or called off before.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        UniqueConstraint("order_id", "position"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_order.id"))
    position: Mapped[int]
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"))
    sku: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    unit_amount: Mapped[int]
    quantity: Mapped[int]
    shipped: Mapped[int] = mapped_column(default=0, server_default="0")
    dropped: Mapped[int] = mapped_column(default=0, server_default="0")

    @property
    def amount(self) -> int:
        """The line's price, in minor units."""
        return self.unit_amount * self.quantity

    @property
    def to_ship(self) -> int:
        """How many units have to leave yet, if the order is paid."""
        return self.quantity - self.shipped - self.dropped
