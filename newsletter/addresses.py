"""E-mail addresses: one spelling for each mailbox, a hint for typing slips, a hash to keep."""

import hmac
import secrets
from difflib import get_close_matches
from hashlib import sha256

from email_validator import EmailNotValidError, validate_email

from core import clock, db
from core.models import StoreSetting

_PROVIDERS = (
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
_KEY = "suppression_key"


class InvalidAddress(ValueError):
    """No message can be sent to what was entered; the text says why, for people."""


def normalize(entered: str) -> str:
    """The one spelling of an address, in lower case; asks no other machine.

    Raises `InvalidAddress`.
    """
    try:
        # The reserved domain .test stays open: it can reach nobody, and trials need it.
        checked = validate_email(entered.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidAddress(str(error)) from error
    return checked.normalized.lower()


def suggest(address: str) -> str | None:
    """What was probably meant, where the domain is one slip away from a large provider's."""
    local, _, domain = address.rpartition("@")
    if domain in _PROVIDERS:
        return None
    near = get_close_matches(domain, _PROVIDERS, n=1, cutoff=0.85)
    return f"{local}@{near[0]}" if near else None


def keyed_hash(address: str) -> str:
    """What a normalized address is remembered by once the address itself is erased.

    The key lies in the database, made on first use: it must outlive every other secret's rotation.
    """
    return hmac.new(_key(), address.encode(), sha256).hexdigest()


def _key() -> bytes:
    with db.reading() as session:
        setting = session.get(StoreSetting, _KEY)
    if setting is None:
        with db.transaction() as session:
            made = secrets.token_hex(32)
            db.insert_missing(StoreSetting, name=_KEY, value=made, changed_at=clock.now())
            setting = session.get_one(StoreSetting, _KEY)
    return bytes.fromhex(setting.value)
