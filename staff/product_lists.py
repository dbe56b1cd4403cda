"""The lists of a product's page as plain text, as its editor shows them: one thing a line.

Pairs stand as `Name: value`. A question stands on a line of its own with its answer below it, and
an empty line before the next. What cannot be read raises `ValueError` and names the line.
"""

import re
from collections.abc import Mapping
from typing import Any

PAIRS = {"specifications": ("name", "value"), "steps": ("title", "text")}
_MUSCLE = re.compile(r"([a-z-]+)\s*,\s*([\w -]+?)\s*:\s*(.+)")


def write(name: str, value: Any) -> str:
    """A list as text."""
    if name in PAIRS:
        first, second = PAIRS[name]
        return "\n".join(f"{each[first]}: {each[second]}" for each in value or ())
    if name == "muscles":
        return "\n".join(f"{each['id']}, {each['end']}: {each['use']}" for each in value or ())
    if name == "questions":
        return "\n\n".join(f"{each['q']}\n{each['a']}" for each in value or ())
    return "\n".join(value or ())


def read(name: str, text: str) -> list[Any]:
    """What a text of that list holds."""
    if name == "questions":
        return [_question(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if name in PAIRS:
        return [dict(zip(PAIRS[name], _pair(n, line), strict=True)) for n, line in lines]
    if name == "muscles":
        return [_muscle(n, line) for n, line in lines]
    return [line for _, line in lines]


def write_pairs(pairs: Mapping[str, Any]) -> str:
    """Names and values as text, such as a variant's options."""
    return "\n".join(f"{name}: {value}" for name, value in pairs.items())


def read_pairs(text: str) -> dict[str, str]:
    """Names and values; each name once."""
    pairs: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            name, value = _pair(number, line)
            if name in pairs:
                raise ValueError(f"Line {number}: {name} stands there twice.")
            pairs[name] = value
    return pairs


def read_counts(text: str) -> dict[str, int]:
    """SKUs and whole numbers, such as how many of which part are in a bundle."""
    counts = {}
    for name, value in read_pairs(text).items():
        if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 1000:
            raise ValueError(f"How many {name}? Write a whole number, such as 2.")
        counts[name] = int(value)
    return counts


def _pair(number: int, line: str) -> tuple[str, str]:
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not (name and colon and value):
        raise ValueError(f"Line {number}: write a name, a colon, and what belongs to it.")
    return name, value


def _muscle(number: int, line: str) -> dict[str, str]:
    found = _MUSCLE.fullmatch(line)
    if found is None:
        raise ValueError(f"Line {number}: write it as “psoas-major, ramp: how it is used”.")
    return {"id": found[1], "end": found[2], "use": found[3]}


def _question(block: str) -> dict[str, str]:
    question, _, answer = block.strip().partition("\n")
    if not answer.strip():
        raise ValueError(f"“{question[:60]}” has no answer. Write it on the line below.")
    return {"q": question.strip(), "a": " ".join(answer.split())}
