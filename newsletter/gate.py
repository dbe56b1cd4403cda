"""The gate of the sign-up form: addresses that no letter reaches are named before anything is sent.

What it answers hangs on the address alone, never on who is on the list.
"""

import threading
from datetime import datetime, timedelta
from functools import cache

from dns.exception import DNSException, Timeout
from dns.rdatatype import AAAA, MX, A
from dns.resolver import NXDOMAIN, LRUCache, NoAnswer, NoNameservers, Resolver

from core import clock, config
from core.mail.addresses import InvalidAddress
from newsletter import typos
from newsletter.wording import CONTENT

PATIENCE = 0.25
"""Seconds that DNS may take altogether; then the address passes."""
_REST = timedelta(minutes=1)
_RESERVED = ("test", "example", "invalid", "localhost", "example.com", "example.net", "example.org")
"""Domains for trials (RFC 2606), which have no mail servers and need none."""


class Domains:
    """What DNS says of domains; where it is slow, it is not asked again for a minute."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver
        self._resting_until: datetime | None = None
        self._lock = threading.Lock()

    def take_mail(self, domain: str) -> bool:
        """Whether a domain has a mail server; True also where DNS does not say in time."""
        if self._rests():
            return True
        try:
            return self._asked(domain)
        except (NXDOMAIN, NoAnswer):
            return False
        except (Timeout, NoNameservers, DNSException, OSError):
            with self._lock:
                self._resting_until = clock.now() + _REST
            return True

    def _asked(self, domain: str) -> bool:
        """A domain without MX takes mail at its own address (RFC 5321, section 5.1)."""
        resolver = self._resolver or _own()
        try:
            found = resolver.resolve(domain, MX, lifetime=PATIENCE)
        except NoAnswer:
            answers = (
                resolver.resolve(domain, kind, lifetime=PATIENCE, raise_on_no_answer=False)
                for kind in (A, AAAA)
            )
            return any(answer.rrset for answer in answers)
        # A single MX that is the root says that no mail is wanted (RFC 7505).
        return any(str(each.exchange) != "." for each in found)

    def _rests(self) -> bool:
        with self._lock:
            return self._resting_until is not None and clock.now() < self._resting_until


_domains = Domains()


def check(address: str, domains: Domains | None = None) -> None:
    """Look at a normalized address before anything is sent to it. Raises `InvalidAddress`.

    Where all mail goes to the local mailbox, DNS is not asked.
    """
    domain = address.rpartition("@")[2]
    if _is_disposable(domain):
        raise InvalidAddress(
            "Letters to throw-away addresses soon reach nobody. Please enter one that you keep."
        )
    if domain in typos.PROVIDERS or domain.endswith(tuple(f".{each}" for each in _RESERVED)):
        return
    asks = domains or (None if config.current().mailbox_url else _domains)
    if domain not in _RESERVED and asks is not None and not asks.take_mail(domain):
        meant = typos.suggest(address)
        hint = f" Did you mean {meant}?" if meant else ""
        raise InvalidAddress(f"No mail can be sent to {domain}.{hint}")


def _is_disposable(domain: str) -> bool:
    """The domain, or one that it is part of, gives away mailboxes for minutes."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in _disposable() for start in range(len(labels) - 1))


@cache
def _disposable() -> frozenset[str]:
    lines = (CONTENT / "disposable.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


@cache
def _own() -> Resolver:
    resolver = Resolver()
    resolver.cache = LRUCache(2_000)
    return resolver
