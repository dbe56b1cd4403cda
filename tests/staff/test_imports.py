"""Ed leaves Klaviyo: looks at the file first, imports it, and takes it back."""

import re
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core import db
from newsletter.models import Standing, Subscriber

pytestmark = pytest.mark.one_database

KLAVIYO = (
    "Email,First Name,Email Marketing Consent,Email Marketing Consent Timestamp,Email Suppressions\n"
    "Ada@example.com,Ada,SUBSCRIBED,2024-01-02 10:00:00,[]\n"
    "ben@example.com,Ben,NEVER_SUBSCRIBED,,[]\n"
    "chloe@example.com,Chloe,SUBSCRIBED,2024-01-02 10:00:00,[UNSUBSCRIBE]\n"
    "dan@example.com,Dan,,,\n"
    "nonsense,,,,\n"
)
DESK = "/staff/subscribers/imports"


def upload(ed: FlaskClient, content: bytes, start: str = "") -> str:
    form = {"file": (BytesIO(content), "klaviyo.csv"), "start": start}
    return ed.post(DESK, data=form, follow_redirects=True).text


def people() -> dict[str, Standing]:
    with db.reading() as session:
        return {each.email: each.standing for each in session.scalars(select(Subscriber))}


def test_a_file_is_looked_at_before_anybody_is_imported(ed: FlaskClient, app: Flask) -> None:
    page = upload(ed, KLAVIYO.encode("utf-8-sig"))
    assert "Nothing is imported yet." in page
    assert "ada@example.com" in page
    assert "name: Ada" in page
    assert "Import 2 people" in page
    assert "Line 6" in page
    assert people() == {}
    ed.post(f"{DESK}/1")
    assert people() == {
        "ada@example.com": Standing.CONFIRMED,
        "dan@example.com": Standing.PENDING,
    }


def test_an_import_is_taken_back_and_whom_that_leaves_is_named(ed: FlaskClient, app: Flask) -> None:
    upload(ed, KLAVIYO.encode())
    told = ed.post(f"{DESK}/1", follow_redirects=True).text
    assert f'action="{DESK}/1/undo"' in told
    with db.reading() as session:
        ada = session.scalars(select(Subscriber.id).where(Subscriber.name == "Ada")).one()
    ed.post(f"/staff/subscribers/{ada}/unsubscribe")
    told = ed.post(f"{DESK}/1/undo", follow_redirects=True).text
    assert "removed 1, as they were before 0, left because of what they did themselves 1." in told
    assert "unsubscribed since" in told
    assert list(people()) == ["ada@example.com"]
    assert "was taken back before" in ed.post(f"{DESK}/1/undo", follow_redirects=True).text


def test_a_long_difference_has_pages_before_and_after(ed: FlaskClient, app: Flask) -> None:
    """Before an import, after it, and after it was taken back; by what happens to people."""
    asked = "".join(f"asked-{number}@example.com,A,,,\n" for number in range(60))
    upload(ed, (KLAVIYO.replace("nonsense,,,,\n", "") + asked).encode())
    for deed in ("", "/undo", None):
        seen, address = [], f"{DESK}/1"
        while address:
            page = ed.get(address).text
            seen += re.findall(r">([\w-]+@example\.com)</(?:a></)?th>", page)
            found = re.search(r'href="([^"]+)" rel="next">Next<', page)
            address = found[1] if found else ""
        expected = [] if deed is None else ["ada", "dan", *(f"asked-{n}" for n in range(60))]
        assert seen == [f"{name}@example.com" for name in expected]
        only = ed.get(f"{DESK}/1?state=confirmed").text
        assert ("ada@example.com" in only) is (deed is not None)
        assert "dan@example.com" not in only
        if deed is not None:
            ed.post(f"{DESK}/1{deed}")


def test_a_file_that_is_not_wanted_is_forgotten(ed: FlaskClient, app: Flask) -> None:
    upload(ed, KLAVIYO.encode())
    assert "Nobody was imported." in ed.post(f"{DESK}/1/discard", follow_redirects=True).text
    assert ed.post(f"{DESK}/1").status_code == 404


def test_what_is_no_list_is_named_at_its_field(ed: FlaskClient, app: Flask) -> None:
    assert "Choose a CSV file first." in ed.post(DESK, data={}).text
    for content in (b"name\nAda\n", b"\xff\x00email", b""):
        assert "This file could not be read" in upload(ed, content)
    assert "no sequence is called" in upload(ed, KLAVIYO.encode(), start="nonsense")


def test_the_list_is_taken_out_without_formulas(ed: FlaskClient, app: Flask) -> None:
    upload(ed, KLAVIYO.replace(",Ada,", ",=2+5,").encode())
    ed.post(f"{DESK}/1")
    text = ed.get(f"{DESK}/list.csv").text
    assert "ada@example.com,'=2+5," in text
    assert "dan@example.com" not in text
    assert ed.get(f"{DESK}/list.csv?segment=nobody").status_code == 404


@pytest.mark.parametrize(
    "content",
    [
        b"email\rada@example.com\r",
        b"email,name\nben@example.com," + b"x" * 200_000 + b"\nada@example.com,Ada\n",
        b"email,name\nben@example.com,B\0en\nada@example.com,Ada\n",
    ],
)
def test_a_file_with_a_line_that_is_none_of_a_table_imports_the_others(
    ed: FlaskClient, app: Flask, content: bytes
) -> None:
    assert "ada@example.com" in upload(ed, content)
    ed.post(f"{DESK}/1")
    assert list(people()) == ["ada@example.com"]
