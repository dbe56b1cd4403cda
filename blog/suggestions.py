"""Links that a text could have: other posts and muscles that it names and does not lead to."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from blog import anatomy, teasers
from blog.anatomy import Muscle
from blog.teasers import Teaser


@dataclass(frozen=True)
class Target:
    """A page to lead to, and the names by which a text may speak of it."""

    address: str
    title: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Suggestion:
    """The first place where a text names a target: from `start` to `end`, in its line."""

    target: Target
    phrase: str
    start: int
    line: int

    @property
    def end(self) -> int:
        """Where the phrase ends."""
        return self.start + len(self.phrase)

    @property
    def markdown(self) -> str:
        """The phrase as a link."""
        return f"[{self.phrase}]({self.target.address})"

    @property
    def text(self) -> str:
        """It in words for the writer."""
        return f"“{self.phrase}” could lead to {self.target.title}"

    @property
    def for_scripts(self) -> dict[str, str | int]:
        """It as the editor's script shows it; `start` counts characters, not UTF-16 units."""
        return {
            "line": self.line,
            "message": f"{self.text}.",
            "weight": "suggests",
            "start": self.start,
            "phrase": self.phrase,
            "href": self.target.address,
        }


def suggest(body: str, targets: Iterable[Target], most: int = 6) -> list[Suggestion]:
    """The links that Markdown could have, in the order of the text, one for each target.

    What is a link already, a heading, code, a directive or a source is left as it is, and so are
    targets to which the text already leads somewhere.
    """
    prose, linked = _prose(body), set(_LINKED.findall(body))
    found = [
        Suggestion(target, place[0], place.start(), body.count("\n", 0, place.start()) + 1)
        for target in targets
        if target.address not in linked
        for place in _first(prose, target.names)
    ]
    return sorted(found, key=lambda each: (each.start, each.target.address))[:most]


def apply(body: str, suggestion: Suggestion) -> str:
    """The text with that link. Raises `ValueError` where it has changed meanwhile."""
    start, end = suggestion.start, suggestion.end
    if body[start:end] != suggestion.phrase:
        raise ValueError("the text has changed since the suggestion")
    return body[:start] + suggestion.markdown + body[end:]


def targets(without: str) -> list[Target]:
    """Every muscle's page and the latest posts, except the post of the slug `without`."""
    muscles = [
        Target(f"/muscles/{each.id}", f"the page on {each.name}", _names(each))
        for each in anatomy.muscles().values()
    ]
    posts = [
        Target(f"/blog/{each.slug}", f"“{each.title}”", _ways_to_name(each))
        for each in teasers.latest(_LOOKED_AT)
        if each.slug != without
    ]
    return posts + muscles


_LOOKED_AT = 300
# Not within a word, an address or an escape, nor where emphasis begins or ends within a word.
_BEFORE = r"(?<![\w/\\-])(?<![^\s*_~][*_~])(?<![^\s*_~][*_~]{2})(?<![^\s*_~][*_~]{3})(?<![*_~]{4})"
_AFTER = r"(?![\w/-]|[*_~]+[^\s*_~.,;:!?)])"
_LINKED = re.compile(r"\]\((/[^)\s#?]*)")
_BRACKETED = r"\[(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\]"
_BLOCKS = (
    r"^(?: |> ?|[*+-] )*(?P<fence>```+|~~~+)[\s\S]*?(?:^(?: |> ?)*(?P=fence).*$|\Z)",
    r"^(?:> ?|[*+-] | )*(?: {4}|\t).*$",
    r"^ {0,3}#{1,6}(?: .*)?$",
    r"^.+\n(?=[ ]{0,3}(?:=+|-+)[ ]*$)",
    r"^ {0,3}:{2,}.*$",
    r"^ {0,3}\[[^\]]+\]:.*(?:\n.*\S.*)*",
)
_CODE = (r"(?P<ticks>`+)[\s\S]*?(?:(?P=ticks)|\Z)",)
_SPANS = (
    rf"!?{_BRACKETED}(?:\([^)]*\)|\[[^\]]*\])?",
    r"(?:https?://|www\.|/)[^\s`\[<]+",
    r"<[^>\n]*>",
    r"\S+@\S+",
)
_NOT_PROSE = [re.compile("|".join(kind), re.MULTILINE) for kind in (_BLOCKS, _CODE, _SPANS)]


def _prose(body: str) -> str:
    """The text with everything blanked that no link may stand in; nothing moves."""
    for kind in _NOT_PROSE:
        body = kind.sub(_blank, body)
    return body


def _blank(part: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "\0", part[0])


def _first(prose: str, names: Sequence[str]) -> Iterator[re.Match[str]]:
    found = (_pattern(name).search(prose) for name in names)
    places = [place for place in found if place]
    if places:
        yield min(places, key=lambda place: (place.start(), -place.end()))


@lru_cache(maxsize=2048)
def _pattern(name: str) -> re.Pattern[str]:
    """Where a name stands as words of its own; spaces may be a line's end.

    An acronym is that only in capitals, and not before another capital: “QL Claw” is no muscle.
    """
    words = r"(?:[ ]|\n(?!\n))".join(re.escape(word) for word in name.split())
    if name.isupper():
        return re.compile(rf"{_BEFORE}{words}{_AFTER}(?! [A-Z])")
    return re.compile(rf"{_BEFORE}{words}{_AFTER}", re.IGNORECASE)


def _names(muscle: Muscle) -> tuple[str, ...]:
    latin = muscle.latin.removeprefix("musculus ").removeprefix("musculi ")
    usual = muscle.name.partition(" (")[0]
    own = "," not in latin and latin.lower() != usual.lower()
    return (usual, latin) if own else (usual,)


def _ways_to_name(post: Teaser) -> tuple[str, ...]:
    """Its title, what the title begins with, and the muscles that the title names."""
    head = re.split(r"[:?]", post.title)[0].strip()
    said = [post.title, *([head] if len(head.split()) > 1 else [])]
    known = anatomy.muscles()
    for names in (_names(known[each]) for each in post.muscles if each in known):
        if any(_pattern(name).search(post.title) for name in names):
            said += names
    return tuple(dict.fromkeys(said))
