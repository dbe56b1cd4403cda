"""Segments: what their conditions say is what the database finds."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core import clock, db
from newsletter import conditions, dispatch, newsletters, progress, segments
from newsletter.conditions import (
    AskedOn,
    BadRule,
    Bought,
    CameFrom,
    Chose,
    Condition,
    Confirmed,
    Followed,
    Match,
    Opened,
    Rule,
    ShippedTo,
    Stage,
    Tagged,
    Term,
    Walked,
)
from newsletter.models import (
    Consent,
    ConsentEvent,
    Enrolment,
    Reading,
    Sequence,
    SequenceVersion,
    Standing,
    Subscriber,
    SubscriberArea,
    SubscriberTag,
    Walk,
)
from newsletter.segments import InUse
from shop.models import BOUGHT, Order, OrderLine, OrderState, Product, Variant
from tests.newsletter.conftest import Join

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAYS = [date(2026, 3, 1) + timedelta(days=day) for day in range(4)]
MOMENTS = [
    datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for day in DAYS for hour in (0, 12)
]
TAGS, SOURCES, COUNTRIES = ("runs", "100%_"), ("post", "checkout"), ("US", "DE")
PAGES = ("/blog/a", "/blog/a/b", "/finder", "/blog_a")
AREAS = ("low-back", "head-neck")
PATHS, TOOLS = ("welcome", "care"), (1, 2)


@dataclass(frozen=True)
class Purchase:
    """An order as the conditions see it."""

    state: OrderState
    paid_at: datetime
    country: str
    products: frozenset[int]
    shouted: bool
    """Whether its address came in capitals."""


@dataclass(frozen=True)
class Reader:
    """A subscriber as the conditions see them."""

    standing: Standing
    source: str
    confirmed_at: datetime | None
    tags: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    walks: dict[str, Walk] = field(default_factory=dict)
    orders: tuple[Purchase, ...] = ()
    areas: frozenset[str] = frozenset()
    noted: bool = False
    readings: frozenset[tuple[str, int]] = frozenset()
    """What they followed, or nothing for an opening, and how many days ago."""


def meets(reader: Reader, rule: Rule) -> bool:
    """The plain reading of a rule; of what readers read it knows nothing where they said no."""
    met = [
        holds(reader, term.condition) is term.holds
        and (reader.noted or not isinstance(term.condition, Followed | Opened))
        for term in rule.terms
    ]
    return all(met) if rule.match is Match.ALL else any(met)


def holds(reader: Reader, condition: Condition) -> bool:  # noqa: C901, PLR0911 - one for each kind
    match condition:
        case Chose(area):
            return area in reader.areas
        case Followed(days):
            return any(path and ago < days for path, ago in reader.readings)
        case Opened(days):
            return any(ago < days for _, ago in reader.readings)
        case Tagged(tag):
            return tag in reader.tags
        case CameFrom(source):
            return reader.source == source
        case AskedOn(page):
            return any(asked.startswith(page) for asked in reader.pages)
        case Confirmed(since, until):
            return reader.confirmed_at is not None and within(reader.confirmed_at, since, until)
        case Bought(product, since, until):
            return any(
                within(order.paid_at, since, until)
                and (product is None or product in order.products)
                for order in paid(reader)
            )
        case ShippedTo(country):
            return any(order.country == country for order in paid(reader))
        case Walked(sequence, Stage.BEGUN):
            return reader.walks.get(sequence, Walk.HELD_OUT) is not Walk.HELD_OUT
        case Walked(sequence, stage):
            return reader.walks.get(sequence) == Walk(stage.value)


def paid(reader: Reader) -> list[Purchase]:
    return [order for order in reader.orders if order.state in BOUGHT]


def within(moment: datetime, since: date | None, until: date | None) -> bool:
    return (since is None or since <= moment.date()) and (until is None or moment.date() <= until)


def some(values: tuple[str, ...] | tuple[int, ...]) -> st.SearchStrategy[frozenset[object]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


DAY = st.none() | st.sampled_from(DAYS)
PURCHASES = st.builds(
    Purchase,
    state=st.sampled_from((OrderState.PAID, OrderState.PLACED, OrderState.REFUNDED)),
    paid_at=st.sampled_from(MOMENTS),
    country=st.sampled_from(COUNTRIES),
    products=some(TOOLS),
    shouted=st.booleans(),
)
READERS = st.builds(
    Reader,
    standing=st.sampled_from((Standing.CONFIRMED, Standing.CONFIRMED, Standing.UNSUBSCRIBED)),
    source=st.sampled_from(SOURCES),
    confirmed_at=st.none() | st.sampled_from(MOMENTS),
    tags=some(TAGS),
    pages=some(PAGES),
    walks=st.dictionaries(st.sampled_from(PATHS), st.sampled_from(list(Walk)), max_size=2),
    orders=st.lists(PURCHASES, max_size=2).map(tuple),
    areas=some(AREAS),
    noted=st.booleans(),
    readings=st.frozensets(
        st.tuples(st.sampled_from(("", "/blog/a")), st.sampled_from((1, 40))), max_size=2
    ),
)
CONDITIONS = st.one_of(
    st.builds(Tagged, st.sampled_from((*TAGS, "100%__", "none"))),
    st.builds(CameFrom, st.sampled_from(SOURCES)),
    st.builds(AskedOn, st.sampled_from((*PAGES, "/", "%", "/blog"))),
    st.builds(Confirmed, DAY, DAY),
    st.builds(Bought, st.none() | st.sampled_from(TOOLS), DAY, DAY),
    st.builds(ShippedTo, st.sampled_from(COUNTRIES)),
    st.builds(Chose, st.sampled_from(AREAS)),
    st.builds(Followed, st.sampled_from((30, 90))),
    st.builds(Opened, st.sampled_from((30, 90))),
    st.builds(Walked, st.sampled_from((*PATHS, "none")), st.sampled_from(list(Stage))),
)
RULES = st.builds(
    Rule,
    st.lists(st.builds(Term, CONDITIONS, st.booleans()), min_size=1, max_size=4).map(tuple),
    st.sampled_from(list(Match)),
)


@given(audience=st.lists(READERS, max_size=6), rules=st.lists(RULES, min_size=1, max_size=6))
@settings(max_examples=20)
def test_the_database_finds_whom_a_plain_reading_finds(
    app: Flask, audience: list[Reader], rules: list[Rule]
) -> None:
    with for_a_moment(audience) as numbers:
        for rule in rules:
            people = select(Subscriber.id).where(segments.meant(rule))
            assert set(db.session().scalars(people)) == {
                number
                for number, reader in zip(numbers, audience, strict=True)
                if reader.standing is Standing.CONFIRMED and meets(reader, rule)
            }
        counted = [segments.count(segments.meant(rule)) for rule in rules]
        assert segments.sizes(rules) == counted


@given(rule=RULES)
@settings(max_examples=50)
def test_a_rule_comes_back_from_json_as_it_was(rule: Rule) -> None:
    written = conditions.write(rule)
    for term in rule.terms:
        since, until = (
            getattr(term.condition, "since", None),
            getattr(term.condition, "until", None),
        )
        if since and until and since > until:
            with pytest.raises(BadRule, match="before the first"):
                conditions.read(written)
            return
    assert conditions.read(written) == rule


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"match": "all", "terms": []},
        {"match": "most", "terms": [{"kind": "tagged", "holds": "yes", "tag": "runs"}]},
        {"match": "all", "terms": [{"kind": "tagged", "holds": "yes"}]},
        {"match": "all", "terms": [{"kind": "tagged", "holds": "maybe", "tag": "runs"}]},
        {"match": "all", "terms": [{"kind": "tagged", "holds": "yes", "tag": "a", "sql": "1=1"}]},
        {"match": "all", "terms": [{"kind": "sql", "holds": "yes", "text": "1=1"}]},
        {"match": "all", "terms": [{"kind": "bought", "holds": "yes", "product": "1 OR 1"}]},
        {"match": "all", "terms": [{"kind": "bought", "holds": "yes", "since": "yesterday"}]},
        {"match": "all", "terms": [{"kind": "walked", "holds": "yes", "sequence": "welcome"}]},
        {"match": "all", "terms": [{"kind": "tagged", "holds": "yes", "tag": "x" * 201}]},
        {"match": "all", "terms": [{"kind": "tagged", "holds": "yes", "tag": "x"}] * 21},
    ],
)
def test_what_is_no_rule_is_refused(stored: dict[str, object]) -> None:
    with pytest.raises(BadRule):
        conditions.read(stored)


def test_a_newsletter_goes_to_its_segment_as_it_is_at_that_moment(app: Flask, join: Join) -> None:
    ada, ben = join("ada@example.com"), join("ben@example.com")
    number = segments.save("Runners", Rule((Term(Tagged("runs")),)))
    issue = newsletters.draft("Shoes", "Hello.", preheader="Run.", segment="Runners")
    segments.tag(ada.id, "runs")
    segments.save("People who run", Rule((Term(Tagged("runs"), holds=False),)), number=number)
    dispatch.send(issue)
    assert newsletters.find(issue).segment == "People who run"
    assert progress.status(issue).audience == 1
    assert segments.count(Subscriber.id == ben.id) == 1


def test_a_segment_of_a_coming_issue_cannot_be_removed(app: Flask, join: Join) -> None:
    join("ada@example.com")
    number = segments.save("Everyone else", Rule((Term(Tagged("runs"), holds=False),)))
    issue = newsletters.draft("Shoes", "Hello.", preheader="Run.", segment="Everyone else")
    with pytest.raises(InUse, match="Shoes"):
        segments.remove(number)
    dispatch.send(issue)
    segments.remove(number)
    assert newsletters.find(issue).segment == "Everyone else"
    assert segments.every() == []


def test_no_two_segments_have_one_name_and_no_issue_a_segment_that_is_none(app: Flask) -> None:
    rule = Rule((Term(Tagged("runs")),))
    segments.save("Runners", rule)
    with pytest.raises(BadRule, match="of that name"):
        segments.save(" Runners ", rule)
    with pytest.raises(LookupError, match="Swimmers"):
        newsletters.draft("Water", "Hello.", segment="Swimmers")


class _TakeBack(Exception):
    """Ends a transaction that is to leave nothing."""


@contextmanager
def for_a_moment(audience: list[Reader]) -> Iterator[list[int]]:
    """These people on the list, gone afterwards; their numbers."""
    with suppress(_TakeBack), db.transaction():
        _add_what_there_is()
        yield [_add(number, reader) for number, reader in enumerate(audience, start=1)]
        raise _TakeBack


def _add_what_there_is() -> None:
    session = db.session()
    for number in TOOLS:
        session.add(
            Product(
                id=number,
                slug=f"tool-{number}",
                title=f"Tool {number}",
                summary="",
                body="",
                html="",
                details={},
                sample=True,
                published=True,
                created_at=NOON,
                updated_at=NOON,
            )
        )
        session.flush()
        session.add(
            Variant(
                id=number,
                product_id=number,
                sku=f"T-{number}",
                title="",
                position=0,
                on_sale=True,
                options=[],
            )
        )
    for number, name in enumerate(PATHS, start=1):
        session.add(Sequence(id=number, name=name, title=name, active=True, created_at=NOON))
        session.flush()
        session.add(
            SequenceVersion(id=number, sequence_id=number, number=1, steps=[], created_at=NOON)
        )
    session.flush()


def _add(number: int, reader: Reader) -> int:
    session = db.session()
    session.add(
        Subscriber(
            id=number,
            public_id=str(number),
            email=f"r{number}@example.com",
            address_hash=str(number),
            standing=reader.standing,
            source=reader.source,
            created_at=NOON,
            confirmed_at=reader.confirmed_at,
            noted_since=NOON if reader.noted else None,
        )
    )
    session.flush()
    session.add_all(SubscriberArea(subscriber_id=number, area=area) for area in reader.areas)
    session.add_all(
        Reading(
            subscriber_id=number,
            source=f"newsletter:{ago}",
            path=path,
            at=clock.now() - timedelta(days=ago),
        )
        for path, ago in reader.readings
    )
    session.add_all(SubscriberTag(subscriber_id=number, name=tag) for tag in reader.tags)
    session.add_all(_asked(number, count, page) for count, page in enumerate(reader.pages))
    session.add_all(_walk(number, path, state) for path, state in reader.walks.items())
    for order in reader.orders:
        _add_order(number, order)
    session.flush()
    return number


def _asked(number: int, count: int, page: str) -> Consent:
    return Consent(
        subscriber_id=number,
        number=count,
        event=ConsentEvent.REQUESTED,
        basis="",
        wording="",
        wording_version="",
        page=page,
        method="form",
        at=NOON,
        previous_hash="",
        hash="",
    )


def _walk(number: int, path: str, state: Walk) -> Enrolment:
    which = PATHS.index(path) + 1
    return Enrolment(
        sequence_id=which,
        version_id=which,
        subscriber_id=number,
        occurrence="once",
        due_at=NOON,
        reached_at=NOON,
        state=state,
        created_at=NOON,
    )


_order_numbers = itertools.count(1)


def _add_order(number: int, bought: Purchase) -> None:
    email = f"r{number}@example.com"
    amounts = ("goods", "shipping", "discount", "tax", "total", "refunded")
    order = Order(
        token=str(next(_order_numbers)),
        state=bought.state,
        currency="USD",
        **{f"{amount}_amount": 0 for amount in amounts},
        email=email.upper() if bought.shouted else email,
        country=bought.country,
        shipping_title="",
        days_min=1,
        days_max=2,
        marketing_consent=False,
        attempt=1,
        placed_at=NOON,
        expires_at=NOON,
        paid_at=bought.paid_at,
    )
    order.lines = [
        OrderLine(
            position=position, variant_id=product, sku="T", title="T", unit_amount=1, quantity=1
        )
        for position, product in enumerate(bought.products)
    ]
    db.session().add(order)
