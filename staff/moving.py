"""Moving in: what another shop exported, read by whichever package it concerns.

Nothing is asked of other machines, nobody is written to, and no sequence begins.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from blog import shopify as articles
from blog import shopify_addresses
from core import arrivals, db, tables
from core.arrivals import Tally
from core.tables import Row
from newsletter import shopify as customers
from shop import shopify as goods
from shop import shopify_orders as past_orders


class NothingToRead(ValueError):
    """The folder holds no table that we know."""


@dataclass(frozen=True)
class _Kind:
    """A kind of table: the columns that give it away, and who reads such tables.

    `read` answers with what is left to do once everything is here, if anything.
    """

    what: str
    marks: tuple[frozenset[str], ...]
    read: Callable[[Sequence[Path], Tally], Callable[[], None] | None]


class _DryRun(Exception):
    """Takes back what a dry run wrote."""


def move_in(folder: Path, *, dry_run: bool = False) -> list[Tally]:
    """Read all that a Shopify shop exported into `folder`, and say what became of it.

    Files are known by their columns, whatever they are called. What came before and is told as it
    was stays as it is here. Each kind is committed by itself; a dry run takes everything back.
    Raises `NothingToRead`, and `OSError` for a file that cannot be opened.
    """
    files = _sorted_by_kind(folder)
    tallies = [Tally(what=what) for what in files]
    with _taken_back() if dry_run else nullcontext():
        with db.transaction():
            shopify_addresses.lead_usual_on()
        left = []
        for kind, tally in zip(_KINDS, tallies, strict=True):
            with db.transaction():
                left.append(kind.read(files[kind.what], tally))
        with db.transaction():
            for deed in filter(None, left):
                deed()
    return [tally for tally in tallies if files[tally.what]]


@contextmanager
def _taken_back() -> Iterator[None]:
    with suppress(_DryRun), db.transaction():
        yield
        raise _DryRun


def _sorted_by_kind(folder: Path) -> dict[str, list[Path]]:
    files: dict[str, list[Path]] = {kind.what: [] for kind in _KINDS}
    for path in sorted(filter(Path.is_file, folder.glob("*.[cC][sS][vV]"))):
        held = tables.columns(path)
        kind = next((k for k in _KINDS if any(marks <= held for marks in k.marks)), None)
        if kind is not None:
            files[kind.what].append(path)
    if not any(files.values()):
        raise NothingToRead(f"{folder} holds no CSV file that Shopify exports")
    return files


def _rows(files: Sequence[Path]) -> Iterator[Row]:
    for path in files:
        yield from tables.read(path)


def _read_products(files: Sequence[Path], tally: Tally) -> None:
    things = tables.gathered(_rows(files), lambda row: row.text(*goods.HANDLE))
    arrivals.take(tally, things, partial(goods.take, tally=tally))


def _read_customers(files: Sequence[Path], tally: Tally) -> None:
    for path in files:
        exported_at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
        one_by_one = ([row] for row in tables.read(path))
        arrivals.take(tally, one_by_one, partial(customers.take, exported_at=exported_at))


def _read_orders(files: Sequence[Path], tally: Tally) -> None:
    """The oldest come first, since lists show the last that came on top."""
    things = tables.gathered(_rows(files), lambda row: row.text(*past_orders.NUMBER))
    arrivals.take(tally, sorted(things, key=past_orders.placed), past_orders.take)


def _read_articles(files: Sequence[Path], tally: Tally) -> Callable[[], None]:
    """They are published last, since they lead to each other and to whatever else came."""
    ready: list[articles.Readable] = []
    things = tables.gathered(_rows(files), articles.name)
    arrivals.take(tally, things, partial(articles.take, tally=tally, ready=ready))
    return partial(articles.publish, ready, tally)


def _read_redirects(files: Sequence[Path], tally: Tally) -> None:
    """Those that lead to others come after them, whatever their order."""
    waiting = [[row] for row in _rows(files)]
    ready = waiting
    while ready:
        ready, waiting = _parted(waiting)
        arrivals.take(tally, ready, shopify_addresses.take)
    arrivals.take(tally, waiting, shopify_addresses.take)


def _parted(waiting: Sequence[list[Row]]) -> tuple[list[list[Row]], list[list[Row]]]:
    leads = [shopify_addresses.leads(rows[0]) for rows in waiting]
    ready = [rows for rows, now in zip(waiting, leads, strict=True) if now]
    return ready, [rows for rows, now in zip(waiting, leads, strict=True) if not now]


_KINDS = (
    _Kind(
        "products",
        (frozenset({"handle", "variant price"}), frozenset({"url handle", "price"})),
        _read_products,
    ),
    _Kind(
        "customers",
        (
            frozenset({"email", "accepts email marketing"}),
            frozenset({"email", "first name", "accepts marketing"}),
        ),
        _read_customers,
    ),
    _Kind("orders", (frozenset({"name", "financial status", "lineitem name"}),), _read_orders),
    _Kind("articles", (frozenset({"handle", "body html", "blog: handle"}),), _read_articles),
    _Kind(
        "redirects",
        (frozenset({"redirect from", "redirect to"}), frozenset({"path", "target"})),
        _read_redirects,
    ),
)
