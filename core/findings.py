"""What a check finds in a text before it goes out, in words for its author."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """Whether the text may go out with this."""

    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True)
class Finding:
    """One thing that was found; `line` counts from 1, and is None where it is of no one line."""

    weight: Weight
    text: str
    line: int | None = None

    @property
    def said(self) -> str:
        """It with its line."""
        return f"Line {self.line}: {self.text}" if self.line else self.text

    @property
    def for_scripts(self) -> dict[str, str | int]:
        """It as the editors' script shows it."""
        told: dict[str, str | int] = {"message": self.text, "weight": self.weight.value}
        return told | ({"line": self.line} if self.line else {})


def blocks(text: str, line: int | None = None) -> Finding:
    """What a text may not go out with."""
    return Finding(Weight.BLOCKS, text, line)


def warns(text: str, line: int | None = None) -> Finding:
    """What its author should know."""
    return Finding(Weight.WARNS, text, line)
