"""Tables as CSV (RFC 4180): another program's read with suspicion, ours written without harm.

Spreadsheet programs leave their marks in such files: a byte order mark, UTF-16, semicolons for
commas. What cannot be read is a fault of its row, and the rest goes on.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any, TextIO

_LONGEST = 16 * 1024 * 1024  # characters in a cell; Python's own limit is 131,072
_MARKS_OF_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# Also in full width, and behind the mark itself, so that it can be taken back.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile("'*[-=+@\t\r\n\uff1d\uff0b\uff0d\uff20]")


@dataclass(frozen=True)
class Row:
    """What stands in a row, by its column in small letters; `fault` says why it is not readable."""

    file: str
    line: int
    cells: Mapping[str, str]
    fault: str | None = None

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.file}, line {self.line}"

    def text(self, *columns: str) -> str:
        """What the first of these columns holds that holds anything, else nothing."""
        found = (self.cells.get(column.lower(), "").strip() for column in columns)
        return next(filter(None, found), "")

    def number(self, *columns: str) -> int | None:
        """A whole number; None for an empty cell. Raises `ValueError`."""
        text = self.text(*columns)
        if not text:
            return None
        if not re.fullmatch(r"-?\d{1,9}(?:\.\d+)?", text):
            raise ValueError(f"{text[:40]!r} is no number")
        return int(text.partition(".")[0])

    def moment(self, *columns: str) -> datetime | None:
        """A moment as ISO 8601 or as Shopify writes it; UTC where it names no zone.

        None for an empty cell. Raises `ValueError`.
        """
        text = self.text(*columns)
        if not text:
            return None
        written = re.sub(r"\s+UTC$", "+00:00", text)
        written = re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", written)
        try:
            moment = datetime.fromisoformat(written)
        except ValueError as error:
            raise ValueError(f"{text[:40]!r} is no moment") from error
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def columns(path: Path) -> frozenset[str]:
    """The names of a table's columns, in small letters; none where it has no first line."""
    with _opened(path) as file:
        return frozenset(table(file, path.name)[0])


def read(path: Path) -> Iterator[Row]:
    """The rows below the first line that hold anything; `line` is the one that a row begins in."""
    with _opened(path) as file:
        yield from (row for row in table(file, path.name)[1] if row.cells or row.fault)


def table(file: TextIO, name: str) -> tuple[list[str], Iterator[Row]]:
    """The names of the columns of a table that is open, in small letters, and its rows.

    The names are none where the first line is none of a table.
    """
    csv.field_size_limit(_LONGEST)
    first = file.readline()
    delimiter = max(",;\t", key=first.count)
    lines = csv.reader(chain([first], file), delimiter=delimiter, strict=True)
    names = _header(lines)
    return names, _rows(name, names, lines)


def decode(content: bytes) -> str:
    """The text of a table as spreadsheet programs write it. Raises `ValueError`."""
    wide = content[:2] in _MARKS_OF_UTF_16
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("it is not in UTF-8: save it as “CSV UTF-8”") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def write(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A heading and rows, a line at a time however many there are; every cell is `harmless`."""
    yield _line(columns)
    for row in rows:
        yield _line(harmless(value) for value in row)


def harmless(value: object) -> str:
    """A cell that no spreadsheet takes for a formula (CWE-1236); `as_meant` takes it back."""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) else text


def as_meant(cell: str) -> str:
    """What a cell held before `harmless` looked at it."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def gathered(rows: Iterable[Row], name: Callable[[Row], str]) -> list[list[Row]]:
    """Rows that tell of the same thing together, in their order; one without a name alone."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        key = name(row) or row.place
        found.setdefault(key, []).append(row)
    return list(found.values())


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _opened(path: Path) -> TextIO:
    with path.open("rb") as file:
        wide = file.read(2) in _MARKS_OF_UTF_16
    if wide:
        return path.open(encoding="utf-16", errors="replace", newline="")
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _header(lines: Any) -> list[str]:
    with suppress(csv.Error):
        return [" ".join(name.lower().split()) for name in next(lines, [])]
    return []


def _rows(file: str, names: list[str], lines: Any) -> Iterator[Row]:
    before = lines.line_num
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(file, before + 1, {}, f"it is no CSV: {error}")
        else:
            if cells:
                yield _row(file, before + 1, names, cells)
        before = lines.line_num


def _row(file: str, line: int, names: list[str], cells: list[str]) -> Row:
    held: dict[str, str] = {}
    for name, cell in zip_longest(names, cells[: len(names)], fillvalue=""):
        if cell:
            held.setdefault(name, cell)
    return Row(file, line, held, _fault(names, cells))


def _fault(names: list[str], cells: list[str]) -> str | None:
    if any(cells[len(names) :]):
        return f"it has {len(cells)} cells under {len(names)} columns"
    text = "".join(cells)
    if "\0" in text:
        return "it holds a byte that no text has"
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "it is not in UTF-8: export it anew, or save it as “CSV UTF-8”"
    return None
