"""Every message that the sample shop writes keeps the rules, and each rule is seen to be broken."""

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import db
from core import settings as store_settings
from core.mail import forms, printing, validation
from core.mail.forms import MARK
from core.mail.letters import Message
from core.mail.models import Delivery, Stream
from core.mail.printing import Printed
from newsletter import dispatch, newsletters, subscribers
from newsletter.models import Standing, Subscriber
from tests import samples
from tests.staff.test_orders import order_of

HEADERS = {
    "List-Unsubscribe": f"<{MARK}unsubscribe_url{MARK}>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "List-Id": "Letters <letters.shop.example>",
    "Feedback-ID": "a:b:c:d",
}
HEAD = {
    "to": "ada@example.com",
    "message_id": "<1@shop.example>",
    "date": "Mon, 02 Mar 2026 15:00:00 +0000",
}


def printed(name: str = "Ada", subject: str = "Hello") -> bytes:
    form = forms.compile_form(
        Message(
            subject=subject,
            html=f"<p>Hello {MARK}name{MARK}, {'long ' * 400}</p>",
            text=f"Hello {MARK}name{MARK}\n.\nend ",
            headers=HEADERS,
        ),
        ("QL Claw", "hello@shop.example"),
    )
    return form.fill({"name": name, "unsubscribe_url": "https://shop.example/u/1"}, **HEAD)


@pytest.mark.one_database
def test_every_message_of_the_sample_shop_keeps_the_rules(app: Flask) -> None:
    samples.fill()
    store_settings.change(postal_address="1 Example Street, Exampleville")
    order_of("Ada", 1001)
    subscribers.subscribe("ben@example.com", source="test")
    with db.transaction() as session:
        for reader in session.scalars(select(Subscriber)):
            reader.standing = Standing.CONFIRMED
    dispatch.send(newsletters.draft("A letter", "Hello {{ name }}", preheader="x" * 50))
    with db.reading() as session:
        rows = session.scalars(select(Delivery)).all()
    for delivery, sheet in printing.print_all(rows).items():
        assert isinstance(sheet, Printed), (delivery.letter, sheet)
        faults = validation.examine(
            sheet.parcel.octets, marketing=delivery.stream is Stream.MARKETING
        )
        assert not faults, (delivery.letter, faults)
    assert {row.stream for row in rows} == set(Stream)


@given(name=st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=300))
@settings(max_examples=60)
def test_whatever_a_reader_is_called_the_message_keeps_the_rules(name: str) -> None:
    octets = printed(name)
    assert validation.examine(octets, marketing=True) == []
    assert max(map(len, octets.split(b"\r\n"))) <= 80


@given(
    subject=st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Co", "Z"]), min_size=1, max_size=200
    )
)
@settings(max_examples=60)
def test_whatever_the_subject_is_it_comes_back_as_it_was(subject: str) -> None:
    from email import message_from_bytes  # noqa: PLC0415 - the judge of this test alone
    from email.header import decode_header, make_header  # noqa: PLC0415 - as above

    raw = message_from_bytes(printed(subject=subject))["Subject"]
    assert str(make_header(decode_header(raw))) == subject


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        (b"List-Unsubscribe: <https://", b"List-Unsubscribe: <ftp://"),
        (b"List-Id: ", b"X-List-Id: "),
        (b"Feedback-ID: ", b"X-Feedback-ID: "),
        (b"Date: Mon, 02", b"Date: Mon, 99"),
        (b"Message-ID: <1@shop.example>", b"Message-ID: 1"),
        (b"Message-Id: <1@shop.example>", b"Message-Id: 1"),
        (b"Subject: Hello", b"Subject: "),
        (b"To: ada@example.com\r\n", b"To: a@b.example\r\nTo: c@d.example\r\n"),
        (b"text/plain", b"text/x-plain"),
        (b"Hello", b"H\nello"),
        (b"Hello", b"H\xc3\xa4llo"),
        (b"Hello", b"H" * 1000),
    ],
)
def test_each_broken_rule_is_named(old: bytes, new: bytes) -> None:
    octets = printed()
    if old in octets:
        assert validation.examine(octets.replace(old, new, 1), marketing=True)
