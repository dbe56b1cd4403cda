"""The table of customers who want no letters but those about their orders."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class LetterRefusal(Base):
    """An address of a buyer who wants no request for a review, and no reminder."""

    __tablename__ = "letter_refusal"

    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    at: Mapped[datetime]
