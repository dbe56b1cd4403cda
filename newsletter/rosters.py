"""Reads people from a table that this shop or another program exported, one row for each person."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from core import clock, tables
from core.mail import addresses
from core.mail.addresses import InvalidAddress
from newsletter import subscribers, zones

COLUMNS = ("email", "name", "timezone", "tags", "consent_at", "consent_source")
"""Our own columns, as an export writes them."""

_CALLED = {
    "email": ("email", "email address", "e-mail"),
    "name": ("name", "first name", "first_name"),
    "timezone": ("timezone", "time zone"),
    "tags": ("tags", "labels"),
    "consent_at": ("consent_at", "email marketing consent timestamp"),
    "consent_source": ("consent_source",),
    "consent": (
        "email marketing consent",
        "consent",
        *("accepts email marketing", "accepts marketing", "subscribed_to_emails"),
    ),
    "confirmed_at": ("confirm_time",),
    "confirmed_from": ("confirm_ip",),
    "suppressed": ("email suppressions", "suppressed"),
    "left_at": ("unsub_time", "clean_time"),
    "status": ("status",),
}
"""What our columns are called by Klaviyo, Shopify, Mailchimp, Ghost and listmonk; in small letters.

And what only they have: Mailchimp's times, listmonk's status.
"""
_YES = ("subscribed", "subscribe", "yes", "true")
_GONE = (
    *("unsubscribed", "cleaned", "bounced", "complained", "cancelled", "suppressed"),
    *("disabled", "blocklisted", "blacklisted", "inactive"),
)
"""What a status says of whoever is to get no letters; other words say nothing of letters."""
_LONGEST_TAG, _LONGEST_CELL = 64, 10_000


@dataclass(frozen=True, kw_only=True)
class Row:
    """A person as the file has them; `evidence` says where and when they agreed, if it does.

    `refused` means that the file itself says that they want no letters.
    """

    line: int
    email: str
    name: str | None = None
    timezone: str | None = None
    tags: tuple[str, ...] = ()
    evidence: str | None = None
    refused: bool = False


@dataclass(frozen=True)
class Fault:
    """A line that tells of nobody; `why` is for people."""

    line: int
    why: str

    @property
    def said(self) -> str:
        """It with its line."""
        return f"line {self.line}: {self.why}"


def read(file: TextIO) -> Iterator[Row | Fault]:
    """The people in a CSV file. Raises `ValueError` where no column holds e-mail addresses."""
    names, rows = tables.table(file, "")
    if not set(names) & set(_CALLED["email"]):
        raise ValueError("the file has no column called email")
    for row in rows:
        yield of(row) if row.fault is None else Fault(row.line, row.fault)


def of(told: tables.Row) -> Row | Fault:
    """The person in a row, whose columns may be called as other programs call them."""
    if any(len(cell) > _LONGEST_CELL for cell in told.cells.values()):
        return Fault(told.line, f"a cell has more than {_LONGEST_CELL:,} characters")
    try:
        return _person(told)
    except (InvalidAddress, ValueError) as error:
        return Fault(told.line, str(error))


def _person(told: tables.Row) -> Row:
    address = addresses.normalize(_cell(told, "email"))
    zone, consent = _cell(told, "timezone"), _cell(told, "consent").lower()
    words = _cell(told, "tags").replace(";", ",").split(",")
    tags = (word.strip().strip('"').strip()[:_LONGEST_TAG] for word in words)
    return Row(
        line=told.line,
        email=address,
        name=subscribers.clean_name(_cell(told, "name")),
        timezone=zone if zone in zones.known() else None,
        tags=tuple(dict.fromkeys(filter(None, tags))),
        evidence=_evidence(told, consent),
        refused=_refused(told, consent),
    )


def _cell(told: tables.Row, name: str) -> str:
    return tables.as_meant(told.text(*_CALLED[name]))


def _evidence(told: tables.Row, consent: str) -> str | None:
    """Where and when they agreed, where the row says both; a state of consent says where.

    Whom Mailchimp's user entered has a time of confirmation too, but no network that it came from.
    """
    given_at, source = told.moment(*_CALLED["consent_at"]), _cell(told, "consent_source")
    if not given_at and _cell(told, "confirmed_from"):
        given_at, source = told.moment(*_CALLED["confirmed_at"]), "confirmed, as Mailchimp kept it"
    if given_at and given_at > clock.now():
        raise ValueError("the moment of consent lies in the future")
    if not source and consent in _YES:
        source = f"{consent}, as the exporting program kept it"
    return f"{source}, {given_at.isoformat()}" if given_at and source else None


def _refused(told: tables.Row, consent: str) -> bool:
    unwilling = bool(consent) and consent not in _YES
    suppressed = _cell(told, "suppressed").strip("[]").lower() not in ("", "false", "no")
    gone = bool(_cell(told, "left_at")) or _cell(told, "status").lower() in _GONE
    return unwilling or suppressed or gone
