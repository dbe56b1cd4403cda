"""What a reason is made of: a sentence, the rows that it rests on, and the words for them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from newsletter import suppression, verdicts
from newsletter.models import Subscriber
from newsletter.zones import local_day


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A row that a reason rests on; `delivery` is its number where it is one of the ledger."""

    what: str
    at: datetime | None
    delivery: int | None = None


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What became of one letter for one person, and why."""

    letter: str
    sentence: str
    facts: list[Fact]


def standing(person: Subscriber) -> list[Fact]:
    """How a person came onto the list, and off it."""
    facts = [Fact(what="Asked for letters", at=person.created_at)]
    if person.confirmed_at is not None:
        facts.append(Fact(what="Confirmed", at=person.confirmed_at))
    if person.unsubscribed_at is not None:
        facts.append(Fact(what=person.standing.value.capitalize(), at=person.unsubscribed_at))
    if (reason := suppression.reason(person.address_hash)) is not None:
        facts.append(Fact(what=f"On the suppression list: {reason.value}", at=None))
    return facts


def day(person: Subscriber, moment: datetime) -> str:
    """The date that a moment has for the person."""
    return f"{local_day(moment, person.timezone):%B %-d, %Y}"


def hour(person: Subscriber, moment: datetime) -> str:
    """The date and the hour that a moment has for the person."""
    local = moment.astimezone(ZoneInfo(person.timezone))
    return f"{local:%B %-d, %Y, at %-H:%M}"


def worded(reason: str) -> str:
    """A reason as the ledger and walks keep it, in words; one that is not known stays as it is."""
    return _WORDS.get(reason, reason)


_WORDS = {
    "pending": "they have not confirmed that they want letters",
    "unsubscribed": "they had unsubscribed",
    "bounced": "mail to their address came back",
    "complained": "they had reported a letter as spam",
    "suppressed: bounced": "mail to their address came back",
    "suppressed: complained": "they had reported a letter as spam",
    "suppressed: erased": "they had their data deleted",
    "suppressed: staff": "staff shut their address out",
    "erased": "they had their data deleted",
    "paused": "they had paused their letters",
    "other areas": "they chose letters about other parts of the body",
    "lapsed": "they got letters because they bought, and that had ended",
    "pace": "their slower pace put it off for so long that it was old news",
    verdicts.PAUSE: "they paused their letters",
    verdicts.PACE: "the pace that they chose puts it off",
    verdicts.PAUSED: "staff paused the sequence",
    verdicts.DISTANCE: "another letter came to them just before",
    "cancelled": "the issue was called off",
    "bought": "they had bought",
    "not arrived": "their order had not arrived after all",
    "refunded": "their order was refunded",
    "goal": "they had reached the goal of the sequence",
    "held out": "they were drawn to get nothing, so that what the issue added can be seen",
    "exited": "they had left the sequence",
    "had it before": "they had had it already, under an earlier version",
    "taken out": "staff had taken them out of the sequence",
}
