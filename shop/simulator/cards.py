"""Stripe's test cards and what each of them does (https://docs.stripe.com/testing)."""

import re
from dataclasses import dataclass

_LUHN_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
_AMEX = "amex"


@dataclass(frozen=True)
class Card:
    """A test card.

    Attributes:
        number: Sixteen digits (fifteen with American Express).
        does: What it does, in a few words for people.
        brand: As in Stripe's `card.brand`.
        decline: Stripe's decline code, if its payments are declined.
        challenge: Whether 3-D Secure asks the customer first.
        afterwards: What befalls the payment later: `dispute`, `warning`, `refund_fails`.

    """

    number: str
    does: str
    brand: str = "visa"
    decline: str = ""
    challenge: bool = False
    afterwards: str = ""
    shown: bool = True


CARDS = (
    Card("4242424242424242", "Succeeds"),
    Card("4000000000000002", "Is declined", decline="generic_decline"),
    Card("4000000000009995", "Has insufficient funds", decline="insufficient_funds"),
    Card("4000002500003155", "Asks for 3-D Secure", challenge=True),
    Card("4000000000003220", "Asks for 3-D Secure", challenge=True, shown=False),
    Card(
        "4000008400001629",
        "Asks for 3-D Secure, then is declined",
        decline="generic_decline",
        challenge=True,
    ),
    Card("4000000000000069", "Has expired", decline="expired_card"),
    Card("4000000000000127", "Has another CVC", decline="incorrect_cvc"),
    Card("4000000000000259", "Succeeds, is disputed as fraud", afterwards="dispute"),
    Card("4000000000005126", "Succeeds, its refund fails later", afterwards="refund_fails"),
    Card("4000000000005423", "Succeeds, with a fraud warning", afterwards="warning"),
    Card("5555555555554444", "Succeeds (Mastercard)", brand="mastercard"),
    Card("378282246310005", "Succeeds (American Express)", brand=_AMEX),
    Card("4000000000009987", "Is reported lost", decline="lost_card", shown=False),
    Card("4000000000009979", "Is reported stolen", decline="stolen_card", shown=False),
    Card("4000000000000119", "Meets an error", decline="processing_error", shown=False),
    Card("4000000000003063", "Asks for 3-D Secure", challenge=True, shown=False),
    Card("4000000000000077", "Succeeds", shown=False),
)
# A decline code that is an error code of its own; every other comes with `card_declined`.
OWN_CODES = ("expired_card", "incorrect_cvc", "processing_error")
MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "lost_card": "Your card was declined.",
    "stolen_card": "Your card was declined.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": (
        "An error occurred while processing your card. Try again in a little bit."
    ),
    "test_mode_live_card": (
        "Your card was declined. Your request was in test mode, but used a non test card."
    ),
    "authentication_failed": (
        "We are unable to authenticate your payment method. Please choose a different payment "
        "method and try again."
    ),
}


def find(number: str) -> Card:
    """The test card with this number; any other number is a card that is always declined."""
    for card in CARDS:
        if card.number == number:
            return card
    return Card(number, "Is no test card", decline="test_mode_live_card")


def digits(text: str) -> str:
    """A number as typed, without its spaces and dashes."""
    return re.sub(r"[\s-]", "", text)


def number_problem(number: str) -> str:
    """What is wrong with a card number's form; empty if nothing is."""
    if not number:
        return "Enter a card number."
    if not number.isdecimal() or not 12 <= len(number) <= 19 or _luhn(number) % 10:
        return "Your card number is invalid."
    return ""


def expiry(text: str) -> tuple[int, int] | None:
    """Month and year of `MM / YY` or `MM/YYYY`; None where it is neither."""
    match = re.fullmatch(r"\s*(\d{1,2})\s*[/-]?\s*(\d{2}|20\d{2})\s*", text)
    if not match or not 1 <= int(match[1]) <= 12:
        return None
    year = int(match[2])
    return int(match[1]), year if year > 2000 else 2000 + year


def cvc_problem(cvc: str, card: Card) -> str:
    """What is wrong with a security code; empty if nothing is."""
    length = 4 if card.brand == _AMEX else 3
    if re.fullmatch(rf"\d{{{length}}}", cvc):
        return ""
    return "Your card's security code is incomplete."


def _luhn(number: str) -> int:
    reverse = [int(each) for each in reversed(number)]
    return sum(reverse[::2]) + sum(_LUHN_DOUBLED[each] for each in reverse[1::2])
