"""Commands that every shop has, whatever it sells."""

import signal

import click

from core import jobs, schema
from core.mail import sending

_LOOK = 5  # seconds between two looks for mail that nobody rang for


@click.command()
@click.option("--threads", default=2, show_default=True, help="Jobs at the same time.")
def worker(threads: int) -> None:
    """Do jobs and send mail until SIGTERM or Ctrl-C; any number of workers may run."""
    consumer = jobs.consumer(threads)
    consumer.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sending.stopping.set())
    while not sending.stopping.wait(_LOOK):
        sending.watch()
    consumer.stop(graceful=True)


@click.command()
def migrate() -> None:
    """Bring the database to the state that this version expects."""
    schema.upgrade()
