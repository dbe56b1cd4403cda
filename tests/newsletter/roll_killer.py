"""Enters the roll of the shop in the environment, while each process that does so is killed."""

import os
import random
import signal
import time

from sqlalchemy import func, select

from core import db
from newsletter import dispatch, rolls
from newsletter.models import RollEntry
from wsgi import create_app

KILLS = 6
PORTION = 20


def main() -> None:
    """Kill one after the other once it has entered something, and let the last one end."""
    rolls.PORTION = PORTION
    with create_app().app_context():
        for _ in range(KILLS):
            before = _left()
            process = _start()
            while _left() == before:
                time.sleep(0.001)
            time.sleep(random.uniform(0, 0.02))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        os.waitpid(_start(), 0)


def _start() -> int:
    """A process that enters all; what its parent has open is not its own."""
    process = os.fork()
    if process == 0:
        db.engine().dispose(close=False)
        while dispatch.enter():
            pass
        os._exit(0)
    return process


def _left() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(RollEntry)) or 0


if __name__ == "__main__":
    main()
