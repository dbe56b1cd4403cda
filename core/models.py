"""The tables of the core: settings, redirects, leases, media, arrivals, visits."""

from datetime import date, datetime
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


class Medium(Base):
    """An uploaded picture, video or captions file; see `core.media`.

    `alt` says in words what it shows; `title` is what the file was called. A picture is
    `width` × `height` pixels at its largest and kept in each of `widths`.
    """

    __tablename__ = "medium"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    ending: Mapped[str] = mapped_column(String(4))
    title: Mapped[str] = mapped_column(String(200))
    alt: Mapped[str] = mapped_column(String(500))
    width: Mapped[int | None]
    height: Mapped[int | None]
    widths: Mapped[list[int]] = mapped_column(Json)
    created_by: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime]

    @property
    def file_name(self) -> str:
        """The file that stands for it: the JPEG of a picture."""
        return f"{self.name}.{self.ending}"

    @property
    def url(self) -> str:
        """Its address, which works in every browser, feed and mail."""
        return f"/media/{self.file_name}"

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, neither video nor captions."""
        return self.ending == "jpg"


class Arrival(Base):
    """A thing that came from another shop, by its kind and its name there; see `core.arrivals`.

    `digest` is of what that shop told of it, so that the same told again changes nothing here.
    """

    __tablename__ = "arrival"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class Visit(Base):
    """How often a page was opened on a day (UTC), by all readers together.

    `kind` and `name` say which page, such as `post` and its slug. Some kinds count by a `detail`:
    the host or the link that led there (see `core.web.visits`). Nothing tells readers apart.
    """

    __tablename__ = "visit"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(130), primary_key=True)
    detail: Mapped[str] = mapped_column(String(160), primary_key=True)
    count: Mapped[int]
