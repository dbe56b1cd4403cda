"""Reads people from a table that this shop or another program exported, one row for each person."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

from core import clock, tables
from newsletter import addresses, subscribers, zones
from newsletter.addresses import InvalidAddress

COLUMNS = ("email", "name", "timezone", "tags", "consent_at", "consent_source")
"""Our own columns, as an export writes them."""

_CALLED = {
    "email": ("email", "email address", "e-mail"),
    "name": ("name", "first name", "first_name"),
    "timezone": ("timezone", "time zone"),
    "tags": ("tags",),
    "consent_at": ("consent_at", "email marketing consent timestamp"),
    "consent_source": ("consent_source",),
    "consent": ("email marketing consent", "consent"),
    "suppressed": ("email suppressions", "suppressed"),
}
"""What our columns are called elsewhere, such as by Klaviyo; in small letters."""
_YES = ("subscribed", "subscribe", "yes", "true")
_LONGEST_TAG = 64


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


def decode(content: bytes) -> str:
    """The text of a file, as spreadsheet programs write it. Raises `ValueError`."""
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise ValueError("it is not in UTF-8; save it as “CSV UTF-8”") from error


def read(file: TextIO) -> Iterator[Row | Fault]:
    """The rows of a CSV file. Raises `ValueError` where no column holds e-mail addresses."""
    head = file.readline()
    mark = max(",;\t", key=head.count)
    reader, names = csv.reader(file, delimiter=mark), _names(head, mark)
    if not set(names) & set(_CALLED["email"]):
        raise ValueError("the file has no column called email")
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(reader.line_num + 1, f"it is no CSV: {error}")
        else:
            if cells:
                meant = map(tables.as_meant, cells)
                yield of(reader.line_num + 1, dict(zip(names, meant, strict=False)))


def of(line: int, cells: Mapping[str, str | None]) -> Row | Fault:
    """The person in a row's cells, by the names of their columns in small letters."""
    if any("\0" in (cell or "") for cell in cells.values()):
        return Fault(line, "it holds what is no text")
    try:
        return _person(line, cells)
    except (InvalidAddress, ValueError) as error:
        return Fault(line, str(error))


def _names(head: str, mark: str) -> list[str]:
    """The columns' names in small letters; none where the first line is none of a table."""
    try:
        first = next(csv.reader([head], delimiter=mark), [])
    except csv.Error:
        return []
    return [" ".join(name.split()).lower() for name in first]


def _person(line: int, cells: Mapping[str, str | None]) -> Row:
    address = addresses.normalize(_cell(cells, "email"))
    zone, consent = _cell(cells, "timezone"), _cell(cells, "consent").lower()
    tags = (tag.strip()[:_LONGEST_TAG] for tag in _cell(cells, "tags").replace(";", ",").split(","))
    return Row(
        line=line,
        email=address,
        name=subscribers.clean_name(_cell(cells, "name")),
        timezone=zone if zone in zones.known() else None,
        tags=tuple(dict.fromkeys(filter(None, tags))),
        evidence=_evidence(cells, consent),
        refused=_refused(consent, _cell(cells, "suppressed")),
    )


def _cell(cells: Mapping[str, str | None], name: str) -> str:
    found = ((cells.get(called) or "").strip() for called in _CALLED[name])
    return next(filter(None, found), "")


def _evidence(cells: Mapping[str, str | None], consent: str) -> str | None:
    """Where and when they agreed, where the row says both; a state of consent says where."""
    given_at, source = _moment(_cell(cells, "consent_at")), _cell(cells, "consent_source")
    if not source and consent in _YES:
        source = f"{consent}, as the exporting program kept it"
    return f"{source}, {given_at.isoformat()}" if given_at and source else None


def _refused(consent: str, suppressed: str) -> bool:
    unwilling = bool(consent) and consent not in _YES
    return unwilling or suppressed.strip("[]").lower() not in ("", "false", "no")


def _moment(text: str) -> datetime | None:
    """Raises `ValueError` for what is neither empty nor an ISO 8601 moment of the past."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > clock.now():
        raise ValueError("consent_at lies in the future")
    return moment
