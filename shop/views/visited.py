"""Which pages of the shop are counted, and by which links people came to them."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

from core.web.visits import CLICK, Seen
from shop import attribution

_PRODUCT = re.compile(r"/products/(?P<slug>[a-z0-9-]{1,120})")


def read(path: str, query: str) -> Iterator[Seen]:
    """Products by their slugs, and each source of the way that the link told."""
    if found := _PRODUCT.fullmatch(path):
        yield Seen("product", found["slug"])
        way = parse_qs(query).get("from", [""])[0]
        for source in dict.fromkeys(step.source for step in attribution.steps(way)):
            yield Seen(CLICK, found["slug"], source)
