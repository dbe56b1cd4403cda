"""Enters the roll of the shop in the environment, while each process that does so is killed."""

import os
import random
import signal
import time

from core import db
from newsletter import dispatch, rolls
from wsgi import create_app

KILLS = 12
PORTION = 50


def main() -> None:
    """Kill one after the other in the midst of it, and let the last one end."""
    rolls.PORTION = PORTION
    with create_app().app_context():
        db.engine().dispose()
        for last in [False] * KILLS + [True]:
            process = os.fork()
            if process == 0:
                _enter()
            if not last:
                time.sleep(random.uniform(0.005, 0.06))
                os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _enter() -> None:
    while dispatch.enter():
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
