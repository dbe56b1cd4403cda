"""The tables that every package stands on: store settings, redirects, leases."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, Json


class StoreSetting(Base):
    """One setting of the store that staff may change; see `core.settings` for their meaning."""

    __tablename__ = "store_setting"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
    changed_at: Mapped[datetime]


class Redirect(Base):
    """An address that moved: `path` answers 301 with `target` (a path or an address)."""

    __tablename__ = "redirect"

    path: Mapped[str] = mapped_column(String(500), primary_key=True)
    target: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]


class Lease(Base):
    """A right to do a thing alone until `expires_at`, such as one turn of a periodic job."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime]
