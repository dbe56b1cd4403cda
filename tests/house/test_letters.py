"""Every letter that the shop sends says what it said when somebody last read it, by the rules.

What each says lies in `golden/`, without styles, and with `…` for what differs at each run. Where a
letter was meant to change, `GOLDEN=write pytest tests/house/test_letters.py` writes it anew; read the
difference before it is committed.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from blog import comments, followers, posts
from blog.models import CommentState, Follower, Post, PostState
from core import clock, config, db, settings
from core.mail import ledger, letters, printing, validation
from core.mail.models import Delivery, Stream
from core.mail.printing import Printed
from newsletter import (
    address_changes,
    dispatch,
    mailing,
    newsletters,
    sequences,
    subscribers,
    upkeep,
)
from newsletter.letters import REMINDER
from newsletter.models import Newsletter, Sequence, SequenceVersion
from shop import (
    alerts,
    catalog,
    disputes,
    facts,
    fulfilment,
    moderation,
    orders,
    refunds,
    reminders,
    restock,
    returns,
    review_requests,
    reviews,
    stock,
    strays,
    withdrawals,
)
from shop.events import CheckoutAbandoned
from shop.letters import send_links
from shop.models import Ground, Order, RestockRequest, ReturnReason, StrayPayment, StrayState
from shop.returns import Wish
from shop.withdrawals import Declaration
from tests.house.test_get_purity import fingerprint
from tests.newsletter.conftest import confirmation_token, person
from tests.staff.test_orders import order_of, refund_of
from wsgi import fill

pytestmark = pytest.mark.one_database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("GOLDEN") == "write"
ADA, BEN = "ada@example.com", "ben@example.com"
FAY = "fay@shop.example"
TOGETHER = "newsletter.step.together"

Printing = dict[str, tuple[Delivery, bytes]]


@pytest.fixture(scope="module")
def printings() -> Printing:
    """What the first test of this file printed, for all of them."""
    return {}


@pytest.fixture
def printed(app: Flask, printings: Printing) -> Printing:
    """One of every letter, as its octets would leave."""
    if not printings:
        with time_machine.travel(NOON, tick=False) as machine:
            _letters_are_written(machine)
            printings |= _print()
    return printings


def test_every_mailed_link_leads_on_and_changes_nothing(app: Flask) -> None:
    """Scanners open what is in mail, by GET and by HEAD; readers do so a day later."""
    settings.change(note_reading=True)
    with time_machine.travel(NOON, tick=False) as machine:
        _letters_are_written(machine)
        links = {link for _, octets in _print().values() for link in _own_links(octets)}
        reader, before = app.test_client(), fingerprint()
        for link in sorted(links):
            for ask in (reader.get, reader.head):
                status = ask(link).status_code
                assert status < 400, f"{link}: {status}"
                assert fingerprint() == before, f"opening {link} changed the database"
    assert len(links) > 60


def _own_links(octets: bytes) -> Iterator[str]:
    """The addresses of this site in a message, as mail programs find them in either part."""
    message = message_from_bytes(octets)
    parts = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
    text = "\n".join(part.decode(errors="replace") for part in parts if isinstance(part, bytes))
    text = f"{message['List-Unsubscribe']}\n{unescape(text)}"
    for address in re.findall(rf"{re.escape(config.current().site_url)}[^\s<>\"')]*", text):
        yield address.removeprefix(config.current().site_url).rstrip(".,;") or "/"


def test_every_letter_is_looked_at(printed: Printing) -> None:
    known = {name for name in letters.names() if not name.startswith(("proof.", "test."))}
    assert {delivery.letter for delivery, _ in printed.values()} == known


def test_every_letter_says_what_it_said(printed: Printing) -> None:
    if WRITE:
        for path in GOLDEN.glob("*.txt"):
            path.unlink()
    for name, (_, octets) in printed.items():
        path, said = GOLDEN / f"{name}.txt", readable(message_from_bytes(octets))
        if WRITE:
            path.write_text(said, encoding="utf-8")
        assert path.exists(), f"{name} is new: GOLDEN=write keeps what it says"
        assert said == path.read_text(encoding="utf-8"), f"{name} says something else now"
    assert {path.stem for path in GOLDEN.glob("*.txt")} == printed.keys()


def test_every_letter_keeps_the_rules(printed: Printing) -> None:
    found = {
        name: faults(octets, marketing=delivery.stream is Stream.MARKETING)
        for name, (delivery, octets) in printed.items()
    }
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_what_asks_to_confirm_advertises_nothing(printed: Printing) -> None:
    for name in (
        subscribers.CONFIRMATION,
        REMINDER,
        address_changes.LETTER,
        restock.CONFIRMATION,
        followers.CONFIRMATION,
    ):
        said = readable(message_from_bytes(printed[name][1]))
        assert not re.search(r"\$|/products/|discount|buy ", said, re.IGNORECASE), name


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        (b"Subject: ", b"Subject: Re: ", "its subject pretends to be an answer"),
        (b"1 Mill Lane", b"somewhere", "no postal address in text/plain"),
        (b'lang=3D"en"', b"", "its HTML names no language"),
        (b"One-Click", b"Click", "List-Unsubscribe-Post must say One-Click"),
        (b"From: QL Claw <hello@shop.example>", b"From: a@b.example", "Message-ID is another's"),
    ],
)
def test_a_letter_against_the_rules_is_found(
    printed: Printing, good: bytes, bad: bytes, fault: str
) -> None:
    octets = printed[mailing.ISSUE][1]
    assert good in octets
    assert any(fault in found for found in faults(octets.replace(good, bad), marketing=True))


def faults(octets: bytes, *, marketing: bool) -> list[str]:
    """What is wrong with a letter: by the rules that all mail keeps, and by those of its words."""
    message = message_from_bytes(octets)
    return [
        *validation.examine(octets, marketing=marketing),
        *_wrong_head(message),
        *_wrong_address(message),
        *_wrong_html(_parts(message)["text/html"]),
        *(_wrong_way_out(message) if marketing else ()),
    ]


def readable(message: Message) -> str:
    """A letter to read and to compare."""
    head = [
        f"{name}: {_decoded(value)}"
        for name, value in message.items()
        if name not in ("Content-Type", "MIME-Version")
    ]
    parts = _parts(message)
    text, html = parts["text/plain"], _without_styles(parts["text/html"])
    return _steady("\n".join([*head, "", text.strip(), "", "=" * 72, "", html.strip(), ""]))


def _wrong_head(message: Message) -> Iterator[str]:
    subject = _decoded(message["Subject"])
    if re.match(r"(re|fwd?|aw)\s*:", subject, re.IGNORECASE):
        yield "its subject pretends to be an answer"
    sender = parseaddr(message["From"])[1]
    if not message["Message-ID"].endswith(f"@{sender.rpartition('@')[2]}>"):
        yield "its Message-ID is another's than the sender's"
    if "Reply-To" not in message:
        yield "nobody reads an answer to it"


def _wrong_address(message: Message) -> Iterator[str]:
    """15 U.S.C. 7704(a)(5): who writes, and where they are found; Gmail cuts the rest off."""
    for kind, part in _parts(message).items():
        if "1 Mill Lane" not in " ".join(part[:90_000].split()):
            yield f"there is no postal address in {kind}"


class _Elements(HTMLParser):
    """Every element of a page, in order: its name and its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def _wrong_html(html: str) -> Iterator[str]:
    preheader = re.search(r'class="preheader"[^>]*>([^<\u2007&]*)', html)
    if not preheader or not 20 <= len(preheader[1]) <= 110:
        yield f"its preheader is {preheader and preheader[1]!r}"
    elements = _Elements(html).found
    for tag, attributes in elements:
        yield from _wrong_element(tag, attributes)
    if ("meta", {"name": "color-scheme", "content": "light dark"}) not in elements:
        yield "its HTML says nothing of dark mode"


