"""What DNS says of a sender's domain: without SPF, DKIM and DMARC mailboxes refuse much mail.

Gmail and Yahoo ask senders of many messages for all three since February 2024. The name of a DKIM
record holds a selector, which only who signs knows: us, or a provider that staff have asked.
"""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration, Resolver

from core import config, settings
from core.mail import dkim
from core.readiness import Finding, State

_PATIENCE = 3.0  # seconds for each question
_LEAST_BITS = 1024  # RFC 8301, 3.2: verifiers take no shorter ones
_RECORD = re.compile(r"([\w-]+(?:\.[\w-]+)*)\._domainkey\.([\w-]+(?:\.[\w-]+)+)\.?")
_SIGNATURE = re.compile(r"DKIM-Signature:(.*?)\bb=", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"\b([ds])=\s*([\w.-]+)")


class Signer(NamedTuple):
    """Under which name the key of a signature lies in DNS.

    `key` is its public half where it is ours, and empty where `DKIM_KEY_FILE` cannot be read.
    """

    selector: str
    domain: str
    key: str | None = None

    @property
    def record(self) -> str:
        """The name of its record (RFC 6376, 3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"


def check(
    domain: str, resolver: Resolver | None = None, *, signer: Signer | None = None
) -> Iterator[Finding]:
    """How SPF, DKIM and DMARC of `domain` stand; `resolver` is the machine's own by default."""
    yield _spf(domain, resolver)
    yield _dkim(domain, signer, resolver)
    yield _dmarc(domain, resolver)


def signer(domain: str) -> Signer | None:
    """Who signs mail from `domain`: we, or the provider whose selector staff told, if they did."""
    ours = config.current().mail.dkim
    if ours is not None:
        try:
            key = dkim.public_half(dkim.load_key(ours.key_file))
        except (OSError, dkim.BadKey):
            key = ""
        return Signer(ours.selector, ours.domain, key)
    told = settings.store().dkim_selector
    if not told:
        return None
    record = _RECORD.fullmatch(told)
    return Signer(*record.groups()) if record else Signer(told, domain)


def read_selector(text: str, domain: str) -> str:
    """A selector in what somebody typed or pasted: itself, a record's name, or a letter's source.

    Of several signatures that of `domain` counts, as providers add one of their own. Raises
    `ValueError` where there is none.
    """
    text = text.strip()
    if record := _RECORD.fullmatch(text):
        return Signer(*record.groups()).record
    if re.fullmatch(r"[\w-]+(?:\.[\w-]+)*", text):
        return text
    signatures = [dict(_TAG.findall(found)) for found in _SIGNATURE.findall(text)]
    for tags in signatures:
        if "s" in tags and is_aligned(tags.get("d", ""), domain):
            return Signer(tags["s"], tags["d"]).record
    if signatures:
        raise ValueError(f"no signature in this is of {domain}")
    raise ValueError("this holds no selector; it is what a letter's source shows after s=")


def is_aligned(signing: str, domain: str) -> bool:
    """Whether DMARC takes a signature of `signing` for mail from `domain`, as far as names tell."""
    one, other = signing.lower(), domain.lower()
    return one == other or one.endswith(f".{other}") or ("." in one and other.endswith(f".{one}"))


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


def _dkim(domain: str, signer: Signer | None, resolver: Resolver | None) -> Finding:
    if signer is None:
        return Finding(
            "DKIM",
            State.UNKNOWN,
            "could not be checked: your mail provider signs, and its record's name holds a "
            "selector; enter it in the back office under Settings",
        )
    if not is_aligned(signer.domain, domain):
        said = f"signed for {signer.domain}, which DMARC does not take for {domain}"
        return Finding("DKIM", State.BLOCKS, said)
    texts = _texts(signer.record, resolver)
    if texts is None:
        return _unknown("DKIM", signer.record)
    wrong = _wrong_key(texts, signer)
    state = State.BLOCKS if wrong else State.OK
    return Finding("DKIM", state, f"{signer.record} {wrong or 'holds the key'}")


def _wrong_key(texts: list[str], signer: Signer) -> str | None:
    """What is wrong with a key's record (RFC 6376, 3.6.1)."""
    found = [tags for text in texts if "p" in (tags := _tags(text))]
    if len(found) != 1:
        return "has more than one key; one is right" if found else "has no key"
    tags = found[0]
    public, ours = tags["p"], signer.key
    wrongs = {
        "holds a key that was withdrawn (p= is empty)": not public,
        "cannot be compared: DKIM_KEY_FILE holds no key that signs": ours == "",
        "holds another key than the one in DKIM_KEY_FILE": ours is not None and ours != public,
        f"holds no RSA key of {_LEAST_BITS} bits or more": (
            tags.get("k", "rsa") == "rsa" and _bits(public) < _LEAST_BITS
        ),
        "says t=y: receivers take no notice of a key that is being tested": (
            "y" in tags.get("t", "").split(":")
        ),
    }
    return next((said for said, holds in wrongs.items() if holds), None)


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs if name.strip()}


def _bits(public: str) -> int:
    try:
        key = load_der_public_key(b64decode(public, validate=True))
    except (Error, ValueError, UnsupportedAlgorithm):
        return 0
    return key.key_size if isinstance(key, RSAPublicKey) else 0


def _dmarc(domain: str, resolver: Resolver | None) -> Finding:
    """A subdomain without a record has that of the nearest domain above it (RFC 7489, 6.6.3)."""
    labels = domain.split(".")
    above = [".".join(labels[at:]) for at in range(len(labels) - 1)] or [domain]
    records: list[str] | None = []
    for each in above:
        records = _records(f"_dmarc.{each}", "v=DMARC1", resolver)
        if records != []:
            break
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
    texts = _texts(name, resolver)
    if texts is None:
        return None
    return [text for text in texts if text.lower().split(";")[0].split()[:1] == [version.lower()]]


def _texts(name: str, resolver: Resolver | None) -> list[str] | None:
    try:
        asked = resolver or Resolver()
        answer = asked.resolve(name, "TXT", lifetime=_PATIENCE, search=False)
    except (NXDOMAIN, NoAnswer):
        return []
    except (DNSException, NoResolverConfiguration, OSError):
        return None
    return [b"".join(record.strings).decode(errors="replace") for record in answer]
