"""What inboxes show of a letter before anybody opens it: who writes, the subject, the preheader."""

import re
from collections.abc import Iterator, Sequence

from core import config, settings
from core.findings import Finding, blocks, warns
from core.mail import printing
from newsletter import slips
from newsletter.markup import with_slots
from newsletter.subjects import Subject

LONGEST_SUBJECT = 70
"""Characters; phones cut off what is longer."""
PREHEADER = range(40, 111)
"""Characters that fill the line in which inboxes show it."""

_ANSWER = re.compile(r"\s*(?:re|fwd?|aw|wg)\s*:", re.IGNORECASE)
_SHOUTS = re.compile(r"[!?]{2,}|[$€£]{2,}")
_UNWRITTEN = re.compile(
    r"(?:copy of|\[test\]|\[draft\]).*|(?:no |new |the )?"
    r"(?:draft|issue|newsletter|subject|test|title|untitled)\W*\d*",
    re.IGNORECASE,
)
_RESERVED = ("example", "test", "localhost", "invalid")  # RFC 2606: no DNS has these
_ANYBODYS = frozenset(
    [
        "aol.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.com",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "web.de",
        "yahoo.com",
        "yahoo.co.uk",
        "yandex.com",
        "ymail.com",
    ]
)
"""Providers of mailboxes; their DMARC lets nobody else send from their domains."""


def examine(subjects: Sequence[Subject]) -> Iterator[Finding]:
    """What speaks against a letter's subjects and preheaders, and against its sender."""
    for each in subjects:
        yield from _subject(each)
        yield from _preheader(each)
    words = [each.subject.strip() for each in subjects]
    if len(set(words)) < len(words):
        yield blocks("Two of its subjects are the same; a trial could tell nothing.")
    yield from _sender()


def leaves() -> bool:
    """Whether mail goes out into the world: to a server, from a domain that can exist."""
    return config.current().mailbox_url is None and not is_reserved(sender_domain())


def sender_domain() -> str:
    """The domain of the address that letters come from."""
    return printing.domain_of(printing.find_sender()[1])


def is_reserved(domain: str) -> bool:
    """Whether a domain is one for examples, of which no DNS knows."""
    return domain.rpartition(".")[2] in _RESERVED


def _subject(each: Subject) -> Iterator[Finding]:
    name = "The subject" if each.number == 0 else f"Subject {each.letter}"
    words = each.subject.strip()
    if not words:
        yield blocks(f"{name} is empty.")
    if _ANSWER.match(words):
        # 15 U.S.C. 7704(a)(2)
        yield blocks(f"{name} pretends to be an answer or a copy, which is deception (CAN-SPAM).")
    if len(words) > LONGEST_SUBJECT:
        yield warns(f"{name} has more than {LONGEST_SUBJECT} characters; phones cut it off.")
    if sum(map(str.isalpha, words)) >= 8 and words == words.upper():
        yield warns(f"{name} is in capitals, as spam is.")
    if _SHOUTS.search(words):
        yield warns(f"{name} shouts.")
    if _UNWRITTEN.fullmatch(words):
        yield warns(f"{name}, “{words}”, looks as if it still waited to be written.")
    yield from slips.in_words(with_slots(words))


def _preheader(each: Subject) -> Iterator[Finding]:
    name = "preheader" if each.number == 0 else f"preheader {each.letter}"
    words = each.preheader.strip()
    if not words:
        yield warns(f"There is no {name}; inboxes show the first words instead.")
    elif _alike(words) == _alike(each.subject):
        yield warns(f"The {name} repeats the subject.")
    elif len(words) not in PREHEADER:
        yield warns(
            f"The {name} has {len(words)} characters; "
            f"{PREHEADER[0]} to {PREHEADER[-1]} fill the line that inboxes show."
        )
    yield from slips.in_words(with_slots(words))


def _alike(words: str) -> str:
    return re.sub(r"\W+", " ", words).strip().casefold()


def _sender() -> Iterator[Finding]:
    domain = sender_domain()
    if domain in _ANYBODYS:
        yield blocks(f"The sender's address is at {domain}, which lets nobody else send from it.")
    yield from _postal_address()
    if not leaves():
        return
    if is_reserved(printing.domain_of(settings.store().support_email)):
        yield blocks(f"Answers go to {settings.store().support_email}, which is the sample.")
    if not config.current().secure:
        yield blocks("Leaving with one click (RFC 8058) needs https: set SITE_URL to your address.")


def _postal_address() -> Iterator[Finding]:
    """CAN-SPAM, 15 U.S.C. 7704(a)(5): every such message shows a postal address."""
    address = settings.store().postal_address
    if not address.strip():
        yield blocks("The store's postal address is empty; the law asks for one in each letter.")
    elif address.startswith("[Sample"):
        weigh = blocks if leaves() else warns
        yield weigh("The store's postal address is still the sample.")