def _wrong_element(tag: str, attributes: dict[str, str | None]) -> Iterator[str]:
    if tag == "html" and not (attributes.get("lang") and attributes.get("dir")):
        yield "its HTML names no language or direction"
    if tag == "img" and not {"alt", "width"} <= attributes.keys():
        yield "an image has no words or no size"
    if tag == "table" and "role" not in attributes and attributes.get("class") != "facts":
        yield "a table of the layout is read aloud as one"
    if tag in ("script", "form", "iframe", "link"):
        yield f"its HTML has a {tag}"
    if tag == "a" and not re.match(r"https?://|mailto:", attributes.get("href") or ""):
        yield f"the link to {attributes.get('href')} leads nowhere from an inbox"


def _wrong_way_out(message: Message) -> Iterator[str]:
    way = message["List-Unsubscribe"].strip("<>")
    for kind, part in _parts(message).items():
        if way not in part[:90_000]:
            yield f"there is no way out in {kind}"


def _parts(message: Message) -> dict[str, str]:
    return {
        part.get_content_type(): bytes(part.get_payload(decode=True)).decode()
        for part in message.walk()
        if part.get_content_type() in ("text/plain", "text/html")
    }


def _decoded(value: str) -> str:
    return " ".join(str(make_header(decode_header(value))).split())


