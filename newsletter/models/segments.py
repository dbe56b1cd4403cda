"""Parts of the list under a name."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Segment(Base):
    """A part of the list under a name; `rule` says who belongs, see `newsletter.conditions`.

    A newsletter names its segment, and keeps that name when the segment is gone.
    """

    __tablename__ = "segment"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    rule: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
