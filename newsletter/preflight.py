"""What to mend before an issue goes out: what blocks it, and what its author should know."""

from email.utils import format_datetime

from sqlalchemy import func, select

from core import clock, config, db, sender_dns, settings
from core.findings import Finding, Weight
from core.mail import printing, validation
from core.mail.forms import MARK
from core.readiness import State
from newsletter import cards, deadlinks, legibility, mailing, markup, rendering, segments, subjects
from newsletter.markup import BadLetter
from newsletter.models import Newsletter, Subscriber
from shop import claims

LARGEST = validation.CLIPPED
"""Gmail cuts off what is larger, in bytes of HTML, and with it the way out."""
LARGE = 80_000
LONGEST_LINE = 998
"""RFC 5322: octets in a line."""
_RESERVED = ("example", "test", "localhost", "invalid")  # RFC 2606: no DNS has these


def examine(issue: Newsletter, *, readers: bool = True) -> list[Finding]:
    """What the text, its readers and its largest letter show; what blocks is first.

    Without `readers` as for somebody, which costs the same however long the list is.
    """
    try:
        skeleton = _compiled(issue)
    except BadLetter as error:
        return [_blocks(f"The letter cannot be read: {error}.")]
    values = _largest_values(issue) if readers else rendering.sample_values()
    message = skeleton.fill(values)
    found = [
        *_envelope(issue),
        *_other_subjects(issue),
        *_sender(),
        *_way_out(skeleton),
        *_size(message.html),
        *_lines(message.html, message.text),
        *_octets(skeleton, values),
        *(_missing(issue) if readers else ()),
        *_content(issue.body),
        *_claims(issue),
        *_faint(message.html),
    ]
    return sorted(found, key=lambda finding: finding.weight.value)


def examine_outside(issue: Newsletter) -> list[Finding]:
    """What only others tell: its author's dead links, the sender's DNS. May take seconds."""
    site_url = config.current().site_url
    try:
        tokens = markup.parse(markup.with_slots(issue.body), site_url=site_url)
        html = markup.html(tokens, cards.drawing("html", site_url))
    except BadLetter:
        return []
    dead, silent = deadlinks.find(html)
    found = [_blocks(f"A link leads nowhere: {address}") for address in dead]
    found += [_warns(f"A link did not answer: {address}") for address in silent]
    return [*found, *_domain()]


def _compiled(issue: Newsletter) -> rendering.Skeleton:
    return rendering.compile_letter(issue.subject, issue.preheader, issue.body, archived=True)


def _largest_values(issue: Newsletter) -> dict[str, str]:
    """What fills the slots where they are longest, among the readers that the issue has now."""
    mine = segments.members(issue.segment)
    name, email = Subscriber.name, Subscriber.email
    with db.reading() as session:
        longest = [
            session.scalar(select(each).where(mine).order_by(func.length(each).desc()).limit(1))
            for each in (func.coalesce(name, ""), email)
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
        return [_blocks(f"The letter cannot be sent: {error}.")]
    # Its size and an empty subject are told in other words above.
    told = ("HTML", "Subject is empty")
    return [
        _blocks(f"As it would be sent, {wrong}.")
        for wrong in validation.examine(octets, marketing=True)
        if not any(each in wrong for each in told)
    ]


def _missing(issue: Newsletter) -> list[Finding]:
    """Readers for whom a merge field has no value; they read what stands for it."""
    words = (issue.body, issue.subject, issue.preheader)
    if not any(f"{MARK}name{MARK}" in markup.with_slots(each) for each in words):
        return []
    nameless = select(func.count()).where(
        segments.members(issue.segment), func.coalesce(Subscriber.name, "") == ""
    )
    with db.reading() as session:
        readers = session.scalar(nameless) or 0
    if not readers:
        return []
    are = "reader has" if readers == 1 else "readers have"
    return [_warns(f"{readers:,} {are} given no name, and will read “{rendering.SOMEBODY}”.")]


def _claims(issue: Newsletter) -> list[Finding]:
    """Words that promise a cure; near the name of a disease, a tool looks like its treatment."""
    text = f"{issue.subject}\n{issue.preheader}\n{issue.body}"
    found = [
        _blocks(f"“{word}” promises what nobody can show.")
        for word in dict.fromkeys(claims.PROMISES.findall(text))
    ]
    diseases = list(dict.fromkeys(claims.DISEASES.findall(text)))
    if diseases and "::product" in text:
        named = ", ".join(diseases)
        found.append(_warns(f"A product beside the name of a disease reads like a claim: {named}."))
    return found


def _faint(html: str) -> list[Finding]:
    return [
        _blocks(
            f"“{faint.words}” can hardly be read{' in dark' if faint.dark else ''}: its contrast "
            f"is {faint.contrast}, and {legibility.LEAST} is the least."
        )
        for faint in legibility.find(html)
    ]


def _other_subjects(issue: Newsletter) -> list[Finding]:
    if issue.id is None:
        return []
    tried = [each.subject.strip() for each in subjects.of(issue)]
    if len(set(tried)) < len(tried):
        return [_blocks("Two of its subjects are the same; a trial could tell nothing.")]
    return []


def _domain() -> list[Finding]:
    """SPF and DMARC of the sender's domain; a local mailbox asks for neither."""
    if config.current().mailbox_url is not None:
        return []
    domain = printing.domain_of(printing.find_sender()[1])
    if domain.rpartition(".")[2] in _RESERVED:
        return [_warns("The sender's DNS is looked at once its address is yours.")]
    weights = {State.BLOCKS: _blocks, State.UNKNOWN: _warns}
    return [
        weights[finding.state](f"{finding.subject}: {finding.detail}.")
        for finding in sender_dns.check(domain)
        if finding.state in weights
    ]


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
