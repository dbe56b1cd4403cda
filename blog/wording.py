"""The words of pages that are made of data, read from the content files."""

from functools import cache
from pathlib import Path
from typing import Any

from frontmatter.default_handlers import YAMLHandler

CONTENT = Path(__file__).parent / "content"


@cache
def home() -> dict[str, Any]:
    """What the home page says."""
    words: dict[str, Any] = read(CONTENT / "home.yaml")
    return words


def read(path: Path) -> Any:
    """What a YAML file holds."""
    return YAMLHandler().load(path.read_text(encoding="utf-8"))
