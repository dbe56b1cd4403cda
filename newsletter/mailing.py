"""The letters that readers asked for: issues of the newsletter, and steps of sequences."""

from functools import lru_cache
from typing import TypeVar
from urllib.parse import urlsplit

from core import clock, config, db, settings
from core.mail import letters
from core.mail.letters import Letter, Message, Undeliverable
from core.mail.models import Delivery, Stream
from core.settings import Store
from newsletter import links, rendering
from newsletter.letters import AUTOMATIC
from newsletter.markup import BadLetter
from newsletter.models import Newsletter, SequenceVersion, Subscriber
from newsletter.rendering import Skeleton
from newsletter.verdicts import last_look

ISSUE = "newsletter.issue"
STEP = "newsletter.step"
TEST = "newsletter.test"
"""An issue as it stands, for its author's eyes."""

_FRESH = 300  # seconds for which a step's product card may be kept
_Row = TypeVar("_Row")


def install() -> None:
    """Make them known to the worker."""
    for name, compose in ((ISSUE, _compose_issue), (STEP, _compose_step)):
        letters.register(
            Letter(name=name, stream=Stream.MARKETING, compose=compose, last_look=last_look)
        )
    letters.register(Letter(name=TEST, stream=Stream.TRANSACTIONAL, compose=_compose_test))


def headers(subscriber: Subscriber, source: str) -> dict[str, str]:
    """What mail programs and providers ask of such letters (RFC 2369, 2919, 8058)."""
    host = urlsplit(config.current().site_url).hostname or "localhost"
    return {
        "List-Unsubscribe": f"<{links.unsubscription(subscriber.public_id)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"Letters <letters.{host}>",
        "List-Archive": f"<{config.current().site_url}/newsletter/archive/>",
        # Gmail counts complaints by each of these; the last names the sender and never changes.
        "Feedback-ID": f"{source.replace(':', '-')}:letters:marketing:{host}",
        "Precedence": "bulk",
    }


def _compose_issue(delivery: Delivery) -> Message:
    issue = _found(db.session().get(Newsletter, int(delivery.source.partition(":")[2])))
    subscriber = _found(db.session().get(Subscriber, delivery.person))
    skeleton = _issue_skeleton(issue.subject, issue.html or "", issue.text or "")
    values = rendering.values(subscriber, archive_url=links.archived(issue.slug))
    return skeleton.fill(values, headers(subscriber, delivery.source))


def _compose_step(delivery: Delivery) -> Message:
    version = _found(db.session().get(SequenceVersion, delivery.payload["version"]))
    subscriber = _found(db.session().get(Subscriber, delivery.person))
    step = version.steps[delivery.payload["position"]]
    skeleton = _step_skeleton(
        step["subject"], step["preheader"], step["body"], settings.store(), _moment()
    )
    return skeleton.fill(
        rendering.values(subscriber), headers(subscriber, delivery.source) | AUTOMATIC
    )


def _compose_test(delivery: Delivery) -> Message:
    issue = _found(db.session().get(Newsletter, delivery.payload["newsletter"]))
    try:
        skeleton = rendering.compile_letter(
            f"[Test] {issue.subject}", issue.preheader, issue.body, archived=True
        )
    except BadLetter as error:
        raise Undeliverable(str(error)) from error
    return skeleton.fill(rendering.sample_values(delivery.recipient), AUTOMATIC)


def _found(row: _Row | None) -> _Row:
    if row is None:
        raise Undeliverable("erased")
    return row


def _moment() -> int:
    return int(clock.now().timestamp()) // _FRESH


@lru_cache(maxsize=8)
def _issue_skeleton(subject: str, html: str, text: str) -> Skeleton:
    return rendering.restore(subject, html, text)


@lru_cache(maxsize=64)
def _step_skeleton(subject: str, preheader: str, body: str, store: Store, moment: int) -> Skeleton:
    """Compiled anew when the store's settings change, and every few minutes for its prices."""
    del store, moment
    return rendering.compile_letter(subject, preheader, body, archived=False)
