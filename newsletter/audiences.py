"""Who flies: everybody on the list, or made-up readers; those who are alike stand together.

A flight itself is in `newsletter.flights`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, String, case, cast, func, literal, select

from core import db
from newsletter import lots, offers, other_mail, predicates
from newsletter.conditions import Rule
from newsletter.mailboxes import UNCAPPED, Caps
from newsletter.models import Standing, Subscriber, Suppression
from newsletter.other_mail import Found, Issue
from newsletter.steps import Branch, Goal, Step

_Kind = TypeVar("_Kind")
HELD_OUT = "held out by lot"
"""Why somebody gets nothing of a sequence that leaves a part of its readers out."""
MOST = 1_000_000
"""Made-up readers of one flight."""
SAMPLE = 100_000
"""Readers of whom it is asked what else goes to them; of a longer list one stands for several."""
SPREAD = timedelta(days=30)
"""Over which made-up readers begin, as many each hour."""
_ZONES = {
    "America/New_York": 0.42,
    "America/Chicago": 0.2,
    "America/Denver": 0.06,
    "America/Los_Angeles": 0.2,
    "Europe/London": 0.07,
    "Europe/Berlin": 0.05,
}
"""Where made-up readers live: a guess at the readers of a shop in the United States."""
_PACES = {2: 0.85, 4: 0.05, 7: 0.07, 14: 0.03}
"""How many letters made-up readers want: a guess; most leave the pace as it was."""


class Reader(NamedTuple):
    """What decides a reader's way: clock, pace, and the steps of which they meet what is asked.

    An offer asks whether they have bought.

    `meets` is None for made-up readers, half of whom meet it at each. `issues` are the scheduled
    newsletters that go to them too, and `other` is what else went or goes to their mailbox.
    """

    timezone: str
    pace_days: int
    paused_until: datetime | None = None
    meets: frozenset[int] | None = frozenset()
    issues: tuple[tuple[str, datetime], ...] = ()
    other: Found = other_mail.NOTHING


def made_up(count: int, issues: Sequence[Issue] = ()) -> dict[Reader, int]:
    """So many readers who are not real; newsletters to everybody go to them too."""
    to_all = [issue for issue in issues if issue.segment is None]
    kinds = {
        Reader(
            zone,
            pace,
            meets=None,
            issues=tuple((issue.subject, issue.moment(zone)) for issue in to_all),
        ): of_zone * of_pace
        for (zone, of_zone), (pace, of_pace) in product(_ZONES.items(), _PACES.items())
    }
    return dict(parted(count, kinds))


def one_in() -> int:
    """How many of the list one stands for, where what else goes to each is asked for."""
    with db.reading() as session:
        last = session.scalar(select(func.max(Subscriber.id))) or 0
    return 1 + last // SAMPLE


def spread(begin: datetime) -> dict[datetime, float]:
    """The hours in which made-up readers begin, with equal shares."""
    hours = int(SPREAD / timedelta(hours=1))
    return {begin + timedelta(hours=hour): 1 / hours for hour in range(hours)}


def on_list(
    walked: Sequence[Step],
    sequence_id: int,
    issues: Sequence[Issue] = (),
    *,
    capped: Caps = UNCAPPED,
    one_in: int = 1,
    only: str | None = None,
    held_out: int = 0,
) -> tuple[dict[Reader, int], Counter[str]]:
    """Everybody on the list, those who are alike together; and who is not, by reason.

    Where there is a cap, with what else goes to them; `one_in` so many then stands for all of
    these. `only` is the address of one who is meant. `held_out` percent get nothing, by lot.
    """
    asking = [at for at, step in enumerate(walked) if _asked(step) is not None]
    met = [case((_meets(walked[at]), at), else_=-1).label(f"meets_{at}") for at in asking]
    reached = [
        case((each.reaches(), at), else_=-1).label(f"gets_{at}") for at, each in enumerate(issues)
    ]
    drawn = [(lots.is_held_out(Subscriber.id, sequence_id, held_out), literal(HELD_OUT))]
    why_not = case(
        (Suppression.reason.is_not(None), literal("suppressed: ") + Suppression.reason),
        (Subscriber.standing != Standing.CONFIRMED, cast(Subscriber.standing, String)),
        *(drawn if held_out else ()),
    )
    clock_of_theirs = Subscriber.timezone, Subscriber.pace_days, Subscriber.paused_until
    # Each person in a row first: PostgreSQL groups by columns, not by expressions with parameters.
    each = select(*clock_of_theirs, *met, *reached, why_not.label("may_not"))
    each = each.outerjoin(Suppression, Suppression.address_hash == Subscriber.address_hash)
    if only is not None:
        each = each.where(Subscriber.email == only)
    everybody = each.subquery()
    if capped.limits:
        each = other_mail.beside(each, sequence_id, one_in=one_in)
    one = each.subquery()
    columns = [column for column in one.c if column.name != "may_not"]
    alike = select(*columns, func.count()).where(one.c.may_not.is_(None)).group_by(*columns)
    may_not = everybody.c.may_not
    left_out = select(may_not, func.count()).where(may_not.is_not(None)).group_by(may_not)
    with db.reading() as session:
        rows = session.execute(alike).all()
        reasons = session.execute(left_out).all()
    readers, ledger = Counter[Reader](), other_mail.Reading()
    for zone, pace, paused_until, *answers, count in rows:
        positions, rest = answers[: len(met)], answers[len(met) :]
        reader = Reader(
            zone,
            pace,
            paused_until,
            frozenset(positions) - {-1},
            tuple(
                (issues[at].subject, issues[at].moment(zone))
                for at in rest[: len(issues)]
                if at >= 0
            ),
        )
        if capped.limits:
            reader = reader._replace(other=ledger.of(reader, *rest[len(issues) :]))
        readers[reader] += count * one_in
    return dict(readers), Counter({str(reason): count for reason, count in reasons})


def parted(count: int, shares: Mapping[_Kind, float]) -> Iterator[tuple[_Kind, int]]:
    """Part a number by shares, so that the parts make the whole again."""
    so_far, given, all_of_them = 0.0, 0, sum(shares.values())
    for kind, share in shares.items():
        so_far += share / all_of_them
        part = round(count * so_far) - given
        given += part
        if part:
            yield kind, part


def _meets(step: Step) -> ColumnElement[bool]:
    rule = _asked(step)
    return literal(value=False) if rule is None else predicates.of(rule)


def _asked(step: Step) -> Rule | None:
    """What a step asks of a reader: its own rule, or of an offer whether they have bought."""
    if isinstance(step, (Branch, Goal)):
        return step.rule
    return offers.HAS_BOUGHT if offers.is_offer(step) else None
