"""Tables of the back office: who may sign in, and as what."""

# mypy: disable-error-code="assignment"
# Flask-Security declares plain attributes where SQLAlchemy has mapped ones, as its own models do.

from datetime import datetime
from enum import StrEnum

from flask_security import UserMixin
from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, choice


class Role(StrEnum):
    """What a member of staff is here for; the owner may do everything."""

    OWNER = "owner"
    EDITOR = "editor"
    """Writes posts and letters, and looks after readers."""
    FULFILMENT = "fulfilment"
    """Ships, cancels and refunds orders."""


class StaffMember(Base, UserMixin):
    """Somebody who may sign in to the back office.

    `fs_uniquifier` names their sessions: a new one ends them all. `tf_*` and `mf_*` are
    Flask-Security's fields for a second factor.
    """

    __tablename__ = "staff_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    password: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(choice(Role))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]
    current_login_at: Mapped[datetime | None]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int] = mapped_column(default=0)
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(Text)
    mf_recovery_codes: Mapped[list[str] | None]
