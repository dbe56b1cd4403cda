"""Notices of bounces and complaints: read, proved, kept once, and heeded."""

import hmac
import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from core import clock, config, db
from core.mail import bounces, fates, ledger, notices, printing, queue, stops, verp
from core.mail.hashes import keyed_hash
from core.mail.models import Cause, Delivery, MailReport, Report, State
from core.mail.notices import Notice
from core.mail.printing import Printed
from core.mail.providers import mailgun, sendgrid, ses
from core.mail.providers.genuine import Forged
from newsletter import links, mailing, subscribers, suppression
from newsletter.models import Standing, Subscriber
from newsletter.suppression import Reason
from tests.core.mail.conftest import Write, row

ADA = "ada@example.com"
TOPIC = "arn:aws:sns:us-east-1:123456789012:bounces"


@pytest.fixture
def keys(app: Flask) -> ec.EllipticCurvePrivateKey:
    """Every provider's key is set; SendGrid's private half is returned."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    shop = config.current()
    webhook_keys = {
        "ses": TOPIC,
        "postmark": "pass",
        "sendgrid": b64encode(public).decode(),
        "mailgun": "secret",
    }
    mail = replace(shop.mail, webhook_keys=webhook_keys, bounce_address="bounces@shop.example")
    config.install(replace(shop, mail=mail))
    return private


def dsn(return_path: str, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    return (
        f"From: mailer-daemon@mx.example\r\nTo: <{return_path}>\r\nMessage-ID: <dsn-1@mx.example>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {ADA}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user\r\n\r\n--b--\r\n"
    ).encode()


def bounced(write: Write) -> bytes:
    """A delivery report about a message to Ada, where our return paths are read."""
    shop = config.current()
    config.install(replace(shop, mail=replace(shop.mail, bounce_address="bounces@shop.example")))
    return dsn(verp.return_path(accepted(write)) or "")


def arf(return_path: str) -> bytes:
    return (
        "From: fbl@isp.example\r\nTo: abuse@shop.example\r\nMessage-ID: <arf-1@isp.example>\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is a report.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n"
        f"Original-Mail-From: <{return_path}>\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nReturn-Path: <{return_path}>\r\n"
        "Subject: A letter\r\n\r\nHello\r\n--b--\r\n"
    ).encode()


def accepted(write: Write) -> int:
    write(ADA)
    (claimed,) = queue.claim("worker", 1)
    queue.begin({claimed: "A letter"})
    fates.accept(claimed)
    return claimed.id


def is_suppressed() -> Reason | None:
    return suppression.reason(keyed_hash(ADA))


def test_a_return_path_names_its_message_and_cannot_be_guessed(
    keys: ec.EllipticCurvePrivateKey,
) -> None:
    path = verp.return_path(12)
    assert path is not None
    assert len(path.partition("@")[0]) <= 64
    assert verp.read(path) == 12
    assert verp.read(path.replace("+12-", "+13-")) is None
    assert verp.read("hello@shop.example") is None


def test_a_delivery_report_suppresses_an_address_that_is_gone(
    keys: ec.EllipticCurvePrivateKey, write: Write
) -> None:
    number = accepted(write)
    (notice,) = notices.read(dsn(verp.return_path(number) or ""))
    assert (notice.kind, notice.delivery_id) == (Report.HARD_BOUNCE, number)
    assert bounces.take([notice]) == 1
    assert is_suppressed() is Reason.BOUNCED
    assert bounces.take([notice]) == 0


@pytest.mark.parametrize("write_to", ["bounces@shop.example", "bounces+1-" + "0" * 24 + "@a.b"])
def test_nobody_is_shut_out_by_a_notice_that_shows_no_message_of_ours(
    keys: ec.EllipticCurvePrivateKey, write: Write, write_to: str
) -> None:
    accepted(write)
    complaint = arf(write_to).replace(b"Version: 1", b"Original-Rcpt-To: <ada@example.com>")
    assert bounces.take([*notices.read(dsn(write_to)), *notices.read(complaint)]) == 0
    assert is_suppressed() is None


def test_by_a_return_path_nobody_speaks_of_another_address(
    keys: ec.EllipticCurvePrivateKey, write: Write
) -> None:
    number = accepted(write)
    with db.transaction() as session:
        session.execute(update(Delivery).values(recipient=""))
    bounces.take(notices.read(dsn(verp.return_path(number) or "")))
    assert is_suppressed() is None


def test_a_relay_that_rewrites_the_return_path_loses_no_notice(
    keys: ec.EllipticCurvePrivateKey, write: Write
) -> None:
    number = accepted(write)
    head = f"CFBL-Address: {verp.return_path(number)}; report=arf\r\nSubject: A letter\r\n"
    returned = f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{head}\r\n--b--\r\n".encode()
    octets = dsn("0100018@amazonses.example").replace(b"--b--\r\n", returned)
    assert [notice.delivery_id for notice in notices.read(octets)] == [number]


def test_a_delay_and_an_answer_of_a_machine_are_no_bounces(app: Flask) -> None:
    assert notices.read(dsn("x@shop.example", action="delayed")) == []
    assert notices.read(b"From: ada@example.com\r\nSubject: Away\r\n\r\nI am away.\r\n") == []
    assert notices.judge("4.2.2") is Report.SOFT_BOUNCE
    assert notices.judge("5.7.1") is Report.SOFT_BOUNCE


def test_a_complaint_suppresses_whoever_got_the_message(
    keys: ec.EllipticCurvePrivateKey, write: Write
) -> None:
    number = accepted(write)
    bounces.take(notices.read(arf(verp.return_path(number) or "")))
    assert is_suppressed() is Reason.COMPLAINED


def test_whoever_answers_a_letter_with_the_wish_to_leave_is_let_go(
    keys: ec.EllipticCurvePrivateKey, write: Write
) -> None:
    subscribers.subscribe(ADA, source="test")
    with db.transaction() as session:
        ada = session.scalars(select(Subscriber)).one()
    subscribers.confirm(links.confirmation(ada).rpartition("/")[2])
    path = verp.return_path(accepted(write)) or ""
    answer = f"From: {ADA}\r\nTo: {path}\r\nMessage-ID: <1@x>\r\nSubject: Unsubscribe\r\n"
    assert notices.read(f"{answer}Auto-Submitted: auto-replied\r\n\r\n".encode()) == []
    assert notices.read(f"{answer.replace('+', '+1')}\r\n".encode()) == []
    assert bounces.take(notices.read(f"{answer}\r\n".encode())) == 1
    with db.reading() as session:
        assert session.scalars(select(Subscriber.standing)).one() is Standing.UNSUBSCRIBED
    assert is_suppressed() is None


def test_letters_offer_to_leave_by_mail_where_it_is_read(
    keys: ec.EllipticCurvePrivateKey, write: Write
) -> None:
    headers = mailing.headers("newsletter:1")
    assert "mailto:" in headers["List-Unsubscribe"]
    assert headers["CFBL-Address"].endswith("; report=arf")
    shop = config.current()
    config.install(replace(shop, mail=replace(shop.mail, bounce_address=None)))
    assert "mailto:" not in mailing.headers("newsletter:1")["List-Unsubscribe"]


def test_soft_bounces_count_only_when_they_go_on_for_weeks(app: Flask) -> None:
    def bounce(number: int) -> None:
        bounces.take([Notice(key=f"soft:{number}", kind=Report.SOFT_BOUNCE, recipient=ADA)])

    with time_machine.travel(datetime(2026, 3, 2, tzinfo=UTC), tick=False) as machine:
        for number in range(5):
            bounce(number)
        assert is_suppressed() is None
        machine.shift(timedelta(weeks=14))
        bounce(5)
        assert is_suppressed() is None
        for number in range(6, 10):
            machine.shift(timedelta(days=2))
            bounce(number)
        assert is_suppressed() is Reason.BOUNCED


def test_whoever_reports_on_a_message_of_unknown_fate_has_had_it(
    keys: ec.EllipticCurvePrivateKey, write: Write
) -> None:
    write(ADA)
    (claimed,) = queue.claim("worker", 1)
    queue.begin({claimed: "A letter"})
    fates.lose(claimed, "connection lost")
    bounces.take([Notice(key="d:1", kind=Report.DELIVERED, recipient=ADA, delivery_id=claimed.id)])
    assert row().state is State.ACCEPTED


def test_too_many_complaints_pull_the_brake(
    keys: ec.EllipticCurvePrivateKey, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounces, "LEAST_ACCEPTED", 1)
    number = accepted(write)
    bounces.take([Notice(key="c", kind=Report.COMPLAINT, recipient=ADA, delivery_id=number)])

    assert [stop.cause for stop in stops.current()] == [Cause.COMPLAINTS]


def test_mailgun_is_believed_by_its_signature_alone(
    keys: ec.EllipticCurvePrivateKey, client: FlaskClient, write: Write
) -> None:
    number = accepted(write)
    message_id = printing.message_id(row(), "shop.example")
    event = {
        "event": "failed", "severity": "permanent", "id": "ev1", "recipient": ADA,
        "message": {"headers": {"message-id": message_id.strip("<>")}},
        "delivery-status": {"code": 550, "message": "no such user"},
    }  # fmt: skip
    mark = hmac.new(b"secret", b"1700000000tok", sha256).hexdigest()
    signature = {"timestamp": "1700000000", "token": "tok", "signature": mark}
    posted: dict[str, Any] = {"signature": signature, "event-data": event}
    forged = posted | {"signature": signature | {"token": "other"}}
    assert client.post("/webhooks/mail/mailgun", json=forged).status_code == 400
    assert is_suppressed() is None
    assert client.post("/webhooks/mail/mailgun", json=posted).json == {"new": 1}
    assert client.post("/webhooks/mail/mailgun", json=posted).json == {"new": 0}
    # Nobody can say something else with a signature that was seen.
    another = posted | {"event-data": event | {"id": "ev2", "recipient": "ben@example.com"}}
    assert client.post("/webhooks/mail/mailgun", json=another).json == {"new": 0}
    with db.reading() as session:
        assert session.scalars(select(MailReport)).one().delivery_id == number
    assert is_suppressed() is Reason.BOUNCED


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"severity": "permanent"}, Report.HARD_BOUNCE),
        ({"severity": "temporary"}, Report.SOFT_BOUNCE),
        ({"severity": "permanent", "reason": "old"}, Report.SOFT_BOUNCE),
        (
            {"severity": "permanent", "delivery-status": {"enhanced-code": "5.7.1"}},
            Report.SOFT_BOUNCE,
        ),
    ],
)
def test_mailgun_s_refusals_are_not_all_about_the_address(
    said: dict[str, Any], kind: Report
) -> None:
    assert mailgun._kind({"event": "failed"} | said) is kind


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Bounced Address", Report.HARD_BOUNCE),
        ("Spam Reporting Address", Report.COMPLAINT),
        ("Unsubscribed Address", None),
    ],
)
def test_what_sendgrid_drops_by_its_own_lists_is_heeded(reason: str, kind: Report | None) -> None:
    assert sendgrid._kind({"event": "dropped", "reason": reason}) is kind


def test_postmark_is_believed_by_its_password_alone(
    keys: ec.EllipticCurvePrivateKey, client: FlaskClient, write: Write
) -> None:
    number = accepted(write)
    name = told_to_postmark(row())
    posted = {"RecordType": "SpamComplaint", "ID": 7, "Metadata": {"message": name}}
    address = "/webhooks/mail/postmark"
    assert client.post(address, json=posted, auth=("user", "wrong")).status_code == 400
    assert client.post(address, json=posted).status_code == 400
    assert client.post(address, json=posted, auth=("user", "pass")).json == {"new": 1}
    with db.reading() as session:
        assert session.scalars(select(MailReport)).one().delivery_id == number
    assert is_suppressed() is Reason.COMPLAINED
    unnamed = posted | {"ID": 8, "Metadata": {"message": f"{'0' * 20}.{number}"}}
    assert client.post(address, json=unnamed, auth=("user", "pass")).json == {"new": 1}
    with db.reading() as session:
        assert session.scalars(select(MailReport.delivery_id).order_by(MailReport.id)).all() == [
            number,
            None,
        ]


def told_to_postmark(delivery: Delivery) -> str:
    """What a message's header says for Postmark to give back."""
    sheet = printing.print_all([delivery])[delivery]
    assert isinstance(sheet, Printed)
    head = message_from_bytes(sheet.parcel.octets)
    assert head["X-PM-KeepID"] == "true"
    name = head["X-PM-Metadata-message"]
    assert len(name) <= 80
    return str(name)


