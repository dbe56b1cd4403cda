"""The kinds of letter that packages write: who composes one, and who has a last look at it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.mail.models import Delivery, Stream


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file in a message."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Message:
    """A composed message, ready to send; `headers` are further ones, such as List-Unsubscribe."""

    subject: str
    html: str
    text: str
    headers: dict[str, str] = field(default_factory=dict)
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()


class Undeliverable(Exception):
    """A composer found that this message can never be sent; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A verdict of the last look: not before `until`."""

    until: datetime
    reason: str


Verdict = str | Wait
"""The reason for which a message must not go at all, or until when it waits."""

Composer = Callable[[Delivery], Message]
Merger = Callable[[Sequence[Delivery]], Message]


class Fillable(Protocol):
    """A letter whose octets are compiled and want only a reader's values, see `core.mail.forms`."""

    def subject_for(self, values: Mapping[str, str]) -> str:
        """The subject for one reader."""

    def fill(self, values: Mapping[str, str], **head: str) -> bytes:
        """The whole message for one reader."""


Filling = tuple[Fillable, Mapping[str, str]]
"""A compiled letter and what its slots hold for one reader."""
Filler = Callable[[Sequence[Delivery], tuple[str, str]], Mapping[int, Filling]]
LastLook = Callable[[Sequence[Delivery]], Mapping[int, Verdict]]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One kind of letter.

    `compose` makes the message from its ledger row; it may read the database and changes nothing.
    `fill` does the same for many rows at once, by their ids, in letters from a sender (name and
    address); whom it leaves out is composed singly.
    `merge` makes one message of several to one person, where they may go so; the first gives it its
    Message-ID and return path. Without it the letter always goes by itself.
    `last_look` is asked for a whole batch just before it goes: which ids must not go, or not now.
    `withheld` says that it does not go to whom `withhold_from` names: it is no receipt, and its own
    last look does not ask who is shut out.
    """

    name: str
    stream: Stream
    compose: Composer
    last_look: LastLook | None = None
    fill: Filler | None = None
    merge: Merger | None = None
    withheld: bool = False


ShutOut = Callable[[Collection[str]], Mapping[str, str]]
"""Which of these recipients get nothing but receipts, and why."""

_letters: dict[str, Letter] = {}


def _nobody(recipients: Collection[str]) -> Mapping[str, str]:
    """Where no package knows who is shut out."""
    del recipients
    return {}


_shut_out: ShutOut = _nobody


def register(letter: Letter) -> None:
    """Make a kind of letter known to the worker; to register it again replaces it."""
    _letters[letter.name] = letter


def find(name: str) -> Letter:
    """The letter of that name. Raises `Undeliverable` for one that nobody registered."""
    if name not in _letters:
        raise Undeliverable(f"no letter is called {name!r}")
    return _letters[name]


def names() -> frozenset[str]:
    """Every letter that was registered."""
    return frozenset(_letters)


def may_be_merged(name: str) -> bool:
    """Whether several of that letter may go to one person as one message."""
    return name in _letters and _letters[name].merge is not None


def withhold_from(shut_out: ShutOut) -> None:
    """Let this say from whom the letters that are `withheld` are kept."""
    global _shut_out  # noqa: PLW0603 - one package keeps the list
    _shut_out = shut_out


def look(name: str, deliveries: Sequence[Delivery]) -> Mapping[int, Verdict]:
    """The last look at a batch of one letter: which ids must not go, or not now."""
    letter = _letters.get(name)
    if letter is None:
        return {}
    verdicts = letter.last_look(deliveries) if letter.last_look else {}
    if not letter.withheld:
        return verdicts
    shut = _shut_out({each.recipient for each in deliveries})
    return {
        **verdicts,
        **{each.id: shut[each.recipient] for each in deliveries if each.recipient in shut},
    }
