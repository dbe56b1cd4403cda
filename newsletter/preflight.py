"""What to mend before an issue goes out: what blocks it, and what its author should know.

What each part of a letter may get wrong is known to `envelope`, `slips`, `targets`, `illustrations`
and `legibility`; here they are asked, and the letter is weighed as it would be sent.
"""

from contextlib import suppress
from email.utils import format_datetime

from sqlalchemy import func, select

from core import clock, config, db, sender_dns
from core.findings import Finding, blocks, warns
from core.mail import printing, validation
from core.mail.forms import MARK
from core.readiness import State
from newsletter import (
    cards,
    deadlinks,
    envelope,
    illustrations,
    legibility,
    mailing,
    markup,
    plaintext,
    rendering,
    segments,
    slips,
    subjects,
    targets,
)
from newsletter.markup import BadLetter
from newsletter.models import Newsletter, Subscriber
from newsletter.subjects import Subject
from shop import claims

LARGEST = validation.CLIPPED
"""Gmail cuts off what is larger, in bytes of HTML, and with it the way out."""
LARGE = 80_000
LONGEST_LINE = 998
"""RFC 5322: octets in a line."""


def examine(issue: Newsletter, *, readers: bool = True) -> list[Finding]:
    """What the text, its readers and its largest letter show; what blocks is first.

    Without `readers` as for somebody, which costs the same however long the list is. Of a letter
    that cannot be read, it tells what its words show all the same.
    """
    tried = _subjects(issue)
    try:
        skeletons = [_compiled(issue, each) for each in tried]
    except BadLetter as error:
        return _in_order(*_of_unreadable(issue, tried, error))
    values = _largest_values(issue) if readers else rendering.sample_values()
    largest = max((skeleton.fill(values) for skeleton in skeletons), key=lambda one: len(one.html))
    found = [
        *envelope.examine(tried),
        *_way_out(skeletons[0]),
        *_size(largest.html),
        *_lines(largest.html, largest.text),
        *(wrong for skeleton in skeletons for wrong in _octets(skeleton, values)),
        *(_readers(issue, tried) if readers else ()),
        *_content(issue.body),
        *_claims(issue, tried),
        *_faint(largest.html),
    ]
    return _in_order(*found)


def examine_outside(issue: Newsletter) -> list[Finding]:
    """What only others tell: its author's dead links, the sender's DNS. May take seconds."""
    site_url = config.current().site_url
    try:
        tokens = markup.parse(markup.with_slots(issue.body), site_url=site_url)
        html = markup.html(tokens, cards.drawing("html", site_url))
    except BadLetter:
        return []
    dead, silent = deadlinks.find(html)
    found = [blocks(f"A link leads nowhere: {address}") for address in dead]
    found += [warns(f"A link did not answer: {address}") for address in silent]
    return [*found, *_domain()]


def _in_order(*found: Finding) -> list[Finding]:
    """Each once, what blocks first."""
    return sorted(dict.fromkeys(found), key=lambda finding: finding.weight.value)


def _of_unreadable(issue: Newsletter, tried: list[Subject], error: BadLetter) -> list[Finding]:
    """What else is wrong with a letter that cannot be read, so that all of it is mended at once."""
    found = [blocks(f"The letter cannot be read: {error}.")]
    with suppress(BadLetter):
        found.extend(envelope.examine(tried))
    return [*found, *_promises(_words(issue, tried))]


def _subjects(issue: Newsletter) -> list[Subject]:
    """The subjects under which it may go; of what is not saved yet its own alone."""
    own = Subject(0, issue.subject, issue.preheader)
    return [own] if issue.id is None else subjects.as_they_go(issue)


def _compiled(issue: Newsletter, tried: Subject) -> rendering.Skeleton:
    return rendering.compile_letter(tried.subject, tried.preheader, issue.body, archived=True)


def _largest_values(issue: Newsletter) -> dict[str, str]:
    """What fills the slots where they are longest, among the readers that the issue has now."""
    mine = segments.members(issue.segment)
    columns = func.coalesce(Subscriber.name, ""), Subscriber.email
    with db.reading() as session:
        # To sort a million by their length takes several times as long.
        lengths = session.execute(
            select(*(func.max(func.length(each)) for each in columns)).where(mine)
        )
        longest = [
            session.scalar(select(each).where(mine, func.length(each) == length).limit(1))
            for each, length in zip(columns, lengths.one(), strict=True)
        ]
    samples = rendering.sample_values(longest[1] or "reader@example.com")
    return samples | {"name": max(longest[0] or "", rendering.SOMEBODY, key=len)}


def _octets(skeleton: rendering.Skeleton, values: dict[str, str]) -> list[Finding]:
    """The largest letter as it would be sent, read as receivers read it."""
    values = values | {printing.RETURN_PATH: "bounce@example.com"}
    try:
        form = skeleton.print_form(mailing.headers("newsletter:0"), printing.find_sender())
        octets = form.fill(
            values,
            to=values["email"],
            date=format_datetime(clock.now()),
            message_id="<preflight@example.com>",
        )
    except ValueError as error:
        return [blocks(f"The letter cannot be sent: {error}.")]
    # Its size and an empty subject are told in other words above.
    told = ("HTML", "Subject is empty")
    return [
        blocks(f"As it would be sent, {wrong}.")
        for wrong in validation.examine(octets, marketing=True)
        if not any(each in wrong for each in told)
    ]


