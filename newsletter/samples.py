"""The sample letters: the welcome sequence, and a first issue as a draft."""

from pathlib import Path
from typing import Any

import frontmatter
from sqlalchemy import func, select

from core import db
from newsletter import newsletters, sequences
from newsletter.models import Newsletter
from newsletter.steps import Mail
from newsletter.wording import CONTENT

WELCOME = "welcome"


def seed() -> None:
    """Publish the welcome and draft the first issue; again changes nothing."""
    with db.transaction() as session:
        steps = [_step(path) for path in sorted((CONTENT / "welcome").glob("*.md"))]
        sequences.publish(WELCOME, "Welcome", steps, trigger="confirmed")
        if not session.scalar(select(func.count()).select_from(Newsletter)):
            letter = _read(CONTENT / "first-issue.md")
            newsletters.draft(letter["subject"], letter["body"], preheader=letter["preheader"])


def _step(path: Path) -> Mail:
    letter = _read(path)
    return Mail(
        subject=letter["subject"],
        preheader=letter["preheader"],
        body=letter["body"],
        delay_days=int(letter["delay_days"]),
    )


def _read(path: Path) -> dict[str, Any]:
    post = frontmatter.loads(path.read_text(encoding="utf-8"))
    return {**post.metadata, "body": post.content}
