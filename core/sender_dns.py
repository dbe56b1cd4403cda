"""What DNS says of a sender's domain: SPF and DMARC, without which mailboxes refuse much mail.

Gmail and Yahoo ask senders of many messages for SPF, DKIM and DMARC since February 2024.
"""

from collections.abc import Iterator

from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration, Resolver

from core.readiness import Finding, State

_PATIENCE = 3.0  # seconds for each question


def check(domain: str, resolver: Resolver | None = None) -> Iterator[Finding]:
    """How SPF, DKIM and DMARC of `domain` stand; `resolver` is the machine's own by default."""
    yield _spf(domain, resolver)
    yield Finding(
        "DKIM",
        State.UNKNOWN,
        "could not be checked: only your mail provider knows the record's name; look in its "
        "console, or at Authentication-Results in a letter that you received",
    )
    yield _dmarc(domain, resolver)


def _spf(domain: str, resolver: Resolver | None) -> Finding:
    """Exactly one record, or receivers take it for an error (RFC 7208, section 4.5)."""
    records = _records(domain, "v=spf1", resolver)
    match records:
        case None:
            return _unknown("SPF", domain)
        case []:
            return Finding("SPF", State.BLOCKS, f"{domain} has no v=spf1 record")
        case [record]:
            return Finding("SPF", State.OK, f"{domain}: {record}")
    return Finding("SPF", State.BLOCKS, f"{domain} has {len(records)} v=spf1 records; one is right")


def _dmarc(domain: str, resolver: Resolver | None) -> Finding:
    """A subdomain without a record has its organization's (RFC 7489, section 6.6.3)."""
    parent = ".".join(domain.split(".")[-2:])
    records = _records(f"_dmarc.{domain}", "v=DMARC1", resolver)
    if records == [] and parent != domain:
        records = _records(f"_dmarc.{parent}", "v=DMARC1", resolver)
    if records is None:
        return _unknown("DMARC", domain)
    if len(records) != 1:
        seen = "no v=DMARC1 record" if not records else "more than one v=DMARC1 record"
        return Finding("DMARC", State.BLOCKS, f"_dmarc.{domain} has {seen}")
    return Finding("DMARC", State.OK, f"_dmarc.{domain}: {records[0]}")


def _unknown(subject: str, domain: str) -> Finding:
    return Finding(subject, State.UNKNOWN, f"could not be checked: no answer about {domain}")


def _records(name: str, version: str, resolver: Resolver | None) -> list[str] | None:
    """The TXT records of `name` that begin with `version`; None where DNS does not answer."""
    try:
        asked = resolver or Resolver()
        answer = asked.resolve(name, "TXT", lifetime=_PATIENCE, search=False)
    except (NXDOMAIN, NoAnswer):
        return []
    except (DNSException, NoResolverConfiguration, OSError):
        return None
    texts = [b"".join(record.strings).decode(errors="replace") for record in answer]
    return [text for text in texts if text.lower().split(";")[0].split()[:1] == [version.lower()]]
