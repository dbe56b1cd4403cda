"""Reads what comes back: delivery reports (RFC 3464), complaints (RFC 5965), wishes to leave."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parseaddr

from core.mail import verp
from core.mail.models import Report

# RFC 3463: the mailbox or its domain does not exist, or is disabled for good. Other 5.x.x are about
# the message, a policy or us.
_GONE = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4")

LEAVE = "unsubscribe"
"""The subject of a message to a return path of ours by which its reader leaves (RFC 2369, 3.2)."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What somebody says became of a message; `key` is its own id, so that it counts once.

    `delivery_id` is proved by a return path of ours; `message_id` is our header, where it is known.
    """

    key: str
    kind: Report
    recipient: str
    delivery_id: int | None = None
    message_id: str = ""
    status: str | None = None
    detail: str = ""


def read(octets: bytes) -> list[Notice]:
    """The notices in a message; none where it is something else, such as an out-of-office note.

    Anybody can write to the address where bounces arrive, and say that somebody else's is gone. So
    only what shows the return path of a message of ours is believed; the rest is left to people.
    """
    message = message_from_bytes(octets)
    kind = (message.get_param("report-type") or "") if _is_report(message) else ""
    if kind == "delivery-status":
        return list(_delivery_reports(message))
    if kind == "feedback-report":
        return list(_complaints(message))
    if message.get("Subject", "").strip().lower() == LEAVE:
        return list(_departures(message))
    return []


def judge(status: str) -> Report:
    """Whether an enhanced status code speaks of an address that is gone or of a passing trouble."""
    if status.startswith("2."):
        return Report.DELIVERED
    return Report.HARD_BOUNCE if status in _GONE else Report.SOFT_BOUNCE


def _is_report(message: Message) -> bool:
    return message.get_content_type() == "multipart/report"


def _delivery_reports(message: Message) -> Iterator[Notice]:
    """One for each recipient that failed; "delayed" is no fate yet (RFC 3464, 2.3.3)."""
    delivery_id = _named_message(message)
    if delivery_id is None:
        return
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            if not isinstance(block, Message) or block.get("Action", "").lower() != "failed":
                continue
            recipient = block.get("Final-Recipient") or block.get("Original-Recipient") or ""
            address = recipient.partition(";")[2].strip().lower()
            status = block.get("Status", "5.0.0").split()[0]
            yield Notice(
                key=f"dsn:{message.get('Message-ID', '')}:{address}"[:200],
                kind=judge(status),
                recipient=address,
                delivery_id=delivery_id,
                status=status[:16],
                detail=block.get("Diagnostic-Code", "")[:500],
            )


def _complaints(message: Message) -> Iterator[Notice]:
    delivery_id = _named_message(message)
    if delivery_id is None:
        return
    for part in message.walk():
        if part.get_content_type() != "message/feedback-report":
            continue
        fields = part.get_payload()
        report = fields[0] if isinstance(fields, list) else message_from_bytes(str(fields).encode())
        if not isinstance(report, Message) or report.get("Feedback-Type", "abuse") == "not-spam":
            continue
        address = parseaddr(report.get("Original-Rcpt-To", ""))[1].lower()
        yield Notice(
            key=f"arf:{message.get('Message-ID', '')}"[:200],
            kind=Report.COMPLAINT,
            recipient=address,
            delivery_id=delivery_id,
            detail=report.get("Feedback-Type", "abuse"),
        )


def _departures(message: Message) -> Iterator[Notice]:
    """Only whoever had the message knows its return path; a machine's answer is nobody's wish."""
    delivery_id = _named_message(message)
    if delivery_id is not None and message.get("Auto-Submitted", "no") == "no":
        key = f"leave:{message.get('Message-ID', delivery_id)}"[:200]
        yield Notice(key=key, kind=Report.DEPARTURE, recipient="", delivery_id=delivery_id)


def _named_message(message: Message) -> int | None:
    """The message that a return path of ours names, wherever the notice shows it.

    Where a relay put its own in place of it, what comes back still says where complaints go.
    """
    shown = [
        value
        for part in (*message.walk(), *_returned_heads(message))
        for name in _SHOWN_IN
        for value in part.get_all(name, [])
    ]
    found = (
        verp.read(address) for _, address in getaddresses([each.split(";")[0] for each in shown])
    )
    return next((delivery_id for delivery_id in found if delivery_id is not None), None)


_SHOWN_IN = (
    "To",
    "Delivered-To",
    "X-Original-To",
    "Return-Path",
    "Original-Mail-From",
    "CFBL-Address",
)


def _returned_heads(message: Message) -> Iterator[Message]:
    """The head of a message that came back without its body (RFC 6522, 3)."""
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            octets = part.get_payload(decode=True)
            yield message_from_bytes(octets if isinstance(octets, bytes) else b"")
