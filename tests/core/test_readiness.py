"""What `check` says about a launch, and how it ends."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest
from dns.resolver import Resolver
from flask import Flask

from core import backups, readiness, requirements, sender_dns, settings
from core.readiness import Finding, State
from tests import samples

Zone = dict[str, list[str]]


@pytest.fixture
def resolver_of() -> Iterator[Callable[[Zone], Resolver]]:
    """Starts a name server for a zone of TXT records, and gives a resolver that asks it."""
    sockets: list[socket.socket] = []

    def start(zone: Zone) -> Resolver:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        sockets.append(server)
        threading.Thread(target=_serve, args=(server, zone), daemon=True).start()
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        return resolver

    yield start
    for server in sockets:
        server.close()


def _serve(server: socket.socket, zone: Zone) -> None:
    while True:
        try:
            packet, sender = server.recvfrom(4096)
        except OSError:
            return
        question = dns.message.from_wire(packet)
        name = question.question[0].name
        answer = dns.message.make_response(question)
        if texts := zone.get(name.to_text(omit_final_dot=True)):
            quoted = [f'"{text}"' for text in texts]
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *quoted))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), sender)


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


def test_warnings_alone_do_not_block() -> None:
    assert not readiness.blocks([Finding("Backup", State.WARNING, "old")])
    assert readiness.blocks([Finding("SITE_URL", State.BLOCKS, "not HTTPS")])
