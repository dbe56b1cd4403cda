"""What people and links enter, checked: quantities, addresses, countries, where they came from."""

from dataclasses import dataclass, field

from core.mail import addresses
from core.mail.addresses import InvalidAddress
from shop import attribution

MOST = 20
"""Units of one thing that an order may hold; whoever wants more writes to us."""


class Invalid(ValueError):
    """Something was entered that cannot be; the text says what to enter instead."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The form beside a product, as it was filled in, and what to put right in it, by field.

    `code` is the promotion code of the visitor's cart, where something is to be said of it.
    """

    sku: str | None = None
    quantity: str = "1"
    country: str | None = None
    source: str | None = None
    email: str = ""
    code: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


def read_quantity(entered: str, *, least: int = 1) -> int:
    """A number of units. Raises `Invalid`."""
    text = entered.strip()
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= MOST:
        raise Invalid(f"Enter a whole number from {least} to {MOST}.")
    return int(text)


def read_email(entered: str) -> str | None:
    """An e-mail address in lower case, or None where nothing was entered. Raises `Invalid`."""
    if not entered.strip():
        return None
    try:
        return addresses.normalize(entered)
    except InvalidAddress as error:
        raise Invalid("Enter an e-mail address like name@example.com.") from error


def read_source(entered: str | None) -> str | None:
    """What led here, such as `post:psoas-trigger-points`; anything else is nothing."""
    return attribution.read(entered)
