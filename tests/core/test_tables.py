"""Tables that another program wrote."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core import tables


def write(folder: Path, content: bytes) -> Path:
    path = folder / "export.csv"
    path.write_bytes(content)
    return path


def test_a_byte_order_mark_and_carriage_returns_are_no_part_of_a_cell(tmp_path: Path) -> None:
    path = write(tmp_path, b'\xef\xbb\xbfHandle,Body (HTML)\r\nclaw,"one\r\ntwo"\r\nhook,\r\n')
    assert tables.columns(path) == {"handle", "body (html)"}
    rows = list(tables.read(path))
    assert [(row.line, row.text("Handle")) for row in rows] == [(2, "claw"), (4, "hook")]
    assert rows[0].text("BODY (HTML)") == "one\r\ntwo"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_a_spreadsheet_program_made_of_it_is_read(tmp_path: Path, delimiter: str) -> None:
    text = f"Handle{delimiter}Title\nclaw{delimiter}Größe\n"
    for encoding in ("utf-8", "utf-16"):
        (row,) = tables.read(write(tmp_path, text.encode(encoding)))
        assert row.text("title") == "Größe"


def test_a_row_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    broken = b'a,b\n1,Gr\xf6\xdfe\n2,nul\0\n3,"quoted"x,\n4,5,6\n5,fine\n6,"never closed\n7,lost\n'
    rows = list(tables.read(write(tmp_path, broken)))
    assert [row.line for row in rows if row.fault] == [2, 3, 4, 5, 7]
    assert [row.text("a") for row in rows if not row.fault] == ["5"]


def test_a_cell_may_be_long(tmp_path: Path) -> None:
    (row,) = tables.read(write(tmp_path, b"a\n" + b"x" * 200_000 + b"\n"))
    assert len(row.text("a")) == 200_000


def test_moments_and_numbers_are_read_or_refused(tmp_path: Path) -> None:
    written = "2024-03-05 10:12:33 -0500,2024-03-05 15:12:33 UTC,2024-03-05T15:12:33,never,12.0,x"
    (row,) = tables.read(write(tmp_path, f"a,b,c,d,e,f\n{written}\n".encode()))
    moment = datetime(2024, 3, 5, 15, 12, 33, tzinfo=UTC)
    assert [row.moment(name) for name in "abc"] == [moment] * 3
    assert (row.moment("none"), row.number("e"), row.number("none")) == (None, 12, None)
    for read, name in ((row.moment, "d"), (row.number, "f")):
        with pytest.raises(ValueError, match="is no"):
            read(name)


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20"])
def test_no_cell_that_is_written_is_a_formula(begins: str) -> None:
    heading, row = tables.write(("a", "b"), [(f"{begins}HYPERLINK(1)", None)])
    assert heading == "a,b\r\n"
    assert row.lstrip('"').startswith("'")


@given(st.text(alphabet="'=+-@\tab") | st.text())
@example("'=1+1")
def test_what_was_made_harmless_can_be_read_as_it_was_meant(text: str) -> None:
    assert tables.as_meant(tables.harmless(text)) == text
