"""The mail commands that staff use."""

import pytest
from flask import Flask

from core.mail import sending, stops
from core.mail.hashes import keyed_hash
from core.mailbox.server import Mailbox
from newsletter import suppression
from newsletter.suppression import Reason
from tests.core.mail.conftest import Write
from tests.core.mail.test_bounces import ADA, bounced

pytestmark = pytest.mark.one_database


def test_mail_is_held_and_released(app: Flask, mailbox: Mailbox, write: Write) -> None:
    run = app.test_cli_runner()
    write(ADA)
    run.invoke(args=["mail", "hold", "--reason", "we look first"])
    assert sending.deliver() == 0
    said = run.invoke(args=["mail", "status"]).output
    assert "1 messages are due" in said
    assert "we look first" in said
    run.invoke(args=["mail", "release"])
    assert not stops.current()
    assert sending.deliver() == 1


def test_a_notice_is_piped_in(app: Flask, write: Write) -> None:
    run = app.test_cli_runner()
    answer = run.invoke(args=["mail", "bounce"], input=bounced(write))
    assert answer.output == "1 new notices\n"
    assert suppression.reason(keyed_hash(ADA)) is Reason.BOUNCED
