"""GET and HEAD change nothing, anywhere (RFC 9110, section 9.2.1): scanners and previews open links."""

import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from blog import comments, followers, posts, working_copies
from blog.models import Comment, Follower
from core import db, media
from core.mail.models import Delivery
from newsletter import (
    address_changes,
    dispatch,
    enrolments,
    imports,
    links,
    newsletters,
    segments,
    subscribers,
    tracking,
)
from newsletter.conditions import Rule, Tagged, Term
from newsletter.models import AddressChange, Newsletter, Sequence, Subscriber
from shop import (
    catalog,
    fulfilment,
    orders,
    promotions,
    refusals,
    restock,
    reviews,
    shipping,
)
from shop.models import RestockRequest
from shop.promotions import Terms
from tests import samples
from tests.core.images import photograph
from tests.staff.test_orders import order_of, refund_of

# Pages that need an answer of Stripe's to be worth asking for; the journeys open them.
ELSEWHERE = {"/checkout/complete"}


@pytest.fixture
def addresses(app: Flask, olivia: FlaskClient) -> dict[str, str]:
    """One good address for each page whose path has a part that varies."""
    samples.fill()
    order = order_of("Ada", 1001)
    credit = refund_of(order, 700)
    fulfilment.ship(order, carrier="UPS", by="Fay")
    bought = orders.get(order)
    subscribers.subscribe("ben@example.com", source="test")
    if offer := catalog.offer("QL-CLAW"):
        restock.ask(offer, "dan@example.com", page=offer.url)
    comments.submit(1, name="Chloe", email="chloe@example.com", body="Thank you.", follow=True)
    working_copies.keep("a-key", posts.draft_of(posts.get(1)), by="olivia@shop.example", post_id=1)
    code = promotions.make(Terms(code="SPRING", percent=10, worth={}), by="olivia@shop.example")
    picture = media.add(photograph(40, 30), alt="The tool", file="a.jpg", by="olivia")
    runners = segments.save("Runners", Rule((Term(Tagged("runners")),)))
    with db.reading() as session:
        address_changes.ask(session.scalars(select(Subscriber.public_id)).one(), "ben@new.example")
    listed = imports.examine("email\neve@example.com\n", origin="old.csv", by="olivia")
    sent = newsletters.draft("A letter", "Hello", preheader="To be read.")
    dispatch.send(sent)
    with db.reading() as session:
        ben = session.scalars(select(Subscriber)).one()
        comment = session.scalars(select(Comment)).one()
        follower = session.scalars(select(Follower)).one()
        waiting = session.scalars(select(RestockRequest)).one()
        issue = session.scalars(select(Newsletter)).first()
        sequence = session.scalars(select(Sequence)).first()
        delivery = session.scalars(select(Delivery)).first()
        assert issue
        assert sequence
        _hold_out(sequence, ben)
        assert delivery
        wish = session.scalars(select(AddressChange.public_id)).one()
        own = tracking.values(
            ben.public_id, ["newsletter:1"], ["/products/ql-claw?from=newsletter:1"]
        )
        confirm = urlsplit(links.confirmation(ben)).path
        token = links.token(ben.public_id)
        return {
            "/blog/<slug>": "/blog/psoas-trigger-points",
            "/blog/<slug>/card.jpg": "/blog/psoas-trigger-points/card.jpg",
            "/blog/comments/<token>": f"/blog/comments/{comments.token(comment)}",
            "/blog/comments/answers/<token>": f"/blog/comments/answers/{followers.token(follower)}",
            "/blog/topics/<slug>": "/blog/topics/low-back",
            "/media/<name>": picture.url,
            "/muscles/<slug>": "/muscles/psoas-major",
            "/newsletter/archive/<slug>": f"/newsletter/archive/{newsletters.find(sent).slug}",
            "/newsletter/confirm/<token>": confirm,
            "/newsletter/preferences/<token>": f"/newsletter/preferences/{token}",
            "/newsletter/preferences/<token>/proof": f"/newsletter/preferences/{token}/proof",
            "/newsletter/letter/<token>": urlsplit(links.letter(sent)).path,
            "/newsletter/move/<token>": f"/newsletter/move/{address_changes.token(wish)}",
            "/newsletter/go/<token>": urlsplit(own["follow0"]).path,
            "/newsletter/opened/<token>.gif": urlsplit(own["opened"]).path,
            "/newsletter/preferences/<token>/data.json": f"/newsletter/preferences/{token}/data.json",
            "/newsletter/unsubscribe/<token>": f"/newsletter/unsubscribe/{token}",
            "/orders/<token>": "/orders/token-1001",
            "/orders/<token>/return": "/orders/token-1001/return",
            "/orders/<token>/withdraw": "/orders/token-1001/withdraw",
            "/orders/<token>/invoice": "/orders/token-1001/invoice",
            "/orders/<token>/invoice.pdf": "/orders/token-1001/invoice.pdf",
            "/orders/<token>/credit-notes/<int:refund>": f"/orders/token-1001/credit-notes/{credit}",
            "/orders/<token>/credit-notes/<int:refund>.pdf": f"/orders/token-1001/credit-notes/{credit}.pdf",
            "/pages/<slug>": "/pages/safety",
            "/pain-finder/<region>": "/pain-finder/low-back",
            "/products/<slug>": "/products/ql-claw",
            "/products/<slug>/reviews": "/products/ql-claw/reviews",
            "/restock/<token>": f"/restock/{restock.token(waiting)}",
            "/reviews/<token>": f"/reviews/{reviews.token(bought.lines[0].id)}",
            "/reviews/no-requests/<token>": urlsplit(refusals.url(bought)).path,
            "/staff/shipping/<int:number>": f"/staff/shipping/{shipping.zones()[0].id}",
            "/staff/gallery/<int:product>": "/staff/gallery/1",
            "/staff/newsletters/<int:number>": f"/staff/newsletters/{issue.id}",
            "/staff/newsletters/<int:number>/html": f"/staff/newsletters/{issue.id}/html",
            "/staff/newsletters/<int:number>/send": f"/staff/newsletters/{issue.id}/send",
            "/staff/orders/<int:number>": f"/staff/orders/{order}",
            "/staff/orders/<int:number>/evidence.pdf": f"/staff/orders/{order}/evidence.pdf",
            "/staff/orders/slips.pdf": f"/staff/orders/slips.pdf?order={order}",
            "/staff/outbox/<int:number>": f"/staff/outbox/{delivery.id}",
            "/staff/outbox/<int:number>/html": f"/staff/outbox/{delivery.id}/html",
            "/staff/pages/<slug>": "/staff/pages/safety",
            "/staff/prices/<sku>": "/staff/prices/QL-CLAW",
            "/staff/promotions/<int:number>": f"/staff/promotions/{code.id}",
            "/staff/products/<int:number>": "/staff/products/1",
            "/staff/variants/<int:number>": "/staff/variants/1",
            "/staff/variants/new/<int:product>": "/staff/variants/new/1",
            "/staff/posts/<int:number>": "/staff/posts/1",
            "/staff/posts/copies/<key>": "/staff/posts/copies/a-key",
            "/staff/posts/<int:number>/preview": "/staff/posts/1/preview",
            "/staff/posts/<int:number>/revisions/<int:revision>": "/staff/posts/1/revisions/1",
            "/staff/segments/<int:number>": f"/staff/segments/{runners}",
            "/staff/sequences/<int:number>": f"/staff/sequences/{sequence.id}",
            "/staff/sequences/<int:number>/<int:position>/html": f"/staff/sequences/{sequence.id}/0/html",
            "/staff/sequences/<int:number>/edit": f"/staff/sequences/{sequence.id}/edit",
            "/staff/sequences/<int:number>/edit/<int:at>": f"/staff/sequences/{sequence.id}/edit/0",
            "/staff/sequences/<int:number>/edit/new": f"/staff/sequences/{sequence.id}/edit/new?kind=branch",
            "/staff/sequences/<int:number>/publish": f"/staff/sequences/{sequence.id}/publish",
            "/staff/sequences/<int:number>/settings": f"/staff/sequences/{sequence.id}/settings",
            "/staff/sequences/<int:number>/versions": f"/staff/sequences/{sequence.id}/versions",
            "/staff/sequences/<int:number>/flight": f"/staff/sequences/{sequence.id}/flight",
            "/staff/sequences/<int:number>/begin": f"/staff/sequences/{sequence.id}/begin?segment=",
            "/staff/sequences/<int:number>/yield": f"/staff/sequences/{sequence.id}/yield",
            "/staff/sequences/<int:number>/why": f"/staff/sequences/{sequence.id}/why?email={ben.email}",
            "/staff/subscribers/<int:number>": f"/staff/subscribers/{ben.id}",
            "/staff/subscribers/imports/<int:number>": f"/staff/subscribers/imports/{listed}",
            "/staff/subscribers/<int:number>/proof": f"/staff/subscribers/{ben.id}/proof",
            "/staff/subscribers/<int:number>/why": f"/staff/subscribers/{ben.id}/why",
            "/staff/subscribers/<int:number>/export": f"/staff/subscribers/{ben.id}/export",
        }


