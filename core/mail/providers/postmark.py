"""Postmark: a password in the webhook's address (Postmark docs, "Protecting your webhook").

It names messages by ids of its own, and gives back what a header told it (Postmark docs, "Custom
metadata"): there we put our own name of each message.
"""

import hmac
from base64 import b64decode
from binascii import Error
from collections.abc import Mapping

from core.mail.models import Report
from core.mail.notices import Notice
from core.mail.providers.genuine import Forged, parse

_NAME = "message"  # of at most 20 characters, for a value of at most 80
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
                message_id=_message_id(posted.get("Metadata") or {}),
                recipient=(posted.get("Email") or posted.get("Recipient") or "").lower(),
                detail=str(posted.get("Details") or posted.get("Description") or "")[:500],
            )
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise Forged(f"Postmark's webhook lacks {error}") from error


def headers_for(message_id: str) -> dict[str, str]:
    """What tells Postmark of a message's name, and to leave its Message-ID as it is."""
    name = message_id.strip("<>").partition("@")[0]
    return {f"X-PM-Metadata-{_NAME}": name, "X-PM-KeepID": "true"}


def _message_id(metadata: Mapping[str, str]) -> str:
    """Our Message-ID as far as it names a message; its domain proves nothing and is Postmark's."""
    name = {key.lower(): value for key, value in metadata.items()}.get(_NAME)
    return f"<{name}@postmarkapp.com>" if name else ""


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