def _without_styles(html: str) -> str:
    html = re.sub(r"<style>.*?</style>\n?", "", html, flags=re.DOTALL)
    html = re.sub(r' style="[^"]*"', "", html)
    return re.sub(r"(&#8199;|\u2007)(&#847;|\u034f) ?", "", html)


def _steady(said: str) -> str:
    """Without what differs at each run: signatures, random names, digests of files."""
    said = said.replace("\r\n", "\n")
    said = re.sub(r"(?:[\w-]+\.)+[\w-]{40,}", "…", said)
    said = re.sub(r"(?<=Message-ID: <)[^@]+", "…", said, flags=re.IGNORECASE)
    said = re.sub(r"(?<=/static/)([\w/-]+)\.[0-9a-f]{8,}(?=\.)", r"\1.…", said)
    return re.sub(r"[ \t]+\n", "\n", said)


def _print() -> Printing:
    """The first of each letter, and of sequences each step."""
    with db.reading() as session:
        every = session.scalars(select(Delivery).order_by(Delivery.id)).all()
        first = {_name(delivery): delivery for delivery in reversed(every)}
        done = printing.print_all(list(first.values()))
    printed: Printing = {}
    for name, delivery in sorted(first.items()):
        octets = done[delivery]
        assert isinstance(octets, Printed), f"{name}: {octets}"
        printed[name] = delivery, octets.parcel.octets
    printed[TOGETHER] = _print_together([each for each in every if each.letter == mailing.STEP][:2])
    return printed


def _print_together(deliveries: list[Delivery]) -> tuple[Delivery, bytes]:
    """Two steps as a cap lets them go: as one message."""
    sheet = printing.print_as_one(deliveries)
    assert isinstance(sheet, Printed), sheet
    return deliveries[0], sheet.parcel.octets


def _name(delivery: Delivery) -> str:
    step = delivery.payload.get("position")
    if step is None:
        return delivery.letter
    version = db.session().get_one(SequenceVersion, delivery.payload["version"])
    sequence = db.session().get_one(Sequence, version.sequence_id)
    return f"{delivery.letter}.{sequence.name}.{step + 1:02}"


def _posts_are_out() -> None:
    """The sample's posts have days of their own, later ones than these letters'."""
    with db.transaction() as session:
        session.execute(update(Post).values(published_at=NOON - timedelta(days=30)))


def _letters_are_written(machine: time_machine.Traveller) -> None:
    fill()
    settings.change(postal_address="Claw Inc., 1 Mill Lane, Boston, MA 02101, USA")
    _comments_are_written()
    _posts_are_out()
    for story in (
        _orders_go_their_ways,
        _a_bank_asks,
        _reviews_are_written,
        _goods_come_back,
    ):
        story()
    _readers_join_and_wait(machine)


def _comments_are_written() -> None:
    settings.change(comments_email="ed@shop.example")
    post = posts.in_state(PostState.SCHEDULED)[0]
    asked = comments.submit(post.id, name="Ada", email=ADA, body="Which one?", follow=True)
    comments.approve(asked.id, by="ed@shop.example")
    with db.reading() as session:
        follower = session.scalars(select(Follower)).one()
    followers.confirm(followers.token(follower))
    comments.submit(post.id, name="Ben", email=None, body="Both.", answered=asked.id)
    for placed in comments.in_state(CommentState.PENDING):
        comments.approve(placed.comment.id, by="ed@shop.example")
    comments.submit(post.id, name="Ada", email=None, body="Thank you.")


def _orders_go_their_ways() -> None:
    order = order_of("Ada", 1001)
    with db.transaction() as session:
        known = session.get_one(Order, order)
        orders.write_letter(known, orders.RECEIPT)
        orders.write_letter(known, orders.PAYMENT_FAILED)
        given = refund_of(order, 700)
        orders.write_letter(known, refunds.REFUNDED, refund=given)
    _a_second_payment_goes_back(known)
    withdrawals.send_link("QL-1001", ADA, name="Ada")
    line = orders.get(order).lines[0].id
    withdrawals.record(order, Declaration(name="Ada", email=ADA, units={line: 1}))
    send_links(ADA)
    settings.change(checkout_reminders=True)
    reminders.on_abandoned(
        CheckoutAbandoned(
            order_id=order,
            cart="ada",
            email=ADA,
            url="https://checkout.stripe.example/r/cs_1",
            until=NOON + timedelta(days=30),
        )
    )
    fulfilment.ship(
        order_of("Chloe", 1002),
        carrier="UPS",
        tracking="1Z1",
        url="https://ups.example/1Z1",
        by=FAY,
    )


