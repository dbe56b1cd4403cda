"""People are taken out of the ledger, and nobody inherits what was theirs."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from core import db
from core.mail import forgetting, ledger, sending
from core.mail.models import Delivery, State
from core.mailbox.server import Mailbox
from tests.core.mail.conftest import Write, states

ADA, BEN = "ada@example.com", "ben@example.com"


def test_a_forgotten_person_leaves_the_count_and_gets_nothing(
    app: Flask, mailbox: Mailbox, write: Write
) -> None:
    write(ADA)
    write(BEN)
    forgetting.forget([ADA], letters="test.")
    sending.deliver()
    assert states() == {State.EXCLUDED: 1, State.ACCEPTED: 1}
    assert [message.rcpt_tos[0] for message in mailbox.messages()] == [BEN]
    assert ledger.addressed_to(ADA) == []


def test_only_letters_of_that_name_are_meant(app: Flask, write: Write) -> None:
    write(ADA)
    forgetting.forget([ADA], letters="other.")
    assert states() == {State.PENDING: 1}
    assert len(ledger.addressed_to(ADA)) == 1


@pytest.mark.parametrize("state", State)
def test_a_forgotten_key_is_free_but_where_the_fate_is_in_doubt(
    app: Flask, write: Write, state: State
) -> None:
    write(ADA)
    with db.transaction() as session:
        before = session.scalars(select(Delivery.key)).one()
        db.changed(update(Delivery).values(state=state))
    forgetting.forget([ADA], letters="test.")
    with db.reading() as session:
        key = session.scalars(select(Delivery.key)).one()
    assert (key == before) is (state in (State.SENDING, State.UNKNOWN))
