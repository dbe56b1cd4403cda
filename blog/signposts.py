"""Where the words of a search lead besides posts: places that hurt, muscles, topics, a doctor."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from blog import anatomy, topics
from blog.anatomy import Muscle, Region
from blog.models import Topic


@dataclass(frozen=True)
class Signposts:
    """What else the words may mean; `urgent` where they sound like a case for a doctor."""

    regions: list[Region]
    muscles: list[Muscle]
    topics: list[Topic]
    urgent: bool

    @property
    def any(self) -> bool:
        """Whether there is a way on."""
        return bool(self.regions or self.muscles or self.topics)


def read(words: tuple[str, ...]) -> Signposts:
    """The ways on from these words, in lower case and without stop words."""
    if not words:
        return Signposts([], [], [], urgent=False)
    said = {_singular(word) for word in words}
    return Signposts(
        regions=_regions(said),
        muscles=_muscles(words),
        topics=[topic for topic in topics.with_posts() if _is_meant(topic, said)],
        urgent=not _URGENT.isdisjoint(said),
    )


_MOST_REGIONS, _MOST_MUSCLES = 3, 4
_WORD = re.compile(r"[^\W_]+")
_FILLING = frozenset({"of", "the", "or", "and", "in", "around", "at", "on", "a"})
_COMMON = frozenset(
    {"musculus", "musculi", "muscle", "muscles", "and", "the", "major", "minor", "of", "long"}
    | {"short", "lower", "upper", "middle", "back", "front", "side", "deep", "inner", "outer"}
)
"""Words in muscles' names that lead to no one muscle."""
_URGENT = frozenset(
    {"doctor", "emergency", "serious", "danger", "dangerou", "hospital", "ambulance", "urgent"}
    | {"numb", "numbness", "weakness", "bladder", "bowel", "incontinence", "fever", "cancer"}
    | {"tumor", "fracture", "stroke", "aneurysm", "clot", "thrombosi", "infection", "paralyzed"}
)


def _regions(said: set[str]) -> list[Region]:
    """Regions of which one name is said whole, the longest name first."""
    found = {
        region.id: max(map(len, named))
        for region in anatomy.regions().values()
        if (named := [name for name in _names(region) if name <= said])
    }
    ordered = sorted(found, key=lambda each: -found[each])
    return [anatomy.regions()[each] for each in ordered[:_MOST_REGIONS]]


def _names(region: Region) -> list[set[str]]:
    """Every name of a region as the set of its words."""
    return [_said_in(name) for name in (region.label, *region.synonyms) if _said_in(name)]


def _muscles(words: Iterable[str]) -> list[Muscle]:
    """Muscles whose name has a word that begins so; the atlas has pages of its own for them."""
    begun = [word for word in words if len(word) > 2 and word not in _COMMON]
    return [
        muscle
        for muscle in anatomy.muscles().values()
        if any(
            part.startswith(word)
            for part in _WORD.findall(f"{muscle.name} {muscle.latin}".lower())
            for word in begun
            if part not in _COMMON
        )
    ][:_MOST_MUSCLES]


def _is_meant(topic: Topic, said: set[str]) -> bool:
    return _said_in(topic.title) <= said


def _said_in(name: str) -> set[str]:
    return {_singular(word) for word in _WORD.findall(name.lower()) if word not in _FILLING}


def _singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 and not word.endswith("ss") else word
