"""Whether the words of a letter stand out from what is behind them, in light and in dark."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

LEAST = 4.5
"""The contrast that words need (WCAG 2.2, 1.4.3)."""

_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{(.*?)\n\}", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_COLOR = re.compile(r"(?:^|;)\s*color:\s*(#[0-9a-f]{6})", re.IGNORECASE)
_BEHIND = re.compile(r"(?:^|;)\s*background(?:-color)?:\s*(#[0-9a-f]{6})", re.IGNORECASE)
_VOID = frozenset(["img", "br", "hr", "meta", "link", "input"])
_UNSEEN = frozenset(["head", "style", "title", "script"])


@dataclass(frozen=True)
class Faint:
    """Words that can hardly be read."""

    words: str
    contrast: float
    dark: bool


def find(html: str) -> list[Faint]:
    """The words of a compiled letter whose contrast is below `LEAST`, each once.

    Colors are read as letters of ours have them: inlined, and for dark from the one media query.
    """
    dark = _DARK.search(html)
    rules = [
        (selector.strip().split(), style)
        for selectors, style in _RULE.findall(dark[1] if dark else "")
        for selector in selectors.split(",")
    ]
    return [*_read(html, []), *_read(html, rules)] if rules else list(_read(html, []))


def contrast(one: str, other: str) -> float:
    """Between two colors such as `#205c40`, from 1 to 21 (WCAG 2.2)."""
    light, faint = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (faint + 0.05)


def _luminance(color: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


_Rules = list[tuple[list[str], str]]


def _read(html: str, rules: _Rules) -> Iterator[Faint]:
    reader = _Reader(rules)
    reader.feed(html)
    return iter(dict.fromkeys(reader.faint))


@dataclass
class _Element:
    names: frozenset[str]
    tag: str
    color: str
    behind: str
    hidden: bool


@dataclass
class _Reader(HTMLParser):
    rules: _Rules
    faint: list[Faint] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self.open = [_Element(frozenset(), "", "#000000", "#ffffff", hidden=False)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        given = {name: value or "" for name, value in attrs}
        names = frozenset((tag, *(f".{name}" for name in given.get("class", "").split())))
        around = self.open[-1]
        style = given.get("style", "").replace("!important", "")
        for selector, dark in self.rules:
            if self._fits(selector, names):
                style = f"{style};{dark}"
        self.open.append(
            _Element(
                names,
                tag,
                _last(_COLOR, style) or around.color,
                _last(_BEHIND, style) or around.behind,
                hidden=around.hidden or tag in _UNSEEN or "display: none" in style,
            )
        )

    def handle_endtag(self, tag: str) -> None:
        """Close it and what was left open within; an end without a beginning closes nothing."""
        places = [at for at, each in enumerate(self.open) if each.tag == tag]
        if places and places[-1] > 0:
            del self.open[places[-1] :]

    def handle_data(self, data: str) -> None:
        words, here = " ".join(data.split()), self.open[-1]
        if words and not here.hidden:
            seen = contrast(here.color, here.behind)
            if seen < LEAST:
                self.faint.append(Faint(words[:60], round(seen, 1), dark=bool(self.rules)))

    def _fits(self, selector: list[str], names: frozenset[str]) -> bool:
        """Whether a selector of tags and classes, one within the other, is of the element."""
        if selector[-1] not in names:
            return False
        around = iter(reversed(self.open))
        return all(any(part in each.names for each in around) for part in reversed(selector[:-1]))


def _last(pattern: re.Pattern[str], style: str) -> str | None:
    found = pattern.findall(style)
    return found[-1] if found else None
