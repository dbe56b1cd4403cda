"""Compiles a letter once into a skeleton; for each reader only its slots are filled.

Styles are inlined and Markdown is read at compile time, so that a reader costs one join.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from core import config, settings
from core.mail import composing, forms
from core.mail.forms import MARK, Form, join
from core.mail.letters import Message
from newsletter import cards, links, markup, plaintext
from newsletter.wording import wording

_SOURCE = re.compile(r"(<img\b[^>]*?)\s+src(?:set)?=\"[^\"]*\"")
SOMEBODY = "there"
"""How a reader is greeted who gave no name."""


@dataclass(frozen=True, kw_only=True)
class Skeleton:
    """A compiled letter: texts that alternate with the names of their slots."""

    subject: tuple[str, ...]
    html: tuple[str, ...]
    text: tuple[str, ...]
    reply_to: str | None = None

    def fill(self, values: Mapping[str, str], headers: dict[str, str] | None = None) -> Message:
        """The letter for one reader; values are escaped where they enter HTML.

        Headers may have slots too.
        """
        safe = {name: str(escape(value)) for name, value in values.items()}
        return Message(
            subject=join(self.subject, values),
            html=join(self.html, safe),
            text=join(self.text, values),
            headers={
                name: join(tuple(value.split(MARK)), values)
                for name, value in (headers or {}).items()
            },
            reply_to=self.reply_to,
        )

    def print_form(self, headers: dict[str, str], sender: tuple[str, str]) -> Form:
        """The letter's octets, compiled for a whole audience; headers may have slots too."""
        message = Message(
            subject=MARK.join(self.subject),
            html=MARK.join(self.html),
            text=MARK.join(self.text),
            headers=headers,
            reply_to=self.reply_to,
        )
        return forms.compile_form(message, sender)


class Part(NamedTuple):
    """A letter as its author wrote it, and what it is counted under."""

    subject: str
    preheader: str
    body: str
    source: str


def compile_letter(
    subject: str, preheader: str, body: str, *, archived: bool, source: str = ""
) -> Skeleton:
    """The skeleton of a letter; `archived` ones lead to their place in the archive.

    Its subject is its title, unless its body has one of its own. Its links say that it is
    `source`, where it is counted under one.
    Raises `BadLetter` for what the author has to mend.
    """
    html, text = _body(body, source)
    title = "" if "<h1" in html else subject
    return _compiled(subject, preheader, html, text, title=title, archived=archived)


def compile_together(parts: Sequence[Part]) -> Skeleton:
    """The skeleton of several letters as one, each under its subject; links tell their own part.

    Raises `BadLetter`.
    """
    first, others = parts[0], len(parts) - 1
    bodies = [_body(part.body, part.source) for part in parts]
    titles = [markup.with_slots(part.subject) for part in parts]
    headed = [
        Markup("<h2>{}</h2>\n{}").format(title, html)
        for title, (html, _) in zip(titles, bodies, strict=True)
    ]
    plain = [
        f"{plaintext.heading(title)}\n\n{text}"
        for title, (_, text) in zip(titles, bodies, strict=True)
    ]
    return _compiled(
        f"{first.subject}, and {others} more letter{'s' if others > 1 else ''}",
        " · ".join(part.subject for part in parts[1:]),
        Markup("<hr>\n").join(headed),
        f"\n\n{plaintext.RULE}\n\n".join(plain),
        title=f"{len(parts)} letters in one",
        archived=False,
    )


def store_parts(skeleton: Skeleton) -> tuple[str, str]:
    """A skeleton's HTML and text as strings to keep."""
    return MARK.join(skeleton.html), MARK.join(skeleton.text)


def restore(subject: str, html: str, text: str) -> Skeleton:
    """A skeleton from what `store_parts` gave."""
    answers = settings.store().support_email
    slotted = markup.with_slots(subject)
    return _split(Message(subject=slotted, html=html, text=text, reply_to=answers))


def values(
    name: str | None, email: str, public_id: str, *, archive_url: str = ""
) -> dict[str, str]:
    """What fills the slots for one reader."""
    token = links.token(public_id)
    return {
        "name": name or SOMEBODY,
        "email": email,
        "unsubscribe_url": links.page("unsubscribe", token),
        "preferences_url": links.page("preferences", token),
        "archive_url": archive_url,
    }


def sample_values(email: str = "reader@example.com") -> dict[str, str]:
    """What fills the slots where there is no reader: in previews and tests."""
    page = f"{config.current().site_url}/newsletter/"
    return {
        "name": SOMEBODY,
        "email": email,
        "unsubscribe_url": page,
        "preferences_url": page,
        "archive_url": f"{page}archive/",
    }


def on_the_web(body: str, source: str = "") -> Markup:
    """The body of the letter `source` for anybody's eyes, as a part of a page."""
    tokens = markup.parse(markup.with_slots(body), source=source)
    parts = tuple(markup.html(tokens, cards.drawing("html", source=source)).split(MARK))
    return Markup(join(parts, sample_values()))  # noqa: S704 - the renderer escapes


def without_images(html: str) -> str:
    """The HTML as programs show it that fetch no images: their words stand in their place."""
    return _SOURCE.sub(r"\1", html)


def _body(body: str, source: str) -> tuple[Markup, str]:
    """A letter's body in HTML and as text."""
    site_url = config.current().site_url
    tokens = markup.parse(markup.with_slots(body), site_url=site_url, source=source)
    html = markup.html(tokens, cards.drawing("html", site_url, source))
    text = plaintext.write(tokens, cards.drawing("txt", site_url, source))
    return Markup(html), text  # noqa: S704 - the renderer escapes


def _compiled(
    subject: str, preheader: str, body: Markup, plain_body: str, *, title: str, archived: bool
) -> Skeleton:
    slots: dict[str, Any] = {name: f"{MARK}{name}{MARK}" for name in markup.FIELDS}
    message = composing.compose(
        "letter",
        subject=markup.with_slots(subject),
        preheader=markup.with_slots(preheader),
        title=markup.with_slots(title),
        body=body,
        plain_body=plain_body,
        words=wording()["footer"],
        archived=archived,
        **slots,
    )
    return _split(message)


def _split(message: Message) -> Skeleton:
    return Skeleton(
        subject=tuple(message.subject.split(MARK)),
        html=tuple(message.html.split(MARK)),
        text=tuple(message.text.split(MARK)),
        reply_to=message.reply_to,
    )
