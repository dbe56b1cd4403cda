"""What readers who agreed to it do with their letters, held in memory and written a little later.

A page that is opened writes nothing (RFC 9110, section 9.2.1), and waiting a little shows machines:
a scanner follows several links of a letter at once, and opens them as the letter arrives.
"""

import atexit
import logging
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from weakref import WeakSet

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from core import clock, db
from core.mail.models import Delivery
from newsletter import noting
from newsletter.models import Subscriber

log = logging.getLogger(__name__)

AT_ONCE = timedelta(seconds=3)
"""Two links that one reader follows within this are followed by a machine, also where they are of
different letters: several may have gone as one message."""
ON_ARRIVAL = timedelta(seconds=5)
"""What happens so soon after the letter was taken is a machine's doing."""
_SECONDS = 60
_MOST = 20_000  # deeds that one process holds


class Deed(NamedTuple):
    """What was done with a letter: the path that was followed, empty for an opening, and when."""

    source: str
    path: str
    at: datetime


class Notebook:
    """What one process has seen and not yet written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deeds: dict[str, list[Deed]] = defaultdict(list)
        self._held = 0
        self._timer: threading.Timer | None = None
        self._database = db.engine()

    def hold(self, public_id: str, source: str, path: str) -> None:
        """Hold a deed until the next writing; beyond a great many they are let go."""
        with self._lock:
            if self._held < _MOST:
                self._deeds[public_id].append(Deed(source, path, clock.now()))
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
        for public_id, done in deeds.items():
            try:
                _write(public_id, done)
            except SQLAlchemyError as error:
                log.warning("what a reader did with letters is not noted: %s", error)


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


def of_people(deeds: Sequence[Deed], arrived: Mapping[str, datetime]) -> list[Deed]:
    """Those of a reader's deeds that a person may have done; letters came when `arrived` says."""
    later = [
        deed
        for deed in deeds
        if deed.source not in arrived or deed.at >= arrived[deed.source] + ON_ARRIVAL
    ]
    followed = sorted((deed for deed in later if deed.path), key=lambda deed: deed.at)
    machine = {
        deed
        for one, next_one in pairwise(followed)
        if one[:2] != next_one[:2] and next_one.at - one.at <= AT_ONCE
        for deed in (one, next_one)
    }
    return [deed for deed in later if deed not in machine]


def _write(public_id: str, deeds: Sequence[Deed]) -> None:
    """A reader who took it back meanwhile, or a shop that turned it off, gets no row."""
    with db.transaction(shown=False) as session:
        agreed = select(Subscriber).where(Subscriber.public_id == public_id, noting.agreed())
        reader = session.scalar(agreed.with_for_update())
        if reader is None or not noting.is_on():
            return
        arrivals = (
            select(Delivery.source, func.max(Delivery.settled_at))
            .where(
                Delivery.recipient == reader.email,
                Delivery.source.in_({deed.source for deed in deeds}),
            )
            .group_by(Delivery.source)
        )
        arrived = {source: at for source, at in session.execute(arrivals) if at is not None}
        for deed in of_people(deeds, arrived):
            noting.note(reader.id, *deed)
