"""Mailgun: an HMAC over timestamp and token (Mailgun docs, "Securing webhooks").

The event itself is not signed. So a notice is known by its token, which counts once: whoever saw a
webhook cannot say something else with its signature.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from core.mail.models import Report
from core.mail.notices import Notice
from core.mail.providers.genuine import Forged, parse


def read(headers: Mapping[str, str], body: bytes, key: str) -> list[Notice]:
    """The notice in a webhook that is signed with `key`. Raises `Forged`."""
    del headers
    try:
        posted = parse(body)
        mark, event = posted["signature"], posted["event-data"]
        signed = f"{mark['timestamp']}{mark['token']}".encode()
        good = hmac.compare_digest(
            hmac.new(key.encode(), signed, sha256).hexdigest(), str(mark["signature"])
        )
        if not good:
            raise Forged("Mailgun's signature is wrong")
        kind = _kind(event)
        return [_notice(event, kind, str(mark["token"]))] if kind else []
    except (KeyError, TypeError) as error:
        raise Forged(f"Mailgun's webhook lacks {error}") from error


def _kind(event: Mapping[str, Any]) -> Report | None:
    """Who is tried in vain for hours ("old"), or is refused for a policy, may well exist."""
    if event["event"] == "failed":
        code = str((event.get("delivery-status") or {}).get("enhanced-code") or "")
        passes = event["severity"] != "permanent" or event.get("reason") == "old"
        return Report.SOFT_BOUNCE if passes or code.startswith("5.7.") else Report.HARD_BOUNCE
    return {"complained": Report.COMPLAINT, "delivered": Report.DELIVERED}.get(event["event"])


def _notice(event: Mapping[str, Any], kind: Report, token: str) -> Notice:
    status = event.get("delivery-status") or {}
    message_id = event.get("message", {}).get("headers", {}).get("message-id", "")
    return Notice(
        key=f"mailgun:{token}"[:200],
        kind=kind,
        recipient=event["recipient"].lower(),
        message_id=f"<{message_id.strip('<>')}>",
        status=str(status.get("enhanced-code") or status.get("code") or "")[:16] or None,
        detail=str(status.get("message") or "")[:500],
    )
