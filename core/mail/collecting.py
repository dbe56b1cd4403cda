"""Collects notices of bounces from the mailbox where they arrive, by IMAP or POP3."""

import imaplib
import logging
import poplib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from ssl import create_default_context
from urllib.parse import SplitResult, unquote, urlsplit

from core import config, jobs
from core.mail import bounces, notices

log = logging.getLogger(__name__)

_AT_ONCE = 200  # messages in a turn
_PATIENCE = 30  # seconds

Letter = tuple[bytes, Callable[[], object]]
"""A message, and what removes it once its notices are stored."""


def install() -> None:
    """Have workers collect every few minutes."""
    jobs.job("bounces", every_minutes=5)(collect)


def collect() -> int:
    """Take in what waits in `MAIL_BOUNCE_MAILBOX`; how many notices were new.

    A message is removed only after the commit, so that a crash brings it again, where it counts
    once. What is no notice is left to people.
    """
    url = config.current().mail.bounce_mailbox
    if url is None:
        return 0
    new = 0
    try:
        with _open(urlsplit(url)) as letters:
            for octets, remove in letters:
                found = notices.read(octets)
                if found:
                    new += bounces.take(found)
                    remove()
    except (OSError, imaplib.IMAP4.error, poplib.error_proto) as error:
        log.warning("the mailbox of bounces cannot be read: %s", error)
    return new


@contextmanager
def _open(url: SplitResult) -> Iterator[Iterator[Letter]]:
    opened = _imap(url) if url.scheme.startswith("imap") else _pop3(url)
    try:
        yield opened
    finally:
        opened.close()


def _imap(url: SplitResult) -> Generator[Letter, None, None]:
    """Unseen messages of the folder that the path names, by their UIDs (RFC 3501)."""
    host, port = url.hostname or "", url.port
    box = (
        imaplib.IMAP4_SSL(
            host, port or 993, ssl_context=create_default_context(), timeout=_PATIENCE
        )
        if url.scheme == "imaps"
        else imaplib.IMAP4(host, port or 143, timeout=_PATIENCE)
    )
    with box:
        box.login(unquote(url.username or ""), unquote(url.password or ""))
        box.select(f'"{unquote(url.path.strip("/")) or "INBOX"}"')
        _, found = box.uid("SEARCH", "UNSEEN")
        for uid in found[0].split()[:_AT_ONCE]:
            _, parts = box.uid("FETCH", uid, "(RFC822)")
            octets = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            yield octets, partial(box.uid, "STORE", uid, "+FLAGS", r"(\Deleted)")
        box.expunge()


def _pop3(url: SplitResult) -> Generator[Letter, None, None]:
    """Messages of the mailbox; what is removed goes with QUIT (RFC 1939)."""
    host, port = url.hostname or "", url.port
    box: poplib.POP3 = (
        poplib.POP3_SSL(host, port or 995, context=create_default_context(), timeout=_PATIENCE)
        if url.scheme == "pop3s"
        else poplib.POP3(host, port or 110, timeout=_PATIENCE)
    )
    try:
        box.user(unquote(url.username or ""))
        box.pass_(unquote(url.password or ""))
        count, _ = box.stat()
        for number in range(1, min(count, _AT_ONCE) + 1):
            _, lines, _ = box.retr(number)
            yield b"\r\n".join(lines), partial(box.dele, number)
    finally:
        box.quit()
