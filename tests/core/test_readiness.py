"""What `check` says about a launch, and how it ends."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from dns.resolver import Resolver
from flask import Flask

from core import backups, config, readiness, requirements, sender_dns, settings
from core.mail import dkim
from core.readiness import Finding, State
from core.sender_dns import Signer
from tests import samples
from tests.name_server import Zone, answering


@pytest.fixture
def resolver_of() -> Iterator[Callable[[Zone], Resolver]]:
    """Starts a name server for a zone of TXT records, and gives a resolver that asks it."""
    with ExitStack() as servers:
        yield lambda zone: servers.enter_context(answering(zone))


def states(findings: list[Finding]) -> dict[str, State]:
    return {finding.subject: finding.state for finding in findings}


def test_a_sender_with_spf_and_dmarc_is_ready_but_for_dkim_that_nobody_can_see(
    resolver_of: Callable[[Zone], Resolver],
) -> None:
    zone = {
        "ada.test": ["google-site-verification=1", "v=spf1 include:mail.test -all"],
        "_dmarc.ada.test": ["v=DMARC1; p=none"],
    }
    found = states(list(sender_dns.check("ada.test", resolver_of(zone))))
    assert found == {"SPF": State.OK, "DKIM": State.UNKNOWN, "DMARC": State.OK}


def test_a_sender_without_records_blocks(resolver_of: Callable[[Zone], Resolver]) -> None:
    found = states(list(sender_dns.check("ada.test", resolver_of({}))))
    assert found == {"SPF": State.BLOCKS, "DKIM": State.UNKNOWN, "DMARC": State.BLOCKS}


def test_two_spf_records_block(resolver_of: Callable[[Zone], Resolver]) -> None:
    zone = {"ada.test": ["v=spf1 -all", "v=spf1 +all"]}
    assert states(list(sender_dns.check("ada.test", resolver_of(zone))))["SPF"] is State.BLOCKS


def test_a_subdomain_has_its_parents_dmarc(resolver_of: Callable[[Zone], Resolver]) -> None:
    zone = {"_dmarc.ada.test": ["v=DMARC1; p=reject"]}
    found = states(list(sender_dns.check("news.ada.test", resolver_of(zone))))
    assert found["DMARC"] is State.OK


def test_dmarc_may_stand_at_any_domain_above(resolver_of: Callable[[Zone], Resolver]) -> None:
    zone = {"_dmarc.ada.co.test": ["v=DMARC1; p=none"]}
    found = states(list(sender_dns.check("a.news.ada.co.test", resolver_of(zone))))
    assert found["DMARC"] is State.OK


def rsa_record(bits: int = 2048) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return f"v=DKIM1; k=rsa; p={dkim.public_half(key)}"


OURS = dkim.public_half(ed25519.Ed25519PrivateKey.generate())


@pytest.mark.parametrize(
    ("texts", "signer", "state", "said"),
    [
        ([rsa_record()], Signer("s1", "ada.test"), State.OK, "holds the key"),
        ([rsa_record()], Signer("s1", "mail.ada.test"), State.OK, "holds the key"),
        ([f"v=DKIM1; k=ed25519; p={OURS}"], Signer("s1", "ada.test", OURS), State.OK, "holds"),
        ([], Signer("s1", "ada.test"), State.BLOCKS, "has no key"),
        (["v=DKIM1; p="], Signer("s1", "ada.test"), State.BLOCKS, "withdrawn"),
        (["k=rsa; p=!!"], Signer("s1", "ada.test"), State.BLOCKS, "no RSA key"),
        ([rsa_record(), rsa_record()], Signer("s1", "ada.test"), State.BLOCKS, "more than one"),
        ([rsa_record() + "; t=y:s"], Signer("s1", "ada.test"), State.BLOCKS, "tested"),
        ([rsa_record()], Signer("s1", "ada.test", OURS), State.BLOCKS, "another key"),
        ([rsa_record()], Signer("s1", "ada.test", ""), State.BLOCKS, "DKIM_KEY_FILE"),
        ([rsa_record()], Signer("s1", "mail-provider.test"), State.BLOCKS, "DMARC does not take"),
    ],
)
def test_the_key_of_a_signature_is_looked_at(
    resolver_of: Callable[[Zone], Resolver],
    texts: list[str],
    signer: Signer,
    state: State,
    said: str,
) -> None:
    found = sender_dns.check("ada.test", resolver_of({signer.record: texts}), signer=signer)
    (dkim_finding,) = (each for each in found if each.subject == "DKIM")
    assert dkim_finding.state is state
    assert said in dkim_finding.detail


SOURCE = """DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d=amazonses.com; s=x1; bh=a; b=b
DKIM-Signature: v=1; a=rsa-sha256; q=dns/txt;
 d=news.ada.test; s=k2._x; h=from:to; bh=dz=s; b=s=d
