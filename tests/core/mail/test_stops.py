"""What stops mail, and that it goes on where it stood."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.mail import forms, sending, stops
from core.mail.forms import BadHeader
from core.mail.letters import Message
from core.mail.models import Cause, State, Stream
from core.mail.pipelining import Answer, Fate
from core.mailbox.server import Mailbox
from tests.core.mail.conftest import Write, row, states

ADA = "ada@example.com"


def test_held_mail_goes_once_it_is_released(app: Flask, mailbox: Mailbox, write: Write) -> None:
    for stream in Stream:
        write(ADA, stream=stream)
    stops.stop(Cause.HOLD, "a backup was restored")
    assert sending.deliver() == 0
    stops.resume()
    assert sending.deliver() == 2


def test_a_broken_authentication_stops_newsletters_and_blames_nobody(
    app: Flask, mailbox: Mailbox, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = Answer(Fate.REFUSED, "550 5.7.26 This mail has been blocked, unauthenticated")
    monkeypatch.setattr(
        "core.mail.smtp.Connection.send", lambda _, parcels, _company: [fault] * len(parcels)
    )
    write(count=60)
    sending.deliver()
    assert states() == {State.PENDING: 60}
    assert [stop.cause for stop in stops.current()] == [Cause.AUTHENTICATION]
    monkeypatch.undo()
    write(ADA, stream=Stream.TRANSACTIONAL)
    assert sending.deliver() == 1
    assert row().state is State.ACCEPTED


@pytest.mark.one_database
def test_staff_see_the_stop_and_lift_it(app: Flask, olivia: FlaskClient) -> None:
    stops.stop(Cause.HOLD, "a backup was restored")
    assert "All mail is held" in olivia.get("/staff/outbox").text
    assert "hold" in olivia.get("/readyz").text
    olivia.post("/staff/outbox/release")
    assert not stops.current()
    assert "All mail is held" not in olivia.get("/staff/outbox").text


@pytest.mark.parametrize("value", ["a\r\nBcc: all@example.com", "a\nb", "a\0b"])
def test_a_header_that_breaks_out_of_its_line_is_refused(value: str) -> None:
    for message in (
        Message(subject="x", html="", text="", headers={"List-Id": value}),
        Message(subject="x", html="", text="", reply_to=value),
    ):
        with pytest.raises(BadHeader):
            forms.compile_form(message, ("Shop", "hello@shop.example"))
    form = forms.compile_form(
        Message(subject=f"Hello {forms.MARK}name{forms.MARK}", html="", text=""),
        ("", "a@b.example"),
    )
    with pytest.raises(BadHeader):
        form.fill({"name": value})