def _hold_out(sequence: Sequence, reader: Subscriber) -> None:
    """Let the page of a sequence have a part to compare."""
    with db.transaction() as session:
        session.execute(update(Sequence).values(held_out=10))
        enrolments.enrol(sequence.name, reader.id, occurrence="drawn")


@pytest.mark.one_database
def test_no_page_changes_the_database_when_it_is_opened(
    app: Flask, olivia: FlaskClient, addresses: dict[str, str]
) -> None:
    before = fingerprint()
    for rule in sorted(pages(app)):
        address = addresses.get(rule, rule)
        assert "<" not in address, f"{rule} needs a good address in this test"
        for ask in (olivia.get, olivia.head):
            status = ask(address).status_code
            assert status < 400, f"{address}: {status}"
        assert fingerprint() == before, f"opening {address} changed the database"


def test_a_change_would_be_seen(app: Flask) -> None:
    before = fingerprint()
    subscribers.subscribe("dan@example.com", source="test")
    assert fingerprint() != before


def pages(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.rule not in ELSEWHERE:
            yield rule.rule


def fingerprint() -> str:
    """A digest of every row of every table of ours."""
    digest = hashlib.sha256()
    with db.engine().connect() as connection:
        for table in db.Base.metadata.sorted_tables:
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(table)))
            digest.update(f"{table.name}{rows}".encode())
    return digest.hexdigest()
