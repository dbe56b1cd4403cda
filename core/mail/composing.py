"""Composes a message from its templates: `email/<name>.html` and `email/<name>.txt`."""

from typing import Any

import css_inline
from jinja2 import Environment

from core import settings
from core.config import current
from core.mail.letters import Attachment, Message

_environment: Environment | None = None
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def install(environment: Environment) -> None:
    """Render with this environment."""
    global _environment  # noqa: PLW0603 - one process renders with one environment
    _environment = environment


def compose(
    name: str,
    /,
    *,
    subject: str,
    preheader: str = "",
    headers: dict[str, str] | None = None,
    attachments: tuple[Attachment, ...] = (),
    **context: Any,
) -> Message:
    """Render both parts of the letter `name`; its styles are inlined.

    Templates see `context`, and `subject`, `preheader`, `store` and `site_url`.
    """
    store = settings.store()
    context |= {
        "subject": subject,
        "preheader": preheader,
        "store": store,
        "site_url": current().site_url,
    }
    return Message(
        subject=subject,
        html=inline(render(f"email/{name}.html", **context)),
        text=render(f"email/{name}.txt", **context).strip() + "\n",
        headers=headers or {},
        reply_to=store.support_email,
        attachments=attachments,
    )


def render(template: str, /, **context: Any) -> str:
    """Render a template outside a request."""
    assert _environment is not None, "composing.install() comes first"
    return _environment.get_template(template).render(**context)


def inline(html: str) -> str:
    """Move styles from the head onto the elements, as many mail programs need it."""
    return _inliner.inline(html)


def lent(name: str) -> Any:
    """What another package lends to templates under `name`, or None."""
    assert _environment is not None, "composing.install() comes first"
    return _environment.globals.get(name)