def _a_second_payment_goes_back(order: Order) -> None:
    stray = {"session_id": "cs_2", "payment_intent": "pi_2", "amount": 9600, "currency": "USD"}
    with db.transaction() as session:
        kept = StrayPayment(
            order_id=order.id, problem="Paid before.", state=StrayState.KEPT, found_at=NOON, **stray
        )
        session.add(kept)
    strays.mirror(
        facts.Refund(
            id="re_2",
            payment_intent="pi_2",
            amount=9600,
            currency="USD",
            status="succeeded",
            reason=None,
            row=None,
            made_at=NOON,
        )
    )


def _a_bank_asks() -> None:
    for number, status in ((1006, "needs_response"), (1007, "lost")):
        order = order_of("Gus", number)
        with db.transaction() as session:
            session.get_one(Order, order).payment_intent = f"pi_{number}"
        disputes.warn(f"pi_{number}", f"issfr_{number}")
        disputes.mirror(
            facts.Dispute(
                id=f"du_{number}",
                payment_intent=f"pi_{number}",
                amount=9600,
                currency="USD",
                reason="product_not_received",
                status=status,
                due_by=NOON + timedelta(days=3),
                made_at=NOON,
            )
        )
    for kind, message in (
        (
            "refund_failed",
            (
                "A refund of $7.00 for QL-1006 did not arrive (Stripe says failed): the customer has "
                "no money."
            ),
        ),
        ("safety", "It says of their health what no letter repeats."),
        ("checkout_refused", "Stripe refuses our checkout: no such currency."),
    ):
        about = None if kind == "checkout_refused" else order
        alerts.raise_alert(kind, message, key="-", order_id=about)
    alerts.tell()
    ledger.enqueue(
        key="due",
        letter=disputes.DUE,
        recipient=FAY,
        source="disputes",
        payload={"dispute": disputes.open_ones()[0][0].id},
    )


def _reviews_are_written() -> None:
    settings.change(review_request_days=10)
    order = order_of("Dan", 1003)
    fulfilment.ship(order, carrier="UPS", by=FAY)
    with db.transaction() as session:
        bought = session.get_one(Order, order)
        bought.fulfilled_at = clock.now() - timedelta(days=11)
        bought.marketing_consent = True
    review_requests.send_due()
    draft = reviews.Draft(stars=2, title="", body="Call me.", name="Dan", may_quote=False)
    written = reviews.write(orders.get(order).lines[0].id, draft)
    moderation.remove(written.id, Ground.PERSONAL, why="a telephone number", by=FAY)


def _goods_come_back() -> None:
    for number, answer in ((1004, returns.approve), (1005, returns.refuse)):
        order = order_of("Eve", number)
        fulfilment.ship(order, carrier="UPS", by=FAY)
        line = orders.get(order).lines[0].id
        wish = Wish(units={line: 1}, reason=ReturnReason.UNSUITED, words="Too firm.")
        back = returns.request(order, wish)
        answer(back.id, by=FAY, answer="Thank you for asking.")
        returns.receive(back.id, received={line: 1}, restocked={line: 1}, by=FAY)
    offer = catalog.offer("QL-CLAW")
    assert offer
    held = offer.available
    stock.receive(offer.variant_id, -held, by=FAY, why="counted")
    restock.ask(offer, BEN, page=offer.url)
    with db.reading() as session:
        asked = session.scalars(select(RestockRequest)).one()
    restock.confirm(restock.token(asked))
    stock.receive(offer.variant_id, held, by=FAY, why="counted")
    restock.tick()


def _readers_join_and_wait(machine: time_machine.Traveller) -> None:
    subscribers.subscribe(ADA, source="post", name="Ada")
    subscribers.subscribe(BEN, source="post")
    address_changes.ask(subscribers.confirm(confirmation_token(ADA)).public_id, "ada@new.example")
    with db.reading() as session:
        issue = session.scalars(select(Newsletter.id)).one()
    newsletters.send_test(issue, "ed@shop.example")
    dispatch.send(issue)
    with db.reading() as session:
        versions = session.scalars(select(SequenceVersion).order_by(SequenceVersion.id)).all()
    for version in versions:
        for position in range(len(version.steps)):
            _write_step(version.id, position)
    machine.shift(timedelta(days=1, hours=1))
    upkeep.remind()
    machine.move_to(NOON)


def _write_step(version: int, position: int) -> None:
    ledger.enqueue(
        key=f"step:{version}:{position}",
        letter=mailing.STEP,
        recipient=ADA,
        source=sequences.source(version, position),
        person=person(ADA).id,
        payload={"version": version, "position": position},
    )
