"""SendGrid: ECDSA over timestamp and body (Twilio docs, "Event Webhook security features")."""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.mail.models import Report
from core.mail.notices import Notice
from core.mail.providers.genuine import Forged, parse

_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_DROPPED = {
    "Bounced Address": Report.HARD_BOUNCE,
    "Invalid": Report.HARD_BOUNCE,
    "Spam Reporting Address": Report.COMPLAINT,
}


def read(headers: Mapping[str, str], body: bytes, key: str) -> list[Notice]:
    """The notices in a webhook that is signed for the public key `key`. Raises `Forged`."""
    try:
        public = serialization.load_der_public_key(b64decode(key))
        signature = b64decode(headers.get(_SIGNATURE, ""))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise Forged("SENDGRID_WEBHOOK_KEY is no key of SendGrid's")
        signed = headers.get(_TIMESTAMP, "").encode() + body
        public.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, Error) as error:
        raise Forged("SendGrid's signature is wrong") from error
    try:
        return [_notice(event, kind) for event in parse(body) if (kind := _kind(event))]
    except (KeyError, TypeError, AttributeError) as error:
        raise Forged(f"SendGrid's webhook lacks {error}") from error


def _kind(event: Mapping[str, Any]) -> Report | None:
    """A bounce of the type "blocked" is for now: a policy or a list, not the address.

    What SendGrid drops by lists of its own never goes out, and its address is no better for us.
    """
    if event["event"] == "dropped":
        return _DROPPED.get(event.get("reason", ""))
    if event["event"] == "bounce":
        return Report.SOFT_BOUNCE if event.get("type") == "blocked" else Report.HARD_BOUNCE
    return {"spamreport": Report.COMPLAINT, "delivered": Report.DELIVERED}.get(event["event"])


def _notice(event: Mapping[str, Any], kind: Report) -> Notice:
    return Notice(
        key=f"sendgrid:{event['sg_event_id']}"[:200],
        kind=kind,
        recipient=event["email"].lower(),
        message_id=event.get("smtp-id", ""),
        status=str(event.get("status") or "")[:16] or None,
        detail=str(event.get("reason") or "")[:500],
    )
