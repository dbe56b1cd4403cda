"""The letters that readers asked for: issues of the newsletter, and steps of sequences."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select

from core import clock, config, db, settings
from core.mail import letters, verp
from core.mail.forms import MARK, Form
from core.mail.letters import Filling, Letter, Message, Undeliverable
from core.mail.models import Delivery, Stream
from core.mail.notices import LEAVE
from core.mail.printing import RETURN_PATH
from core.settings import Store
from newsletter import draws, links, noting, rendering, rolls, tracking
from newsletter.draws import PLACE, Draw
from newsletter.letters import AUTOMATIC
from newsletter.markup import BadLetter
from newsletter.models import Newsletter, OtherSubject, SequenceVersion, Subscriber, Trial
from newsletter.rendering import Part, Skeleton
from newsletter.verdicts import last_look

ISSUE = rolls.LETTER
STEP = "newsletter.step"
TEST = "newsletter.test"
"""An issue or a step of a sequence as it stands, for its author's eyes."""

_FRESH = 300  # seconds for which a step's product card may be kept
_KEPT = 64  # compiled letters in memory
_Row = TypeVar("_Row")
_Reader = tuple[str | None, str, str]
Fill = Callable[[Sequence[Delivery], tuple[str, str]], Mapping[int, Filling]]
"""Fills the letters of many at once, see `core.mail.letters`."""
_issue_forms: dict[tuple[str, int, str, datetime | None, tuple[str, str]], Form] = {}


def install() -> None:
    """Make them known to the worker."""
    for name, compose, fill, merge in (
        (ISSUE, _compose_issue, _fill_issues, None),
        (STEP, _compose_step, _fill_steps, _compose_steps),
    ):
        letters.register(
            Letter(
                name=name,
                stream=Stream.MARKETING,
                compose=compose,
                fill=_of_all_alike(fill),
                merge=merge,
                last_look=last_look,
            )
        )
    letters.register(Letter(name=TEST, stream=Stream.TRANSACTIONAL, compose=_compose_test))


def _of_all_alike(fill: Fill) -> Fill:
    """The same, but for readers who let us note what they read: they get letters of their own."""

    def filled(deliveries: Sequence[Delivery], sender: tuple[str, str]) -> Mapping[int, Filling]:
        noted = noting.among({delivery.person for delivery in deliveries})
        return fill([each for each in deliveries if each.person not in noted], sender)

    return filled


def _own_links(
    skeleton: Skeleton, reader: _Reader, *deliveries: Delivery
) -> tuple[Skeleton, dict[str, str]]:
    """A letter with a reader's own links and their values, where that reader agreed to it."""
    if not noting.among({deliveries[0].person}):
        return skeleton, {}
    _, _, public_id = reader
    own, targets = tracking.skeleton(skeleton)
    return own, tracking.values(public_id, [each.source for each in deliveries], targets)


def headers(source: str) -> dict[str, str]:
    """What mail programs and providers ask of such letters (RFC 2369, 2919, 8058), with slots."""
    host = urlsplit(config.current().site_url).hostname or "localhost"
    return {
        **_ways_back(),
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"Letters <letters.{host}>",
        "List-Archive": f"<{config.current().site_url}/newsletter/archive/>",
        # Gmail counts complaints by each of these; the last names the sender and never changes.
        "Feedback-ID": f"{source.replace(':', '-')}:letters:marketing:{host}",
        "Precedence": "bulk",
    }


def _ways_back() -> dict[str, str]:
    """How to leave, and how to complain (RFC 9477) where mail to return paths is read."""
    leave = f"<{MARK}unsubscribe_url{MARK}>"
    if config.current().mail.bounce_address is None:
        return {"List-Unsubscribe": leave}
    back = f"{MARK}{RETURN_PATH}{MARK}"
    return {
        "List-Unsubscribe": f"{leave}, <mailto:{back}?subject={LEAVE}>",
        "CFBL-Address": f"{back}; report=arf",
    }


def _compose_issue(delivery: Delivery) -> Message:
    reader = _found(_readers([delivery]).get(delivery.person or 0))
    frozen = _frozen(delivery.source)
    skeleton = _restored(frozen, frozen.subject_of(delivery))
    skeleton, own = _own_links(skeleton, reader, delivery)
    values = frozen.values(delivery, reader) | _return_path(delivery) | own
    return skeleton.fill(values, headers(delivery.source))


def _fill_issues(deliveries: Sequence[Delivery], sender: tuple[str, str]) -> dict[int, Filling]:
    readers = _readers(deliveries)
    issues = {source: _frozen(source) for source in {row.source for row in deliveries}}
    return {
        delivery.id: (
            _issue_form(issue, issue.subject_of(delivery), sender),
            issue.values(delivery, readers[delivery.person]),
        )
        for delivery in deliveries
        for issue in [issues[delivery.source]]
        if delivery.person in readers
    }


@dataclass(frozen=True)
class _Frozen:
    """What of a frozen issue each of its letters asks for."""

    id: int
    subject: str
    frozen_at: datetime | None
    slug: str
    segment: str | None
    draw: Draw | None

    def subject_of(self, delivery: Delivery) -> int:
        """The number of the subject under which a letter goes."""
        return (self.draw.subject(delivery.person) or 0) if self.draw else 0

    def values(self, delivery: Delivery, reader: _Reader) -> dict[str, str]:
        """What fills the slots of a letter."""
        on_the_web = links.letter(self.id) if self.segment else links.archived(self.slug)
        values = rendering.values(*reader, archive_url=on_the_web)
        return values | {PLACE: self.draw.place(delivery.person)} if self.draw else values


