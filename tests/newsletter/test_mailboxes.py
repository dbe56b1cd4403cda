"""The mailbox on a virtual clock: what it foretells is what the ledger and the caps then do."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from core import db, settings
from core.mail import caps, fates, ledger, letters, printing, queue, sending
from core.mail.letters import Letter as Kind
from core.mail.letters import Message
from core.mail.models import Delivery, State, Stream
from newsletter import mailboxes
from newsletter.mailboxes import UNCAPPED, Caps, Departure, Letter, Mailbox

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _compose(deliveries: Sequence[Delivery]) -> Message:
    return Message(subject="A letter", html="<p>Hello</p>", text=deliveries[0].key)


@pytest.fixture
def empty(app: Flask) -> Callable[[], None]:
    """Know a kind of letter that goes together, and let the ledger be empty again."""
    letters.register(
        Kind(
            name="test.capped",
            stream=Stream.MARKETING,
            compose=lambda delivery: _compose([delivery]),
            merge=_compose,
        )
    )

    def clear() -> None:
        with db.transaction() as session:
            session.execute(queue.TABLE.delete())

    return clear


@pytest.mark.one_database
@examples(max_examples=15)
@given(
    hours=st.lists(st.integers(0, 20), min_size=1, max_size=10).map(
        lambda gaps: list(accumulate(gaps))
    ),
    day=st.integers(0, 2),
    week=st.integers(0, 3),
    together=st.booleans(),
)
def test_what_it_foretells_is_what_the_caps_do(
    *, empty: Callable[[], None], hours: list[int], day: int, week: int, together: bool
) -> None:
    empty()
    settings.change(letters_a_day=day, letters_a_week=week, letters_merge=together)
    written = [Letter(number, NOW + hour * HOUR) for number, hour in enumerate(hours)]
    with time_machine.travel(NOW, tick=False) as machine:
        coming, foretold = list(written), mailboxes.departures(written, mailboxes.in_force())
        while moments := [*(each.at for each in coming[:1]), *_due()]:
            machine.move_to(min(moments))
            if coming and coming[0].at == min(moments):
                _write(coming.pop(0))
            _work()
    with db.reading() as session:
        rows = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert [(row.settled_at, row.within is not None) for row in rows] == [
        (letter.at, letter.within) for letter in foretold
    ]
    assert [Letter(letter.position, letter.due_at) for letter in foretold] == written


def _due() -> list[datetime]:
    with db.reading() as session:
        return list(session.scalars(select(Delivery.due_at).where(Delivery.state == State.PENDING)))


def _write(letter: Letter) -> None:
    key = f"letter:{letter.position}"
    ledger.enqueue(key=key, letter="test.capped", recipient="ada@example.com", source="test")


def _work() -> None:
    claimed = queue.claim("worker", 50)
    press = printing.Press()
    press.load(claimed)
    with db.transaction():
        begun = sending._begin(claimed, press, tuple(Stream))
    fates.accept(*(delivery for delivery, _ in begun))


def test_without_caps_each_goes_when_it_is_due() -> None:
    mailbox, went = mailboxes.put(Mailbox(), Letter(3, NOW), UNCAPPED)
    assert (mailbox, went) == (Mailbox(), [Departure(3, NOW, NOW, within=False)])
    assert not went[0].put_off


def test_what_no_longer_counts_is_forgotten() -> None:
    """So that readers whose letters went at different hours are alike again."""
    capped = Caps(((caps.DAY, 1),))
    early, late = (
        mailboxes.put(Mailbox((NOW - hours * HOUR,)), Letter(0, NOW), capped)[0]
        for hours in (24, 40)
    )
    assert early == late
