"""The faults that tests of a sender may ask for."""

import smtplib

import pytest

from core.mailbox.server import Mailbox

SHOP, ADA, BEN = "shop@example.com", "ada@example.com", "ben@example.com"
LETTER = b"Subject: Hello\r\nMessage-ID: <hello@shop>\r\n\r\nHello.\r\n"


def connect(mailbox: Mailbox, timeout: float = 10) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=timeout)


def test_a_refusing_mailbox_cuts_the_open_connections_and_takes_no_new_ones(
    mailbox: Mailbox,
) -> None:
    smtp = connect(mailbox)
    with mailbox.refusing():
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            smtp.noop()
        with pytest.raises(ConnectionRefusedError):
            connect(mailbox)
    connect(mailbox).sendmail(SHOP, [ADA], LETTER)
    assert mailbox.wait_for(to=ADA)


def test_deferred_messages_are_not_kept_and_later_ones_are(mailbox: Mailbox) -> None:
    mailbox.defer(2)
    smtp = connect(mailbox)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            smtp.sendmail(SHOP, [ADA], LETTER)
        assert refusal.value.smtp_code == 451
    smtp.sendmail(SHOP, [ADA], LETTER)
    assert len(mailbox.messages()) == 1


def test_a_rejected_recipient_leaves_the_others_alone(mailbox: Mailbox) -> None:
    mailbox.reject("Ada@example.com")
    refused = connect(mailbox).sendmail(SHOP, [ADA, BEN], LETTER)
    assert refused[ADA][0] == 550
    assert mailbox.messages()[0].rcpt_tos == (BEN,)
    mailbox.heal()
    assert connect(mailbox).sendmail(SHOP, [ADA], LETTER) == {}


def test_a_stalling_mailbox_answers_nothing_until_it_goes_on(mailbox: Mailbox) -> None:
    with mailbox.stalling(), pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        connect(mailbox, timeout=0.2)
    assert connect(mailbox).noop()[0] == 250


def test_a_lost_reply_leaves_the_message_in_the_log_of_accepted_ones(mailbox: Mailbox) -> None:
    mailbox.lose_replies(1)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        connect(mailbox).sendmail(SHOP, [ADA], LETTER)
    assert mailbox.store.accepted(["<hello@shop>", "<other@shop>"]) == {"<hello@shop>"}


def test_waiting_in_vain_tells_what_came_instead(mailbox: Mailbox) -> None:
    connect(mailbox).sendmail(SHOP, [ADA], LETTER)
    with pytest.raises(TimeoutError, match=r"ada@example.com: Hello"):
        mailbox.wait_for(to=BEN, timeout=0.01)
