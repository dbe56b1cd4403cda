"""Lets the links of a page tell the way that led to it, so that an order knows its first step too.

A page reads its way from its own address (`?from=newsletter:12`) and writes it on in its links. So
it is the same for everybody who comes that way, may be kept by any cache, and nothing remembers a
reader. What a link tells already stays, such as the place of a card.
"""

import re
from collections.abc import Container
from enum import StrEnum


class Goal(StrEnum):
    """A kind of page from which a way goes on."""

    PRODUCT = "products"
    POST = "blog"
    MUSCLE = "muscles"
    FINDER = "pain-finder"
    HOME = ""


ALL = frozenset(Goal)

_KINDS = "|".join(goal for goal in Goal if goal)
_LINK = re.compile(
    rf'(?<= href=")(?P<path>/(?:(?P<goal>{_KINDS})(?:/topics)?(?:/[a-z0-9-]*)?)?)'
    r'(?P<asked>\?[^"#]*)?(?P<part>#[^"]*)?(?=")'
)


def carry(html: str, way: str, goals: Container[Goal] = ALL) -> str:
    """The page with `way` in each of its links to `goals`, unless a link tells one already.

    `way` is as `attribution` reads it, which needs no escaping.
    """

    def told(link: re.Match[str]) -> str:
        asked = link["asked"] or ""
        if Goal(link["goal"] or "") not in goals or "from=" in asked:
            return link[0]
        before = f"{asked}&amp;" if asked else "?"
        return f"{link['path']}{before}from={way}{link['part'] or ''}"

    return _LINK.sub(told, html)
