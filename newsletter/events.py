"""What happens to subscribers, told in the transaction in which it happens."""

from dataclasses import dataclass

UNDONE = "import undone"
"""Why somebody left who had been put on the list by an import that was taken back."""

LAPSED = "lapsed"
"""Why somebody left who got letters because they bought, once that had ended."""


@dataclass(frozen=True)
class Confirmed:
    """A person joined, or came back."""

    subscriber_id: int


@dataclass(frozen=True)
class PreferencesChanged:
    """A reader chose another pace, zone, name or pause."""

    subscriber_id: int


@dataclass(frozen=True)
class Tagged:
    """A word was tied to a person who did not have it."""

    subscriber_id: int
    tag: str


@dataclass(frozen=True)
class Left:
    """People get no letters any more; `reason` is how that came about."""

    subscriber_ids: tuple[int, ...]
    reason: str


@dataclass(frozen=True)
class Returned:
    """A person took back that they left."""

    subscriber_id: int


@dataclass(frozen=True)
class Erased:
    """All that is kept about people is being deleted; rows that point to them must go first.

    `wished` says that they asked for it, rather than that they never confirmed.
    """

    subscriber_ids: tuple[int, ...]
    wished: bool
