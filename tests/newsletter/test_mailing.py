"""Letters of sequences that go as one message: each keeps its links, and one way to leave."""

import re
from collections.abc import Sequence as Rows
from email import message_from_bytes, policy

import pytest
from flask import Flask
from sqlalchemy import select, update

import blog
import shop
from core import db, settings
from core.mail import fates, printing, queue, sending, validation
from core.mail.models import Delivery, State, Stream
from newsletter import enrolments, mailing, noting, reasons, sequences, tracking, verdicts, walks
from newsletter.models import Enrolment, Sequence, Subscriber, Walk
from newsletter.steps import Mail
from newsletter.tick import tick
from tests import samples
from tests.newsletter.conftest import Join, mail_to
from tests.newsletter.test_noting import agree

pytestmark = pytest.mark.one_database

ADA = "ada@example.com"


@pytest.fixture
def ada(app: Flask, join: Join) -> Subscriber:
    """She is on two ways, whose first letters are written."""
    samples.fill(shop.samples, blog.samples)
    settings.change(note_reading=True, letters_a_day=1)
    settings.change(postal_address="Claw Inc., 1 Mill Lane, Boston, MA 02101, USA")
    ada = join(ADA)
    for name in ("One & only", "Two"):
        body = "Hello {{ name }}, see [the psoas](/blog/psoas-trigger-points)."
        sequences.publish(name, name, [Mail(subject=name, body=body)])
        enrolments.enrol(name, ada.id)
    tick()
    return ada


def steps() -> list[Delivery]:
    return [row for row in mail_to(ADA) if row.letter == mailing.STEP][-2:]


def turn() -> list[Delivery]:
    """A worker's turn with a server that takes everything; what was handed over."""
    claimed = [row for row in queue.claim("worker", 50) if row.id in {each.id for each in steps()}]
    press = printing.Press()
    press.load(claimed)
    with db.transaction():
        begun = [row for row, _ in sending._begin(claimed, press, tuple(Stream))]
    fates.accept(*begun)
    return begun


def sequence_called(title: str) -> Sequence:
    with db.reading() as session:
        return session.scalars(select(Sequence).where(Sequence.title == title)).one()


def printed(deliveries: Rows[Delivery]) -> tuple[bytes, str, str]:
    """The octets, the HTML and the text of several as one."""
    sheet = printing.print_as_one(deliveries)
    assert isinstance(sheet, printing.Printed), sheet
    message = message_from_bytes(sheet.parcel.octets, policy=policy.default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    return sheet.parcel.octets, html.get_content(), text.get_content()


def test_one_message_keeps_the_rules_and_each_letter_its_links(ada: Subscriber) -> None:
    both = steps()
    octets, html, text = printed(both)
    assert validation.examine(octets, marketing=True) == []
    message = message_from_bytes(octets)
    assert message["Subject"] == "One & only, and 1 more letter"
    assert len(message.get_all("List-Unsubscribe", [])) == 1
    domain = printing.domain_of(printing.find_sender()[1])
    assert message["Message-ID"] == printing.message_id(both[0], domain)
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", html) == ["One &amp; only", "Two"]
    assert html.index("Two</h2>") > html.index(f"from={both[0].source}")
    for delivery in both:
        assert f"/blog/psoas-trigger-points?from={delivery.source}" in html
        assert f"/blog/psoas-trigger-points?from={delivery.source}" in text
    assert html.count("/newsletter/unsubscribe/") == 1


def test_what_is_noted_is_noted_of_the_letter_that_holds_the_link(
    app: Flask, ada: Subscriber
) -> None:
    agree(ada)
    both = steps()
    _, html, _ = printed(both)
    followed = [tracking.read(token) for token in re.findall(r"/newsletter/go/([\w.-]+)", html)]
    assert [source for _, source, _ in followed] == [delivery.source for delivery in both]
    app.test_client().get(re.findall(r"/newsletter/opened/[\w.-]+", html)[0])
    app.extensions["notebook"].flush()
    assert {row.source for row in noting.readings(ada)} == {each.source for each in both}


def test_why_says_with_what_it_went(ada: Subscriber) -> None:
    first, _ = steps()
    begun = turn()
    assert [row.id for row in begun] == [first.id]
    told = reasons.of_sequence(ada, sequence_called("Two"))[0]
    assert told.sentence.startswith("It went together with another letter:")
    assert first.id in [fact.delivery for fact in told.facts]
    assert [row.within for row in steps()] == [None, first.id]


def test_the_last_look_bars_every_letter_of_a_walk_that_ended(app: Flask, join: Join) -> None:
    sequences.publish("welcome", "Welcome", [Mail(subject=name, body="A") for name in ("1", "2")])
    enrolments.enrol("welcome", join(ADA).id)
    tick()
    with db.transaction():
        db.changed(update(Enrolment).values(state=Walk.EXITED, reason="bought"))
    first, second = steps()
    with db.reading():
        assert verdicts.last_look([first, second]) == {first.id: "bought", second.id: "bought"}


def test_a_walk_that_ends_takes_its_letter_out_of_the_message(ada: Subscriber) -> None:
    walks.leave([ada.id], "bought", sequence_id=sequence_called("Two").id)
    turn()
    assert [row.state for row in steps()] == [State.ACCEPTED, State.EXCLUDED]
