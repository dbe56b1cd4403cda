"""E-mail addresses: one spelling for each mailbox, and a hint for typing slips."""

from difflib import get_close_matches

from email_validator import EmailNotValidError, validate_email

PROVIDERS = (
    "gmail.com",
    "yahoo.com",
    "hotmail.com",
    "outlook.com",
    "icloud.com",
    "aol.com",
    "live.com",
    "msn.com",
    "comcast.net",
    "proton.me",
    "protonmail.com",
    "googlemail.com",
)


class InvalidAddress(ValueError):
    """No message can be sent to what was entered; the text says why, for people."""


def normalize(entered: str) -> str:
    """The one spelling of an address, in lower case; asks no other machine.

    Raises `InvalidAddress`.
    """
    try:
        # The reserved domain .test stays open: it can reach nobody, and trials need it.
        checked = validate_email(
            entered.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False
        )
    except EmailNotValidError as error:
        raise InvalidAddress(str(error)) from error
    return checked.normalized.lower()


def suggest(address: str) -> str | None:
    """What was probably meant, where the domain is one slip away from a large provider's."""
    local, _, domain = address.rpartition("@")
    if domain in PROVIDERS:
        return None
    near = get_close_matches(domain, PROVIDERS, n=1, cutoff=0.85)
    return f"{local}@{near[0]}" if near else None
