"""Keeps what a worker holds its own, and tells it when that may have failed."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from core.mail import queue

log = logging.getLogger(__name__)


class Lease:
    """Until when a worker's group is surely its own, by its own clock.

    A third of the lease is left for the message that is on its way then. What ended stays ended
    for its group, since from then on another worker may have it, also where a later renewal works.
    """

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self.begin()

    def begin(self) -> None:
        """A new group is about to be begun, and has a lease of its own."""
        self._until = time.monotonic() + self._certain

    def renew(self) -> None:
        """Prolong it in the ledger."""
        asked = time.monotonic()
        queue.renew(self._worker)
        if self.holds():
            self._until = asked + self._certain

    def holds(self) -> bool:
        """Whether the group is still ours."""
        return time.monotonic() < self._until

    @property
    def _certain(self) -> float:
        return queue.LEASE.total_seconds() * 2 / 3


@contextmanager
def beating(worker: str) -> Iterator[Lease]:
    """Renew the worker's leases beside it, however long the mail server takes."""
    ended = threading.Event()
    lease = Lease(worker)

    def beat() -> None:
        while not ended.wait(queue.LEASE.total_seconds() / 4):
            try:
                lease.renew()
            except SQLAlchemyError:
                log.exception("the leases of %s could not be renewed", worker)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        ended.set()
        thread.join()