def _readers(issue: Newsletter, tried: list[Subject]) -> list[Finding]:
    """Whether anybody would get it, and for how many a merge field has no value."""
    mine = segments.members(issue.segment)
    with db.reading() as session:
        if session.scalar(select(Subscriber.id).where(mine).limit(1)) is None:
            return [warns("Nobody would get it: no reader is in this part of the list.")]
    words = (issue.body, *(text for each in tried for text in (each.subject, each.preheader)))
    if not any(f"{MARK}name{MARK}" in markup.with_slots(each) for each in words):
        return []
    nameless = select(func.count()).where(mine, func.coalesce(Subscriber.name, "") == "")
    with db.reading() as session:
        readers = session.scalar(nameless) or 0
    if not readers:
        return []
    are = "reader has" if readers == 1 else "readers have"
    return [warns(f"{readers:,} {are} given no name, and will read “{rendering.SOMEBODY}”.")]


def _claims(issue: Newsletter, tried: list[Subject]) -> list[Finding]:
    """Words that promise a cure; near the name of a disease, a tool looks like its treatment.

    What blocks say is read too, such as the summary of a post.
    """
    tokens = markup.parse(markup.with_slots(issue.body))
    drawn = plaintext.write(tokens, cards.drawing("txt"))
    text = f"{_words(issue, tried)}\n{drawn}"
    found = _promises(text)
    diseases = list(dict.fromkeys(claims.DISEASES.findall(text)))
    if diseases and "::product" in text:
        named = ", ".join(diseases)
        found.append(warns(f"A product beside the name of a disease reads like a claim: {named}."))
    return found


def _words(issue: Newsletter, tried: list[Subject]) -> str:
    """What its author wrote."""
    heads = [text for each in tried for text in (each.subject, each.preheader)]
    return "\n".join((*heads, issue.body))


def _promises(text: str) -> list[Finding]:
    return [
        blocks(f"“{word}” promises what nobody can show.")
        for word in dict.fromkeys(claims.PROMISES.findall(text))
    ]


def _faint(html: str) -> list[Finding]:
    return [
        blocks(
            f"“{faint.words}” can hardly be read{' in dark' if faint.dark else ''}: its contrast "
            f"is {faint.contrast}, and {legibility.LEAST} is the least."
        )
        for faint in legibility.find(html)
    ]


def _domain() -> list[Finding]:
    """SPF, DKIM and DMARC of the sender's domain; a local mailbox asks for none."""
    if config.current().mailbox_url is not None:
        return []
    domain = envelope.sender_domain()
    if envelope.is_reserved(domain):
        return [warns("The sender's DNS is looked at once its address is yours.")]
    weighed = {State.BLOCKS: blocks, State.UNKNOWN: warns}
    return [
        weighed[finding.state](f"{finding.subject}: {finding.detail}.")
        for finding in sender_dns.check(domain, signer=sender_dns.signer(domain))
        if finding.state in weighed
    ]


def _way_out(skeleton: rendering.Skeleton) -> list[Finding]:
    slot = "unsubscribe_url"
    if slot not in skeleton.html[1::2] or slot not in skeleton.text[1::2]:
        return [blocks("The way to unsubscribe is missing.")]
    return []


def _size(html: str) -> list[Finding]:
    size = len(html.encode())
    if size >= LARGEST:
        return [blocks(f"The HTML has {size:,} bytes; Gmail cuts off at {LARGEST:,}.")]
    if size >= LARGE:
        return [warns(f"The HTML has {size:,} bytes; Gmail cuts off at {LARGEST:,}.")]
    return []


def _lines(*parts: str) -> list[Finding]:
    """They are wrapped on the way (quoted-printable), but a word of that length is a mistake."""
    longest = max((len(word.encode()) for part in parts for word in part.split()), default=0)
    return [warns(f"One word has {longest} octets.")] if longest > LONGEST_LINE else []


def _content(body: str) -> list[Finding]:
    if not body.strip():
        return [blocks("The letter is empty.")]
    tokens = markup.parse(markup.with_slots(body))
    return [
        *(blocks(f"{hole}; nothing would stand there.") for hole in cards.holes(tokens)),
        *(warns(f"{doubt}.") for doubt in cards.doubts(tokens)),
        *slips.in_tokens(tokens),
        *targets.examine(tokens),
        *illustrations.examine(body, tokens),
        *_headings([token.tag for token in tokens if token.type == "heading_open"]),
    ]


def _headings(tags: list[str]) -> list[Finding]:
    """Who hears a letter read finds their way by them."""
    levels = [int(tag[1]) for tag in tags]
    found = []
    if levels.count(1) > 1:
        found.append(warns("It has more than one heading of the first rank (#)."))
    if any(below > above + 1 for above, below in zip([1, *levels], levels, strict=False)):
        found.append(warns("A heading skips a rank: ### comes below ##."))
    return found
