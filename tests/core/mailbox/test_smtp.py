"""What the mailbox promises to whoever sends mail to it."""

import os
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from core.mailbox.server import FILE, Mailbox
from core.mailbox.smtp import SIZE_LIMIT

SHOP, ADA, BEN = "shop@example.com", "ada@example.com", "ben@example.com"
ROOT = Path(__file__).resolve().parents[3]
PROGRAM = [sys.executable, "-m", "core.mailbox"]
PORTS = ["--http-port", "0", "--smtp-port", "0"]
LETTER = b"Subject: Hello\r\nMessage-ID: <hello@shop>\r\n\r\nHello.\r\n"


@pytest.fixture
def smtp(mailbox: Mailbox) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=10)


def test_the_bytes_and_the_envelope_arrive_unchanged(mailbox: Mailbox, smtp: smtplib.SMTP) -> None:
    raw = LETTER + b".\r\n..\r\n.hidden\r\n\xff\x00 8 bit\r\n"
    smtp.sendmail("", [ADA, BEN], raw, ["BODY=8BITMIME"])
    [message] = mailbox.messages()
    assert (message.raw, message.mail_from, message.rcpt_tos) == (raw, "", (ADA, BEN))


@pytest.mark.parametrize("body", [b".\r\n", b"\r\n", b"\r\n.\r\n\r\n", b"x\r\n" * 200_000])
def test_odd_ends_and_long_bodies_are_no_trouble(
    mailbox: Mailbox, smtp: smtplib.SMTP, body: bytes
) -> None:
    smtp.sendmail(SHOP, [ADA], body)
    assert mailbox.wait_for(to=ADA).raw == body


def test_a_message_without_a_single_octet_is_kept(mailbox: Mailbox, smtp: smtplib.SMTP) -> None:
    smtp.ehlo("shop")
    smtp.mail(SHOP)
    smtp.rcpt(ADA)
    smtp.putcmd("DATA")
    assert smtp.getreply()[0] == 354
    smtp.send(b".\r\n")
    assert smtp.getreply()[0] == 250
    assert mailbox.wait_for(to=ADA).raw == b""


def test_it_offers_what_senders_look_for(smtp: smtplib.SMTP) -> None:
    smtp.ehlo()
    assert {"pipelining", "8bitmime", "smtputf8", "size"} <= set(smtp.esmtp_features)
    assert int(smtp.esmtp_features["size"]) == SIZE_LIMIT


def test_an_address_outside_of_ascii_arrives(mailbox: Mailbox, smtp: smtplib.SMTP) -> None:
    smtp.sendmail(SHOP, ["chloé@exämple.com"], LETTER, ["SMTPUTF8"])
    assert mailbox.wait_for(to="Chloé@exämple.com").rcpt_tos == ("chloé@exämple.com",)


def test_pipelined_messages_are_answered_in_order(mailbox: Mailbox) -> None:
    envelope = b"MAIL FROM:<shop@example.com>\r\nRCPT TO:<ada@example.com>\r\nDATA\r\n"
    with (
        socket.create_connection(("127.0.0.1", mailbox.smtp_port), timeout=10) as sock,
        sock.makefile("rb") as replies,
    ):
        sock.sendall(b"EHLO shop\r\n" + (envelope + LETTER + b".\r\n") * 50 + b"QUIT\r\n")
        codes = [line[:3] for line in replies if line[3:4] == b" "]
    assert codes == [b"220", b"250", *[b"250", b"250", b"354", b"250"] * 50, b"221"]
    assert len(mailbox.messages()) == 50


def test_a_line_that_strict_relays_refuse_is_refused(smtp: smtplib.SMTP) -> None:
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        smtp.sendmail(SHOP, [ADA], LETTER + b"x" * 999 + b"\r\n")
    assert refusal.value.smtp_code == 500


def test_a_message_above_the_size_limit_is_refused_and_the_session_goes_on(
    mailbox: Mailbox, smtp: smtplib.SMTP
) -> None:
    smtp.ehlo("shop")
    smtp.mail(SHOP)
    smtp.rcpt(ADA)
    code, _ = smtp.data((b"x" * 900 + b"\r\n") * (SIZE_LIMIT // 900))
    assert code == 552
    smtp.sendmail(SHOP, [ADA], LETTER)
    assert [message.raw for message in mailbox.messages()] == [LETTER]


def test_what_was_answered_with_250_is_there_after_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, *PORTS, "--data", str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as program:
        assert program.stdout
        port = int(program.stdout.readline().rpartition(":")[2])
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as smtp:
            for number in range(25):
                smtp.sendmail(SHOP, [ADA], f"Subject: {number}\r\n\r\n".encode())
            os.kill(program.pid, signal.SIGKILL)
            program.wait()
            smtp.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as kept:
        subjects = [row[0] for row in kept.execute("SELECT subject FROM message ORDER BY id")]
    assert subjects == [str(number) for number in range(25)]


def test_a_signal_ends_the_program_cleanly(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, *PORTS, "--data", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as program:
        assert program.stdout
        port = int(program.stdout.readline().rpartition(":")[2])
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as idle:
            program.terminate()
            _, complaints = program.communicate(timeout=10)
            idle.close()
    assert (program.returncode, complaints) == (0, "")


def test_a_port_that_is_taken_is_one_clear_line(mailbox: Mailbox, tmp_path: Path) -> None:
    result = subprocess.run(
        [*PROGRAM, "--smtp-port", str(mailbox.smtp_port), "--data", str(tmp_path / "other")],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        cwd=ROOT,
    )
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert str(mailbox.smtp_port) in result.stderr
