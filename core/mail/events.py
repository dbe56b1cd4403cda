"""What was learned of addresses, told in the transaction in which it was stored."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounced:
    """An address does not exist, or has refused our mail for weeks."""

    address: str


@dataclass(frozen=True)
class Complained:
    """The reader of an address reported a message as spam."""

    address: str


@dataclass(frozen=True)
class AskedToLeave:
    """The reader of an address wrote back that they want no more such messages."""

    address: str