def _frozen(source: str) -> _Frozen:
    """An issue without its long texts, which are read when its forms are compiled."""
    number = int(source.partition(":")[2])
    found = (
        select(
            Newsletter.subject,
            Newsletter.frozen_at,
            Newsletter.slug,
            Newsletter.segment,
            *draws.DEALT,
        )
        .outerjoin(Trial, Trial.newsletter_id == Newsletter.id)
        .where(Newsletter.id == number)
    )
    row = _found(db.session().execute(found).first())
    return _Frozen(number, row.subject, row.frozen_at, row.slug, row.segment, draws.dealt(row))


def _issue_form(issue: _Frozen, number: int, sender: tuple[str, str]) -> Form:
    """The form of an issue under one of its subjects; what is frozen is compiled once."""
    source = f"newsletter:{issue.id}"
    key = (source, number, issue.subject, issue.frozen_at, sender)
    if key not in _issue_forms:
        skeleton = _restored(issue, number)
        if len(_issue_forms) >= _KEPT:
            _issue_forms.clear()
        _issue_forms[key] = skeleton.print_form(headers(source), sender)
    return _issue_forms[key]


def _restored(issue: _Frozen, number: int) -> Skeleton:
    if number:
        parts = select(OtherSubject.subject, OtherSubject.html, OtherSubject.text)
        wanted = parts.where(OtherSubject.newsletter_id == issue.id, OtherSubject.number == number)
    else:
        parts = select(Newsletter.subject, Newsletter.html, Newsletter.text)
        wanted = parts.where(Newsletter.id == issue.id)
    subject, html, text = db.session().execute(wanted).one()
    return rendering.restore(subject, html or "", text or "")


def _compose_step(delivery: Delivery) -> Message:
    reader = _found(_readers([delivery]).get(delivery.person or 0))
    skeleton = _step_skeleton(_step(delivery), settings.store(), _moment(), delivery.source)
    skeleton, own = _own_links(skeleton, reader, delivery)
    values = rendering.values(*reader) | _return_path(delivery) | own
    return skeleton.fill(values, headers(delivery.source) | AUTOMATIC)


def _compose_steps(deliveries: Sequence[Delivery]) -> Message:
    """Several letters to one reader as one message, with one way to leave."""
    first = deliveries[0]
    reader = _found(_readers([first]).get(first.person or 0))
    parts = tuple(Part(*_step(delivery), delivery.source) for delivery in deliveries)
    skeleton, own = _own_links(_bundle(parts, settings.store(), _moment()), reader, *deliveries)
    values = rendering.values(*reader) | _return_path(first) | own
    return skeleton.fill(values, headers(first.source) | AUTOMATIC)


def _return_path(delivery: Delivery) -> dict[str, str]:
    return {RETURN_PATH: verp.return_path(delivery.id) or ""}


def _fill_steps(deliveries: Sequence[Delivery], sender: tuple[str, str]) -> dict[int, Filling]:
    readers = _readers(deliveries)
    moment, store = _moment(), settings.store()
    return {
        delivery.id: (
            _step_form(_step(delivery), store, moment, delivery.source, sender),
            rendering.values(*readers[delivery.person]),
        )
        for delivery in deliveries
        if delivery.person in readers
    }


def _step(delivery: Delivery) -> tuple[str, str, str]:
    version = _found(db.session().get(SequenceVersion, delivery.payload["version"]))
    step = version.steps[delivery.payload["position"]]
    return step["subject"], step.get("preheader", ""), step["body"]


def _readers(deliveries: Sequence[Delivery]) -> dict[int, _Reader]:
    """Who the letters are for, by their ids; columns alone, as there may be very many."""
    people = [delivery.person for delivery in deliveries if delivery.person is not None]
    rows = db.session().execute(_READERS, {"people": people})
    return {number: (name, email, public_id) for number, name, email, public_id in rows}


_READERS = select(Subscriber.id, Subscriber.name, Subscriber.email, Subscriber.public_id).where(
    db.among(Subscriber.id, "people")
)


def _compose_test(delivery: Delivery) -> Message:
    subject, preheader, body = _tested(delivery)
    is_issue = "newsletter" in delivery.payload
    try:
        skeleton = rendering.compile_letter(subject, preheader, body, archived=is_issue)
    except BadLetter as error:
        raise Undeliverable(str(error)) from error
    letter = skeleton.fill(rendering.sample_values(delivery.recipient), AUTOMATIC)
    return replace(letter, subject=f"[Test] {letter.subject}")


def _tested(delivery: Delivery) -> tuple[str, str, str]:
    """The words of a test: of an issue as it is now, or of a step as it was when it was asked."""
    if "newsletter" not in delivery.payload:
        return delivery.payload["subject"], delivery.payload["preheader"], delivery.payload["body"]
    issue = _found(db.session().get(Newsletter, delivery.payload["newsletter"]))
    return issue.subject, issue.preheader, issue.body


def _found(row: _Row | None) -> _Row:
    if row is None:
        raise Undeliverable("erased")
    return row


def _moment() -> int:
    return int(clock.now().timestamp()) // _FRESH


@lru_cache(maxsize=_KEPT)
def _step_skeleton(step: tuple[str, str, str], store: Store, moment: int, source: str) -> Skeleton:
    """Compiled anew when the store's settings change, and every few minutes for its prices."""
    del store, moment
    return rendering.compile_letter(*step, archived=False, source=source)


@lru_cache(maxsize=_KEPT)
def _bundle(parts: tuple[Part, ...], store: Store, moment: int) -> Skeleton:
    del store, moment
    return rendering.compile_together(parts)


@lru_cache(maxsize=_KEPT)
def _step_form(
    step: tuple[str, str, str], store: Store, moment: int, source: str, sender: tuple[str, str]
) -> Form:
    skeleton = _step_skeleton(step, store, moment, source)
    return skeleton.print_form(headers(source) | AUTOMATIC, sender)
