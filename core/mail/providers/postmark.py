"""Postmark: a password in the webhook's address (Postmark docs, "Protecting your webhook")."""

import hmac
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping

from core.mail.models import Report
from core.mail.notices import Notice
from core.mail.providers.genuine import Forged, parse

# "BadEmailAddress" and the like never deliver either; other types are for now or about the message.
_GONE = ("HardBounce", "BadEmailAddress", "ManuallyDeactivated")


def read(headers: Mapping[str, str], body: bytes, key: str) -> list[Notice]:
    """The notice in a webhook whose password is `key`. Raises `Forged`."""
    if not hmac.compare_digest(_password(headers.get("authorization", "")).encode(), key.encode()):
        raise Forged("Postmark's password is wrong")
    posted = parse(body)
    try:
        kind = _kind(posted["RecordType"], posted.get("Type", ""))
        if kind is None:
            return []
        name = posted.get("ID") or f"{posted['MessageID']}:{posted['RecordType']}"
        return [
            Notice(
                key=f"postmark:{name}"[:200],
                kind=kind,
                recipient=(posted.get("Email") or posted.get("Recipient") or "").lower(),
                detail=str(posted.get("Details") or posted.get("Description") or "")[:500],
            )
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise Forged(f"Postmark's webhook lacks {error}") from error


def _kind(record: str, kind: str) -> Report | None:
    if record == "Bounce":
        return Report.HARD_BOUNCE if kind in _GONE else Report.SOFT_BOUNCE
    return {"SpamComplaint": Report.COMPLAINT, "Delivery": Report.DELIVERED}.get(record)


def _password(authorization: str) -> str:
    """The password of HTTP Basic (RFC 7617)."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(credentials, validate=True).decode().partition(":")[2]
    except (Error, UnicodeDecodeError):
        return ""
