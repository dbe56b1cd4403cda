"""Which pages of the blog are counted, and as what."""

import re
from collections.abc import Iterator

from core.web.visits import Seen

_POST = re.compile(r"/blog/(?!search$)(?P<slug>[a-z0-9-]{1,120})")
_FINDER = re.compile(r"/pain-finder(?:/[a-z0-9-]+)?")
_MUSCLES = re.compile(r"/muscles/(?:[a-z0-9-]+)?")


def read(path: str, query: str) -> Iterator[Seen]:
    """Posts by their slugs; of the finder and of muscles no more than that they were opened."""
    del query
    if found := _POST.fullmatch(path):
        yield Seen("post", found["slug"])
    elif path == "/":
        yield Seen("home")
    elif _FINDER.fullmatch(path):
        yield Seen("finder")
    elif _MUSCLES.fullmatch(path):
        yield Seen("muscles")
