"""Ed looks addresses up on the suppression list, shuts them out and lets them in."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import clock
from core.mail import hashes
from newsletter import subscribers, suppression
from newsletter.models import Subscriber
from newsletter.suppression import Reason
from tests.staff.test_speed import questions

pytestmark = pytest.mark.one_database

Join = Callable[[str], Subscriber]

HOME = "/staff/subscribers/suppressions"


def look_up(ed: FlaskClient, address: str) -> str:
    return ed.post(f"{HOME}/address", data={"email": address}).text


def test_ed_looks_an_address_up_and_comes_to_its_reader(ed: FlaskClient, join: Join) -> None:
    ada = join("Ada")
    found = look_up(ed, " ADA@example.com")
    assert "They confirmed." in found
    assert f'href="/staff/subscribers/{ada.id}"' in found
    assert "Shut out…" in found
    assert "Nobody on the list has it." in look_up(ed, "nobody@example.com")
    answer = ed.post(f"{HOME}/address", data={"email": "ada@"})
    assert answer.status_code == 422
    assert 'value="ada@"' in answer.text
    assert "email-error" in answer.text


def test_no_address_stands_in_an_address(ed: FlaskClient, join: Join) -> None:
    join("Ada")
    form = {"email": "ada@example.com"}
    for deed in ("shut-out", "let-in"):
        answer = ed.post(f"{HOME}/{deed}", data=form)
        assert (answer.status_code, answer.location) == (303, HOME)
    for page in (look_up(ed, "ada@example.com"), ed.get(HOME).text):
        assert not re.search(r'(href|action)="[^"]*(@|%40)example', page)
    assert ed.get(f"{HOME}/address").status_code == 405


def test_ed_shuts_an_unknown_address_out_and_takes_it_back(ed: FlaskClient) -> None:
    told = ed.post(
        f"{HOME}/shut-out", data={"email": "dan@example.com"}, follow_redirects=True
    ).text
    assert "Nothing but receipts goes to dan@example.com" in told
    assert f'action="{HOME}/let-in"' in told
    assert "ed@shop.example" in told
    assert hashes.keyed_hash("dan@example.com")[:12] in told
    found = look_up(ed, "dan@example.com")
    assert "Staff shut it out." in found
    assert "by ed@shop.example" in found
    assert "Let it in again" in found
    told = ed.post(f"{HOME}/let-in", data={"email": "dan@example.com"}, follow_redirects=True).text
    assert "taken back" in told
    assert suppression.by_month() == []


def test_taking_it_back_is_not_offered_where_it_would_bring_no_reader_back(
    ed: FlaskClient, join: Join
) -> None:
    join("Ada")
    told = ed.post(f"{HOME}/shut-out", data={"email": "ada@example.com"}, follow_redirects=True)
    assert f'action="{HOME}/let-in"' not in told.text


def test_the_page_says_why_some_marks_stay(ed: FlaskClient, join: Join) -> None:
    ada, ben = join("Ada"), join("Ben")
    subscribers.turn_away(ada.email, Reason.COMPLAINED)
    subscribers.unsubscribe(ben.public_id, method="page")
    for address, why in ((ada.email, "it was their word"), (ben.email, "Only they can come back")):
        page = look_up(ed, address)
        assert why in page
        assert "/let-in" not in page
        told = ed.post(f"{HOME}/let-in", data={"email": address}, follow_redirects=True).text
        assert "no mark that staff may take back" in told
    assert suppression.reason(ada.address_hash) is Reason.COMPLAINED


def test_a_reader_whose_mailbox_works_again_is_let_in_from_their_page(
    ed: FlaskClient, join: Join
) -> None:
    ada = join("Ada")
    subscribers.turn_away(ada.email, Reason.BOUNCED)
    page = ed.get(f"/staff/subscribers/{ada.id}").text
    assert f'action="/staff/subscribers/{ada.id}/let-in"' in page
    assert f'action="{HOME}/address"' in page
    assert "The mailbox works again" in look_up(ed, ada.email)
    ed.post(f"/staff/subscribers/{ada.id}/let-in")
    assert "They confirmed." in look_up(ed, ada.email)


def test_several_are_looked_at_before_they_are_shut_out(ed: FlaskClient, join: Join) -> None:
    ada = join("Ada")
    pasted = "ada@example.com\ndan@example.com\nnobody at all\n"
    first = ed.post(f"{HOME}/several", data={"addresses": pasted})
    assert "2 addresses." in first.text
    assert "1 gets letters now" in first.text
    assert "Line 3, <code>nobody at all</code>" in first.text
    assert suppression.by_month() == []
    (seen,) = re.findall(r'name="seen" value="(\w+)"', first.text)
    # Lines that were not looked at are looked at first.
    more = ed.post(f"{HOME}/several", data={"addresses": pasted + "eve@example.com", "seen": seen})
    assert "3 addresses." in more.text
    assert suppression.by_month() == []
    done = ed.post(f"{HOME}/several", data={"addresses": pasted, "seen": seen})
    assert "2 addresses shut out." in done.text
    assert re.search(r"<textarea[^>]*>\s*nobody at all</textarea>", done.text)
    assert [each.addresses for each in suppression.by_month()] == [2]
    assert suppression.reason(ada.address_hash) is Reason.STAFF


def test_pasting_nothing_good_changes_nothing_and_loses_nothing(ed: FlaskClient) -> None:
    for pasted, said in (("", "Paste the addresses"), ("no one\n@", "None of these lines")):
        answer = ed.post(f"{HOME}/several", data={"addresses": pasted})
        assert answer.status_code == 422
        assert said in answer.text
        assert pasted in answer.text
    many = "\n".join(f"{number}@example.com" for number in range(1001))
    answer = ed.post(f"{HOME}/several", data={"addresses": many})
    assert answer.status_code == 422
    assert "1000@example.com" in answer.text


def test_counts_stand_by_month_and_reason(ed: FlaskClient, join: Join) -> None:
    for number in range(3):
        subscribers.turn_away(f"{number}@example.com", Reason.BOUNCED)
    subscribers.turn_away("x@example.com", Reason.COMPLAINED)
    page = ed.get(HOME).text
    (row,) = re.findall(r'<th scope="row">All</th>(.*)</tr>', page)
    assert re.findall(r">(\d+)<", row) == ["1", "0", "3", "0"]
    assert f"{clock.now():%Y-%m}" in page


def test_looking_up_asks_few_questions(app: Flask, ed: FlaskClient, join: Join) -> None:
    subscribers.turn_away(join("Ada").email, Reason.BOUNCED)
    with questions() as asked:
        look_up(ed, "ada@example.com")
    real = [statement for statement in asked if not statement.startswith(("BEGIN", "PRAGMA"))]
    # Those of a list, and one for the key of the hashes.
    assert len(real) <= 6, "\n".join(real)


def test_fay_in_fulfilment_may_not(fay: FlaskClient) -> None:
    for deed in ("address", "shut-out", "let-in", "several"):
        assert fay.post(f"{HOME}/{deed}", data={"email": "a@example.com"}).status_code == 403
