"""Collects notices of bounces from the mailbox where they arrive, by IMAP or POP3."""

import imaplib
import logging
import poplib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from ssl import create_default_context
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from core import config, jobs
from core.mail import bounces, notices

log = logging.getLogger(__name__)

_AT_ONCE = 200  # messages in a turn
_PATIENCE = 30  # seconds


class _Letter(NamedTuple):
    """A message, what removes it once its notices are stored, and what leaves it to people."""

    octets: bytes
    remove: Callable[[], object]
    leave: Callable[[], object]


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
            for letter in letters:
                found = notices.read(letter.octets)
                new += bounces.take(found)
                (letter.remove if found else letter.leave)()
    except (OSError, imaplib.IMAP4.error, poplib.error_proto) as error:
        log.warning("the mailbox of bounces cannot be read: %s", error)
    return new


@contextmanager
def _open(url: SplitResult) -> Iterator[Iterator[_Letter]]:
    opened = _imap(url) if url.scheme.startswith("imap") else _pop3(url)
    try:
        yield opened
    finally:
        opened.close()


def _imap(url: SplitResult) -> Generator[_Letter, None, None]:
    """Unseen messages of the folder that the path names, by their UIDs (RFC 3501).

    To look at one does not make it seen: a crash before the commit would hide it for ever.
    """
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
        _, found = box.uid("SEARCH", "UNSEEN", "UNDELETED")
        for uid in found[0].split()[:_AT_ONCE]:
            _, parts = box.uid("FETCH", uid, "(BODY.PEEK[])")
            octets = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            flag = partial(box.uid, "STORE", uid, "+FLAGS")
            yield _Letter(octets, partial(flag, r"(\Deleted)"), partial(flag, r"(\Seen)"))
        box.expunge()


def _pop3(url: SplitResult) -> Generator[_Letter, None, None]:
    """The newest messages of the mailbox; what is removed goes with QUIT (RFC 1939).

    Newest first, as what is left to people stays, and is read again at each turn.
    """
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
        for number in range(count, max(0, count - _AT_ONCE), -1):
            _, lines, _ = box.retr(number)
            yield _Letter(b"\r\n".join(lines), partial(box.dele, number), _nothing)
    finally:
        box.quit()


def _nothing() -> None:
    """POP3 knows no flags: what is left to people is left as it is."""
