"""Asks the receiving side which messages it has: the way out of an unknown fate."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Collection

Log = Callable[[Collection[str]], set[str] | None]


class Unanswered(Exception):
    """The log cannot be asked just now."""


def _no_log(message_ids: Collection[str]) -> None:
    """The acceptance log of a server that keeps none."""
    del message_ids


_log: Log = _no_log


def install(acceptance_log: Log) -> None:
    """Use the acceptance log of the mail server in use."""
    global _log  # noqa: PLW0603 - one process sends through one mail server
    _log = acceptance_log


def lookup(message_ids: Collection[str]) -> set[str] | None:
    """Which of these Message-IDs were accepted; None where nobody ever can tell.

    Raises `Unanswered`.
    """
    return _log(message_ids) if message_ids else set()


def mailbox_log(mailbox_url: str) -> Log:
    """The acceptance log of the local mailbox at `mailbox_url`."""

    def ask(message_ids: Collection[str]) -> set[str]:
        request = urllib.request.Request(  # noqa: S310 - our own mailbox's address
            f"{mailbox_url}/lookup.json",
            data=json.dumps({"message_ids": list(message_ids)}).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
                return set(json.load(answer)["accepted"])
        except (urllib.error.URLError, TimeoutError) as error:
            raise Unanswered(str(error)) from error

    return ask