def test_nobody_but_postmark_is_told_of_its_headers(app: Flask, write: Write) -> None:
    write(ADA)
    (delivery,) = ledger.addressed_to(ADA)
    sheet = printing.print_all([delivery])[delivery]
    assert isinstance(sheet, Printed)
    assert b"X-PM-" not in sheet.parcel.octets


def test_sendgrid_is_believed_by_its_signature_alone(
    keys: ec.EllipticCurvePrivateKey, client: FlaskClient
) -> None:
    body = json.dumps(
        [
            {
                "event": "bounce",
                "type": "bounce",
                "sg_event_id": "e1",
                "email": ADA,
                "status": "5.1.1",
            }
        ]
    ).encode()
    mark = b64encode(keys.sign(b"1700000000" + body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": mark,
        "X-Twilio-Email-Event-Webhook-Timestamp": "1700000000",
    }
    address = "/webhooks/mail/sendgrid"
    assert client.post(address, data=body + b" ", headers=headers).status_code == 400
    assert client.post(address, data=body, headers=headers).json == {"new": 1}
    assert is_suppressed() is Reason.BOUNCED


def test_ses_is_believed_by_a_signature_of_amazon_s_alone(
    keys: ec.EllipticCurvePrivateKey,
    client: FlaskClient,
    write: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = accepted(write)
    private, certificate = certified()
    monkeypatch.setattr(ses, "_certificate", lambda _: certificate)
    message = json.dumps(
        {
            "notificationType": "Bounce",
            "mail": {"source": verp.return_path(number)},
            "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": ADA}]},
        }
    )
    posted = {
        "Type": "Notification", "MessageId": "m1", "TopicArn": TOPIC, "Message": message,
        "Timestamp": "2026-03-02T15:00:00Z", "SignatureVersion": "2",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/cert.pem",
    }  # fmt: skip
    names = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    signed = "".join(f"{name}\n{posted[name]}\n" for name in names).encode()
    mark = b64encode(private.sign(signed, padding.PKCS1v15(), hashes.SHA256())).decode()
    genuine = posted | {"Signature": mark}
    address = "/webhooks/mail/ses"
    for forged in (
        genuine | {"Message": message.replace("Permanent", "Transient")},
        genuine | {"TopicArn": "arn:aws:sns:us-east-1:1:another"},
    ):
        assert client.post(address, json=forged).status_code == 400
    assert client.post(address, json=genuine).json == {"new": 1}
    assert is_suppressed() is Reason.BOUNCED


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.us-east-1.amazonaws.com.evil.example/cert.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com.pem",
        "http://sns.us-east-1.amazonaws.com/cert.pem",
    ],
)
def test_a_certificate_comes_from_amazon_alone(url: str) -> None:
    with pytest.raises(Forged):
        ses._fetch(url)


def test_a_provider_without_a_key_is_not_listened_to(app: Flask, client: FlaskClient) -> None:
    assert client.post("/webhooks/mail/ses", json={}).status_code == 404
    assert client.post("/webhooks/mail/another", json={}).status_code == 404


def certified() -> tuple[rsa.RSAPrivateKey, bytes]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(clock.now() - timedelta(days=1))
        .not_valid_after(clock.now() + timedelta(days=1))
        .sign(private, hashes.SHA256())
    )
    return private, certificate.public_bytes(serialization.Encoding.PEM)
