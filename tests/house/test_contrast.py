"""Every pair of colors that meets on a page can be told apart, in both schemes (WCAG 2.2)."""

from pathlib import Path

import pytest

from staff.styleguide import colors

CSS = Path(__file__).resolve().parents[2] / "static" / "css" / "site.css"
TOKENS = colors(CSS.read_text())
PAPERS = ("paper", "paper-raised", "paper-sunk", "green-wash")
# Success criterion 1.4.3: text; 1.4.11: what one has to see of a control or a drawing.
TEXT = [
    *((ink, paper) for ink in ("ink", "ink-soft", "green", "green-deep") for paper in PAPERS),
    *(("on-green", ground) for ground in ("green", "green-deep")),
    ("paper", "ink"),
]
CONTROLS = [
    *(("line-strong", paper) for paper in PAPERS),
    *((mark, paper) for mark in ("ache", "muscle") for paper in ("paper", "paper-raised")),
]
PAIRS = [(*pair, 4.5) for pair in TEXT] + [(*pair, 3.0) for pair in CONTROLS]


def test_every_color_is_a_token_of_both_schemes() -> None:
    assert {name for pair in PAIRS for name in pair[:2]} <= set(TOKENS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colors_that_meet_can_be_told_apart(scheme: str) -> None:
    index = ("light", "dark").index(scheme)
    faint = [
        f"{front} on {back}: {found:.2f}"
        for front, back, least in PAIRS
        if (found := contrast(TOKENS[front][index], TOKENS[back][index])) < least
    ]
    assert faint == []


def test_the_measure_is_the_one_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


def contrast(one: str, other: str) -> float:
    """The ratio of two colors' relative luminance, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
