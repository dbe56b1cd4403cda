"""Prints claimed messages: the composers of their letters are asked, and parcels made of it."""

import logging
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import formatdate, parseaddr
from functools import lru_cache
from hashlib import sha256

from jinja2 import TemplateError
from sqlalchemy.exc import SQLAlchemyError

from core import config, db, settings
from core.mail import dkim, forms, letters, verp
from core.mail.forms import BadHeader
from core.mail.letters import Filling, Message, Undeliverable
from core.mail.models import Delivery, Stream
from core.mail.pipelining import Parcel
from core.mail.providers import postmark

log = logging.getLogger(__name__)

# What a composer's own fault may raise; it holds up no other message.
FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    SQLAlchemyError,
    TemplateError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Printed:
    """A message that is ready to go, and its subject for the ledger."""

    parcel: Parcel
    subject: str


class Faulty(Exception):
    """A message cannot be composed until a fault is mended; the text says which."""


Print = Printed | Undeliverable | Faulty

RETURN_PATH = "return_path"
"""A slot that any form may have: the return path of the message, see `core.mail.verp`."""


class Press:
    """Prints messages, each when it is wanted, or before that while somebody is waited for."""

    def __init__(self) -> None:
        self._sender = "", ""
        self._filled: dict[Delivery, Filling | Undeliverable | Faulty] = {}
        self._printed: dict[Delivery, Print] = {}

    def load(self, deliveries: Iterable[Delivery]) -> None:
        """Have it look up what messages say; reads the database and changes nothing."""
        has = self._filled.keys() | self._printed.keys()
        new = [each for each in deliveries if each not in has]
        if new:
            with db.reading():
                self._sender = find_sender()
                self._filled |= dict(_fillings(new, self._sender))

    def print_next(self) -> None:
        """Print one message ahead, where one is loaded; a fault shows once it is taken."""
        delivery = next(iter(self._filled), None)
        if delivery is None:
            return
        with suppress(*FAULTS):
            self._printed[delivery] = _print(delivery, self._filled[delivery], self._sender)
            del self._filled[delivery]

    def take(self, delivery: Delivery) -> Print:
        """A loaded message as it goes, which the press then has no more."""
        if delivery in self._printed:
            return self._printed.pop(delivery)
        return _print(delivery, self._filled.pop(delivery), self._sender)


def print_all(deliveries: Sequence[Delivery]) -> dict[Delivery, Print]:
    """Compose messages and make parcels of them; reads the database and changes nothing."""
    press = Press()
    press.load(deliveries)
    return {delivery: press.take(delivery) for delivery in deliveries}


def print_as_one(deliveries: Sequence[Delivery]) -> Print:
    """Compose several letters to one person as one message, which is known by the first's row."""
    first = deliveries[0]
    merge = letters.find(first.letter).merge
    assert merge is not None
    with db.reading():
        sender = find_sender()
        return _print(first, _composed(first, sender, lambda: merge(deliveries)), sender)


def message_id(delivery: Delivery, domain: str) -> str:
    """The Message-ID of a ledger row: the same at each attempt, so that nobody counts it twice."""
    digest = sha256(f"{delivery.id}:{delivery.key}".encode()).hexdigest()[:20]
    return f"<{digest}.{delivery.id}@{domain}>"


def delivery_id(message_id: str) -> int | None:
    """The ledger row that a Message-ID of ours names, to be compared with that row's own."""
    match = _MESSAGE_ID.fullmatch(message_id)
    return int(match[1]) if match else None


_MESSAGE_ID = re.compile(r"<[0-9a-f]{20}\.([0-9]{1,9})@[^@>]+>")


def find_sender() -> tuple[str, str]:
    """The name and address in From: what `MAIL_DEFAULT_SENDER` says, else the store's own."""
    store = settings.store()
    name, address = parseaddr(config.current().mail.default_sender or "")
    return name or store.name, address or store.sender_email


def domain_of(address: str) -> str:
    """The domain of an address, in lower case."""
    return address.rpartition("@")[2].lower() or "localhost"


def _fillings(
    deliveries: Sequence[Delivery], sender: tuple[str, str]
) -> Iterator[tuple[Delivery, Filling | Undeliverable | Faulty]]:
    """What each message says; those of one letter together, where its composer takes many."""
    by_letter: dict[str, list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        by_letter[delivery.letter].append(delivery)
    for name, alike in by_letter.items():
        filled = _filled(name, alike, sender)
        for delivery in alike:
            yield delivery, filled.get(delivery.id) or _composed(delivery, sender)


def _filled(name: str, alike: Sequence[Delivery], sender: tuple[str, str]) -> Mapping[int, Filling]:
    """What the letter's composer fills at once; a fault of one must not hold up the others."""
    try:
        letter = letters.find(name)
        return letter.fill(alike, sender) if letter.fill else {}
    except Undeliverable:
        return {}
    except FAULTS:
        log.exception("%s letters %s cannot be filled at once", len(alike), name)
        return {}


def _composed(
    delivery: Delivery, sender: tuple[str, str], compose: Callable[[], Message] | None = None
) -> Filling | Undeliverable | Faulty:
    """What a message says by its letter's composer, or by another."""
    try:
        message = compose() if compose else letters.find(delivery.letter).compose(delivery)
        if delivery.stream is Stream.TRANSACTIONAL:
            message = replace(message, headers=_AUTOMATIC | message.headers)
        return forms.compile_form(message, sender), {}
    except BadHeader as error:
        return Undeliverable(str(error))
    except Undeliverable as error:
        return error
    except FAULTS as error:
        log.exception("delivery %s cannot be composed", delivery.id)
        return Faulty(f"{type(error).__name__}: {error}")


# RFC 3834: no machine shall answer what a machine wrote.
_AUTOMATIC = {"Auto-Submitted": "auto-generated"}


def _print(
    delivery: Delivery, filling: Filling | Undeliverable | Faulty, sender: tuple[str, str]
) -> Print:
    if isinstance(filling, Exception):
        return filling
    form, values = filling
    recipient = _in_ascii(delivery.recipient)
    path = verp.return_path(delivery.id)
    name = message_id(delivery, domain_of(sender[1]))
    try:
        octets = _for_the_provider(name) + form.fill(
            {**values, RETURN_PATH: path or ""},
            to=recipient,
            message_id=name,
            date=_date(int(time.time())),
        )
    except BadHeader as error:
        return Undeliverable(str(error))
    parcel = Parcel(
        sender=path or _in_ascii(sender[1]),
        recipient=recipient,
        octets=dkim.sign(octets),
    )
    return Printed(parcel, form.subject_for(values))


def _for_the_provider(message_id: str) -> bytes:
    """What a provider that is listened to has to be told, to name the message later."""
    if "postmark" not in config.current().mail.webhook_keys:
        return b""
    told = postmark.headers_for(message_id)
    return b"".join(forms.header(name, value) for name, value in told.items())


@lru_cache(maxsize=4)
def _date(second: int) -> str:
    return formatdate(second)


@lru_cache(maxsize=1024)
def _in_ascii(address: str) -> str:
    """The address with its domain in IDNA; as it is where that cannot be."""
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address