From: Ada <hello@ada.test>"""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (" k2 ", "k2"),
        ("k2._domainkey.ada.test.", "k2._domainkey.ada.test"),
        (SOURCE, "k2._x._domainkey.news.ada.test"),
        (SOURCE.replace("\n", " "), "k2._x._domainkey.news.ada.test"),
    ],
)
def test_a_selector_is_read_from_whatever_shows_it(text: str, read: str) -> None:
    assert sender_dns.read_selector(text, "ada.test") == read


@pytest.mark.parametrize("text", ["who knows?", "From: Ada", SOURCE.replace("ada.test", "b.test")])
def test_where_there_is_no_selector_it_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"no s(elector|ignature)"):
        sender_dns.read_selector(text, "ada.test")


def test_staff_tell_who_signs_where_the_shop_does_not(app: Flask) -> None:
    assert sender_dns.signer("ada.test") is None
    settings.change(dkim_selector="k2")
    assert sender_dns.signer("ada.test") == Signer("k2", "ada.test")
    settings.change(dkim_selector="k2._domainkey.news.ada.test")
    assert sender_dns.signer("ada.test") == Signer("k2", "news.ada.test")


def test_dns_that_does_not_answer_is_a_state_of_its_own() -> None:
    resolver = Resolver(configure=False)
    assert set(states(list(sender_dns.check("ada.test", resolver))).values()) == {State.UNKNOWN}


def test_the_sample_shop_is_not_ready(app: Flask) -> None:
    samples.fill()
    result = app.test_cli_runner().invoke(args=["check", "--json"])
    found = {each["subject"]: each["state"] for each in json.loads(result.output)}
    assert result.exit_code == 1
    for subject in ("SITE_URL", "SECRET_KEY", "Mail server", "Stripe key", "Webhook secret"):
        assert found[subject] == "blocks", subject
    for subject in ("Legal name", "Postal address", "Products", "Texts of the pages", "Staff"):
        assert found[subject] == "blocks", subject
    assert found["Stock"] == "ok"
    assert found["Pages"] == "ok"
    assert found["Pictures of products"] == "ok"
    assert found["Webhook"] == "warning"
    assert found["Backup"] == "warning"
    assert found["Sender's DNS"] == "unknown"


def test_what_was_done_no_longer_blocks(app: Flask, tmp_path: Path) -> None:
    settings.change(legal_name="Ada's Tools LLC", postal_address="1 Main Street\nSpringfield")
    backups.backup(tmp_path / "shop.zip")
    found = states(list(requirements.check()))
    assert found["Legal name"] is State.OK
    assert found["Postal address"] is State.OK
    assert found["Backup"] is State.OK


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, None),
        ({"server": "smtp.mail.test", "use_tls": True}, None),
        ({"server": "smtp.mail.test"}, State.WARNING),
        ({"server": "smtp.mail.test", "password": "secret"}, State.BLOCKS),
    ],
)
def test_mail_is_not_sent_in_the_open(
    app: Flask, changed: dict[str, Any], state: State | None
) -> None:
    ours = config.current()
    config.install(replace(ours, mail=replace(ours.mail, **changed)))
    assert states(list(requirements.check())).get("Mail in transit") is state
    config.install(ours)


def test_warnings_alone_do_not_block() -> None:
    assert not readiness.blocks([Finding("Backup", State.WARNING, "old")])
    assert readiness.blocks([Finding("SITE_URL", State.BLOCKS, "not HTTPS")])
