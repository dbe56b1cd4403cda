"""Amazon SES through SNS: signed with a certificate that comes from Amazon's own host.

SNS docs, "Verifying the signatures of Amazon SNS messages".
"""

import re
import urllib.request
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from core.mail import verp
from core.mail.models import Report
from core.mail.notices import Notice
from core.mail.providers.genuine import Forged, parse

_HOST = re.compile(r"sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_PATIENCE = 10  # seconds


def read(headers: Mapping[str, str], body: bytes, key: str) -> list[Notice]:
    """The notices in a message of the topic `key`; confirms its subscription. Raises `Forged`."""
    del headers
    posted = parse(body)
    try:
        _verify(posted, key)
        if posted["Type"] == "SubscriptionConfirmation":
            _fetch(posted["SubscribeURL"])
            return []
        return list(_notices(parse(posted["Message"].encode()), posted["MessageId"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise Forged(f"the message of SNS lacks {error}") from error


def _verify(posted: Mapping[str, str], topic: str) -> None:
    if posted["TopicArn"] != topic or posted["Type"] not in _SIGNED:
        raise Forged("the message of SNS is of another topic")
    names = (name for name in _SIGNED[posted["Type"]] if posted.get(name) is not None)
    signed = "".join(f"{name}\n{posted[name]}\n" for name in names).encode()
    digest = hashes.SHA256() if posted["SignatureVersion"] == "2" else hashes.SHA1()  # noqa: S303 - what version 1 is
    public = x509.load_pem_x509_certificate(_certificate(posted["SigningCertURL"])).public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise Forged("the certificate of SNS holds another kind of key")
    try:
        public.verify(b64decode(posted["Signature"]), signed, padding.PKCS1v15(), digest)
    except (InvalidSignature, Error) as error:
        raise Forged("the signature of SNS is wrong") from error


@lru_cache(maxsize=8)
def _certificate(url: str) -> bytes:
    return _fetch(url)


def _fetch(url: str) -> bytes:
    """A page of Amazon's own. Raises `Forged` for any other, and `OSError`."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not _HOST.fullmatch(parts.netloc):
        raise Forged(f"{parts.netloc} is no host of SNS")
    with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310 - https, see above
        octets: bytes = answer.read()
    return octets


def _notices(event: Mapping[str, Any], number: str) -> Iterator[Notice]:
    """One for each recipient; `source` is the return path that we gave.

    Where it names no message, the Message-ID does, if the topic includes original headers.
    """
    kind = event.get("notificationType") or event.get("eventType")
    sent = event["mail"]
    for recipient, report, status, detail in _told(kind, event):
        yield Notice(
            key=f"ses:{number}:{recipient}"[:200],
            kind=report,
            recipient=recipient.lower(),
            delivery_id=verp.read(sent.get("source", "")),
            message_id=(sent.get("commonHeaders") or {}).get("messageId", ""),
            status=status,
            detail=detail[:500],
        )


def _told(
    kind: str | None, event: Mapping[str, Any]
) -> Iterator[tuple[str, Report, str | None, str]]:
    if kind == "Bounce":
        bounce = event["bounce"]
        gone = bounce["bounceType"] == "Permanent"
        for who in bounce["bouncedRecipients"]:
            report = Report.HARD_BOUNCE if gone else Report.SOFT_BOUNCE
            yield who["emailAddress"], report, who.get("status"), who.get("diagnosticCode", "")
    elif kind == "Complaint":
        complaint = event["complaint"]
        for who in complaint["complainedRecipients"]:
            feedback = complaint.get("complaintFeedbackType") or ""
            yield who["emailAddress"], Report.COMPLAINT, None, feedback
    elif kind == "Delivery":
        for address in event["delivery"]["recipients"]:
            yield address, Report.DELIVERED, None, ""
