"""What readers who agreed to it do with their letters, held in memory and written a little later.

A page that is opened writes nothing (RFC 9110, section 9.2.1), and waiting a little shows machines:
a scanner follows several links of a letter at once, and opens them as the letter arrives.
"""

import atexit
import logging
import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from weakref import WeakSet

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from core import clock, db
from core.mail.models import Delivery
from newsletter import noting
from newsletter.models import Subscriber

log = logging.getLogger(__name__)

AT_ONCE = timedelta(seconds=3)
"""Two links of a letter that are followed within this are followed by a machine."""
ON_ARRIVAL = timedelta(seconds=5)
"""What happens so soon after the letter was taken is a machine's doing."""
_SECONDS = 60
_MOST = 20_000  # deeds that one process holds

Deed = tuple[str, datetime]
"""The path that was followed, empty for an opening, and when."""


class Notebook:
    """What one process has seen and not yet written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deeds: dict[tuple[str, str], list[Deed]] = defaultdict(list)
        self._held = 0
        self._timer: threading.Timer | None = None
        self._database = db.engine()

    def hold(self, public_id: str, source: str, path: str) -> None:
        """Hold a deed until the next writing; beyond a great many they are let go."""
        with self._lock:
            if self._held < _MOST:
                self._deeds[public_id, source].append((path, clock.now()))
                self._held += 1
            if self._timer is None:
                self._timer = threading.Timer(_SECONDS, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write what people did; what machines did is let go."""
        with self._lock:
            deeds, self._deeds = self._deeds, defaultdict(list)
            self._held, self._timer = 0, None
        # Tests connect one database after another.
        if not deeds or db.engine() is not self._database:
            return
        for (public_id, source), done in deeds.items():
            try:
                _write(public_id, source, done)
            except SQLAlchemyError as error:
                log.warning("what a reader did with %s is not noted: %s", source, error)


def begin() -> Notebook:
    """A notebook for this process; what it still holds is written when the process ends."""
    notebook = Notebook()
    _notebooks.add(notebook)
    return notebook


_notebooks: WeakSet[Notebook] = WeakSet()  # what holds a notebook holds a database


@atexit.register
def _flush_all() -> None:
    for notebook in _notebooks:
        notebook.flush()


def of_people(deeds: Sequence[Deed], arrived_at: datetime | None) -> list[Deed]:
    """Those of a reader's deeds with one letter that a person may have done."""
    later = [d for d in deeds if arrived_at is None or d[1] >= arrived_at + ON_ARRIVAL]
    followed = sorted((deed for deed in later if deed[0]), key=lambda deed: deed[1])
    machine = {
        deed
        for one, next_one in pairwise(followed)
        if one[0] != next_one[0] and next_one[1] - one[1] <= AT_ONCE
        for deed in (one, next_one)
    }
    return [deed for deed in later if deed not in machine]


def _write(public_id: str, source: str, deeds: Sequence[Deed]) -> None:
    """A reader who took it back meanwhile, or a shop that turned it off, gets no row."""
    with db.transaction(shown=False) as session:
        agreed = select(Subscriber).where(Subscriber.public_id == public_id, noting.agreed())
        reader = session.scalar(agreed.with_for_update())
        if reader is None or not noting.is_on():
            return
        arrived_at = session.scalar(
            select(func.max(Delivery.settled_at)).where(
                Delivery.recipient == reader.email, Delivery.source == source
            )
        )
        for path, at in of_people(deeds, arrived_at):
            noting.note(reader.id, source, path, at)
