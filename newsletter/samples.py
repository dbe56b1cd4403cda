"""The sample letters: the sequences, and a first issue as a draft.

The welcome begins at once; the others are switched off until the owner turns them on.
"""

from pathlib import Path
from typing import Any

import frontmatter
from sqlalchemy import func, select

from core import db
from newsletter import newsletters, sequences
from newsletter.models import Newsletter
from newsletter.steps import Mail
from newsletter.triggers import Trigger
from newsletter.wording import CONTENT

WELCOME = "welcome"
_SWITCHED_OFF = (
    ("after-purchase", "After purchase", Trigger.DELIVERED, "ql-claw"),
    ("left-before-paying", "Left before paying", Trigger.ABANDONED, "ql-claw"),
    ("win-back", "Win-back", Trigger.INACTIVE, "180"),
)
"""Names, titles, and what begins them. Reviews are asked for by the shop, see its settings."""


def seed() -> None:
    """Publish the welcome and draft the first issue; again changes nothing."""
    with db.transaction() as session:
        sequences.publish(WELCOME, "Welcome", _steps(WELCOME), trigger=Trigger.CONFIRMED)
        for name, title, trigger, value in _SWITCHED_OFF:
            sequences.publish(
                name, title, _steps(name), trigger=trigger, trigger_value=value, active=False
            )
        if not session.scalar(select(func.count()).select_from(Newsletter)):
            letter = _read(CONTENT / "first-issue.md")
            newsletters.draft(letter["subject"], letter["body"], preheader=letter["preheader"])


def _steps(folder: str) -> list[Mail]:
    return [_step(path) for path in sorted((CONTENT / folder).glob("*.md"))]


def _step(path: Path) -> Mail:
    letter = _read(path)
    return Mail(
        subject=letter["subject"],
        preheader=letter["preheader"],
        body=letter["body"],
        delay_days=int(letter["delay_days"]),
        offer=bool(letter.get("offer", False)),
    )


def _read(path: Path) -> dict[str, Any]:
    post = frontmatter.loads(path.read_text(encoding="utf-8"))
    return {**post.metadata, "body": post.content}
