"""Commands that every shop has, whatever it sells."""

import json
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from subprocess import CalledProcessError
from typing import BinaryIO

import click
from sqlalchemy.exc import SQLAlchemyError

from core import backups, cluster, jobs, readiness, schema
from core.cluster import Cluster
from core.mail import bounces, ledger, notices, proof, sending, stops
from core.mail.models import Cause

log = logging.getLogger(__name__)

_OWN = "own"
"""What `--database` says for a PostgreSQL server that the proof makes, and may restart."""
_LOOK = 5  # seconds between two looks for mail that nobody rang for


@click.command()
@click.option("--threads", default=2, show_default=True, help="Jobs at the same time.")
@click.option("--haste", default=1.0, help="Divide leases and waits by this; for proofs only.")
def worker(threads: int, haste: float) -> None:
    """Do jobs and send mail until SIGTERM or Ctrl-C; any number of workers may run."""
    sending.hasten(haste)
    consumer = jobs.consumer(threads)
    consumer.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sending.stopping.set())
    while not sending.stopping.wait(_LOOK / haste):
        try:
            sending.watch()
        except SQLAlchemyError as error:
            log.warning("the database is away: %s", error)
    consumer.stop(graceful=True)


@click.group()
def mail() -> None:
    """Hold mail, release it, take in notices of bounces, prove that none is lost."""


@mail.command()
@click.option("--reason", default="staff hold all mail", show_default=True)
def hold(reason: str) -> None:
    """Send nothing until `mail release`."""
    stops.stop(Cause.HOLD, reason)
    click.echo("All mail is held.")


@mail.command()
def release() -> None:
    """Let mail go on, whatever stopped it."""
    click.echo(f"{stops.resume()} stops lifted.")


@mail.command()
def status() -> None:
    """Say what waits and what is stopped."""
    click.echo(f"{ledger.backlog()} messages are due and not sent.")
    for stop in stops.current():
        click.echo(f"stopped since {stop.since:%Y-%m-%d %H:%M} UTC ({stop.cause}): {stop.reason}")


@mail.command()
@click.argument("message", type=click.File("rb"), default="-")
def bounce(message: BinaryIO) -> None:
    """Take in a notice of a bounce or a complaint from MESSAGE, or from standard input."""
    click.echo(f"{bounces.take(notices.read(message.read()))} new notices")


@mail.command()
@click.option("--messages", default=5000, show_default=True)
@click.option("--workers", default=4, show_default=True)
@click.option("--kills", default=12, show_default=True, help="Workers that are killed on the way.")
@click.option(
    "--database", help="A postgresql:// address, or own for a server that is made and restarted."
)
def prove(messages: int, workers: int, kills: int, database: str | None) -> None:
    """Prove that no mail is lost or repeated, on a database and a mail server of its own."""
    with _own_database(database) as chosen:
        result = proof.prove(messages=messages, workers=workers, kills=kills, database=chosen)
    disturbed = f"{result.sessions_ended} database sessions ended"
    if result.restarts:
        disturbed = f"the database server restarted {result.restarts} times"
    click.echo(
        f"{result.messages} messages, {result.merged} of them within others, {workers} workers, "
        f"{result.kills} killed, {result.cut} connections cut, {disturbed}, "
        f"{result.deferred} deferred, {result.refused} refused"
    )
    click.echo(f"lost, repeated, unknown: {result.lost}, {result.repeated}, {result.unknown}")
    if not result.holds:
        click.get_current_context().exit(1)


@contextmanager
def _own_database(named: str | None) -> Iterator[str | Cluster | None]:
    """What `--database` means to a proof, and an answer where that cannot be had."""
    if named is None or named.startswith("postgresql://"):
        yield named
        return
    if named != _OWN:
        raise click.ClickException(f"--database takes postgresql://… or {_OWN}, not {named!r}")
    programs = cluster.find()
    if programs is None:
        raise click.ClickException("this machine has no programs of a PostgreSQL server")
    try:
        with cluster.running(programs) as server:
            yield server
    except CalledProcessError as error:
        raise click.ClickException(f"PostgreSQL does not run here: {error}") from error


@click.command()
def migrate() -> None:
    """Bring the database to the state that this version expects."""
    schema.upgrade()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write what the shop cannot make again into FILE, a ZIP archive, while the shop runs.

    It holds customers' data and the generated secret key: only its owner may read it.
    """
    try:
        manifest = backups.backup(file)
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
    rows = sum(manifest.tables.values())
    click.echo(f"{file}: {rows} rows of {len(manifest.tables)} tables, {len(manifest.files)} files")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def check(*, as_json: bool) -> None:
    """Say what a launch still needs; exit status 1 while something blocks it."""
    findings = readiness.examine()
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.state:<9}{finding.subject}: {finding.detail}")
    if readiness.blocks(findings):
        click.get_current_context().exit(1)
