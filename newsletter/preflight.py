"""What to mend before an issue goes out: what blocks it, and what its author should know."""

from core import settings
from core.findings import Finding, Weight
from newsletter import cards, markup, rendering
from newsletter.markup import BadLetter
from newsletter.models import Newsletter

LARGEST = 102_400
"""Gmail cuts off what is larger, in bytes of HTML, and with it the way out."""
LARGE = 80_000
LONGEST_LINE = 998
"""RFC 5322: octets in a line."""


def examine(issue: Newsletter) -> list[Finding]:
    """All findings, those that block first."""
    try:
        skeleton = rendering.compile_letter(
            issue.subject, issue.preheader, issue.body, archived=True
        )
    except BadLetter as error:
        return [_blocks(f"The letter cannot be read: {error}.")]
    message = skeleton.fill(rendering.sample_values())
    found = [
        *_envelope(issue),
        *_sender(),
        *_way_out(skeleton),
        *_size(message.html),
        *_lines(message.html, message.text),
        *_content(issue.body),
    ]
    return sorted(found, key=lambda finding: finding.weight.value)


def _envelope(issue: Newsletter) -> list[Finding]:
    found = []
    if not issue.subject.strip():
        found.append(_blocks("The subject is empty."))
    if len(issue.subject) > 70:
        found.append(_warns("The subject has more than 70 characters; phones cut it off."))
    if not issue.body.strip():
        found.append(_blocks("The letter is empty."))
    if not issue.preheader.strip():
        found.append(_warns("There is no preheader; inboxes show the first words instead."))
    elif issue.preheader.strip() == issue.subject.strip():
        found.append(_warns("The preheader repeats the subject."))
    return found


def _sender() -> list[Finding]:
    """CAN-SPAM, 15 U.S.C. 7704(a)(5): every such message shows a postal address."""
    address = settings.store().postal_address
    if not address.strip():
        return [
            _blocks("The store's postal address is empty; the law asks for one in each letter.")
        ]
    if address.startswith("[Sample"):
        return [_warns("The store's postal address is still the sample.")]
    return []


def _way_out(skeleton: rendering.Skeleton) -> list[Finding]:
    slot = "unsubscribe_url"
    if slot not in skeleton.html[1::2] or slot not in skeleton.text[1::2]:
        return [_blocks("The way to unsubscribe is missing.")]
    return []


def _size(html: str) -> list[Finding]:
    size = len(html.encode())
    if size >= LARGEST:
        return [_blocks(f"The HTML has {size:,} bytes; Gmail cuts off at {LARGEST:,}.")]
    if size >= LARGE:
        return [_warns(f"The HTML has {size:,} bytes; Gmail cuts off at {LARGEST:,}.")]
    return []


def _lines(*parts: str) -> list[Finding]:
    """They are wrapped on the way (quoted-printable), but a word of that length is a mistake."""
    longest = max((len(word.encode()) for part in parts for word in part.split()), default=0)
    return [_warns(f"One word has {longest} octets.")] if longest > LONGEST_LINE else []


def _content(body: str) -> list[Finding]:
    tokens = markup.parse(markup.with_slots(body))
    found = [_blocks(f"{hole}; nothing would stand there.") for hole in cards.holes(tokens)]
    silent = markup.images_without_words(tokens) + cards.pictures_without_words(tokens)
    if silent:
        found.append(_warns(f"{silent} of the images have no words for those who see none."))
    if "](data:" in body:
        found.append(_blocks("An image is part of the letter itself; link to it instead."))
    return found


def _blocks(text: str) -> Finding:
    return Finding(Weight.BLOCKS, text)


def _warns(text: str) -> Finding:
    return Finding(Weight.WARNS, text)
