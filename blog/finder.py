"""From where it hurts to the muscles that could be behind it: groups of matches, in plain words."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from blog import anatomy
from blog.anatomy import WEIGHTS, Match, Muscle, Region, Side

HEADINGS = {
    WEIGHTS["primary"]: "Most often felt there",
    WEIGHTS["local"]: "Muscles that lie there",
    WEIGHTS["secondary"]: "Sometimes felt there",
}
"""What a score of `anatomy.rank` means, strongest first."""


@dataclass(frozen=True)
class Group:
    """Muscles that are felt in the chosen places alike strongly."""

    heading: str
    matches: tuple[Match, ...]


def answer(*selected: tuple[str, Side | None]) -> list[Group]:
    """The muscles that could be felt in the selected regions, strongest first.

    Raises `KeyError` for a region that there is none of.
    """
    ranked = anatomy.rank(selected)
    return [
        Group(HEADINGS[score], tuple(matches))
        for score, matches in groupby(ranked, key=lambda match: match.score)
    ]


def parts_of_the_body() -> Iterator[tuple[str, list[Region]]]:
    """Every region under the name of its part of the body, head to toe."""
    order: dict[str, list[Region]] = {}
    for region in anatomy.regions().values():
        order.setdefault(region.group, []).append(region)
    for group, regions in order.items():
        yield group.replace("-", " "), regions


def tool_belongs(muscle: Muscle) -> bool:
    """Whether a page on the muscle may offer the tool: one of its two ends suits the muscle."""
    use = muscle.tool_use
    ends = ("small end", "wide end")
    return use.fit in ("main-target", "reasonable") and bool(
        use.tool_end and use.tool_end.startswith(ends)
    )
