"""The shipped proof, in short: killed workers, cut connections, ended sessions, and nothing lost."""

from dataclasses import replace

import pytest
from flask import Flask

from core import config, db
from core.mail import ledger, proof
from core.mail.proof import Result
from core.mail.trouble import Server
from core.mailbox.server import Mailbox
from tests.core.mail.conftest import Write


@pytest.mark.slow
def test_nothing_is_lost_repeated_or_unknown(
    app: Flask, database_kind: str, migrated_url: str, mailbox: Mailbox, write: Write
) -> None:
    write("ada@example.com")
    shop = config.current().database_url
    url = migrated_url if database_kind == "postgresql" else None
    result = proof.prove(messages=600, workers=2, kills=3, database_url=url)
    assert (result.lost, result.repeated, result.unknown) == (0, 0, 0)
    assert (result.messages, result.kills) == (600, 3)
    # A worker killed between the refusal and its note asks again.
    assert result.refused >= 6
    assert bool(result.sessions_ended) is (database_kind == "postgresql")
    # The shop's own mail and database are as they were.
    assert str(config.current().database_url) == shop
    assert len(ledger.addressed_to("ada@example.com")) == 1
    assert mailbox.messages() == []
    db.engine().dispose()


def test_a_proof_that_fails_says_so() -> None:
    good = Result(
        messages=1, lost=0, repeated=0, unknown=0, kills=0, cut=0, deferred=0, refused=0,
        sessions_ended=0,
    )  # fmt: skip
    assert good.holds
    assert not replace(good, repeated=1).holds


def test_the_server_counts_what_it_took_twice() -> None:
    port = proof._free_ports()
    server = Server(smtp_port=port + 3, http_port=port + 2)
    server.accepted["<1@shop.example>"] += 2
    assert server.known(["<1@shop.example>", "<2@shop.example>"]) == ["<1@shop.example>"]
    server.stop()
