"""The form's gate: dead and throw-away addresses are named, and slow DNS stops nobody."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from dns.resolver import NXDOMAIN, LifetimeTimeout, NoAnswer
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from core import clock, db
from core.mail.addresses import InvalidAddress
from core.mail.models import Delivery
from newsletter import gate, subscribers, typos
from newsletter.gate import Domains
from tests.newsletter.conftest import Join, mail_to

pytestmark = pytest.mark.one_database


# dnspython's exceptions say nothing of their types.
SLOW: Any = LifetimeTimeout
UNKNOWN: Any = NXDOMAIN
EMPTY: Any = NoAnswer


def answering(what: object) -> Mock:
    """A resolver, the other side of which is no machine of ours."""
    return Mock(resolve=Mock(side_effect=what if callable(what) else [what]))


def exchange(*names: str) -> list[Mock]:
    return [Mock(exchange=name) for name in names]


@pytest.mark.parametrize(
    ("answer", "taken"),
    [
        (exchange("mx.there.net."), True),
        (exchange("."), False),
        (UNKNOWN(), False),
        (SLOW(timeout=1, errors=[]), True),
        (OSError("no network"), True),
    ],
)
def test_a_domain_takes_mail_unless_dns_says_it_does_not(
    app: Flask,
    answer: object,
    taken: bool,  # noqa: FBT001 - a parameter
) -> None:
    assert Domains(answering(answer)).take_mail("there.net") is taken


@pytest.mark.parametrize(("rrset", "taken"), [(["192.0.2.1"], True), (None, False)])
def test_without_mx_the_domain_s_own_address_counts(
    app: Flask,
    rrset: list[str] | None,
    taken: bool,  # noqa: FBT001 - a parameter
) -> None:
    found = Mock(rrset=rrset)
    resolver = Mock(resolve=Mock(side_effect=[EMPTY(response=Mock()), found, found]))
    assert Domains(resolver).take_mail("there.net") is taken


def test_slow_dns_is_asked_once_a_minute(app: Flask) -> None:
    resolver = answering(lambda *_, **__: (_ for _ in ()).throw(SLOW(timeout=1, errors=[])))
    domains = Domains(resolver)
    with time_machine.travel(clock.now(), tick=False) as machine:
        for _ in range(5):
            assert domains.take_mail("there.net")
        assert resolver.resolve.call_count == 1
        assert resolver.resolve.call_args.kwargs["lifetime"] == gate.PATIENCE
        machine.shift(timedelta(minutes=2))
        domains.take_mail("there.net")
        assert resolver.resolve.call_count == 2


def test_a_slip_is_named_where_its_domain_takes_no_mail(app: Flask) -> None:
    with pytest.raises(InvalidAddress, match=r"Did you mean ada@gmail\.com"):
        gate.check("ada@gmaill.com", Domains(answering(UNKNOWN())))


@pytest.mark.parametrize("domain", ["mailinator.com", "ada.mailinator.com", "yopmail.com"])
def test_throw_away_addresses_are_refused_at_the_field(
    visitor: FlaskClient, app: Flask, domain: str
) -> None:
    answer = visitor.post("/newsletter/subscribe", data={"email": f"ada@{domain}"})
    assert answer.status_code == 400
    assert "Please enter one that you keep." in answer.text
    assert f'value="ada@{domain}"' in answer.text
    assert mail_to(f"ada@{domain}") == []


def test_large_providers_are_never_asked_about(app: Flask) -> None:
    for provider in typos.PROVIDERS:
        gate.check(f"ada@{provider}", Domains(answering(AssertionError("asked"))))


def test_beyond_an_hour_s_measure_confirmations_wait_their_turn(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribers, "AN_HOUR_S_CONFIRMATIONS", 2)
    for number in range(5):
        subscribers.subscribe(f"reader{number}@example.com", source="post")
    with db.reading() as session:
        due = session.scalars(select(Delivery.due_at).order_by(Delivery.id)).all()
    waits = [round((each - clock.now()).total_seconds() / 1800) for each in due]
    assert waits == [0, 0, 1, 2, 3]


def test_whoever_asks_a_row_is_written_so_that_time_tells_nothing(app: Flask, join: Join) -> None:
    join("ada@example.com")
    subscribers.unsubscribe(join("ben@example.com").public_id, method="button")
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        for address in ("ada@example.com", "ben@example.com", "new@example.com"):
            before = rows()
            subscribers.subscribe(address, source="post")
            assert rows() == before + 1, address
            subscribers.subscribe(address, source="post")


def rows() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Delivery)) or 0
