"""Every sentence that the newsletter says outside its letters, from `content/wording.yaml`."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).resolve().parent / "content"


@cache
def wording() -> dict[str, Any]:
    """The sentences by page, as the file has them."""
    text: dict[str, Any] = yaml.safe_load((CONTENT / "wording.yaml").read_text(encoding="utf-8"))
    return text


def paces() -> dict[int, str]:
    """The paces that a reader may choose: days between letters, and what that is called."""
    return {pace["days"]: pace["label"] for pace in wording()["paces"]}
