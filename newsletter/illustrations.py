"""Whether a letter's images are there for everybody, and say something to who does not see them."""

import re
from collections.abc import Iterable, Iterator

from markdown_it.token import Token

from core import config
from core.findings import Finding, blocks, warns
from newsletter import cards

FEWEST_WORDS = 20
"""A letter of images with fewer words is empty where images are off, and looks like spam."""

_FILE = re.compile(
    r"\S+\.(?:avif|gif|jpe?g|png|svg|webp)|(?:IMG|DSC|image|photo)[-_ ]?\d*", re.IGNORECASE
)
_EMBEDDED = re.compile(r"\]\(\s*data:|^\s*\[[^\]]+\]:\s*data:", re.MULTILINE)


def examine(body: str, tokens: Iterable[Token]) -> Iterator[Finding]:
    """What is wrong with the images of a letter's body; `tokens` have paths as they were typed."""
    if _EMBEDDED.search(body):
        yield blocks("An image is part of the letter itself; link to it instead.")
    words = images = 0
    for token in tokens:
        line = token.map[0] + 1 if token.map else None
        if token.type == "directive" and token.info == "picture":
            images += 1
            if (alt := cards.alt_of(token)) is not None:
                yield from _words(alt, line)
        for part in token.children or ():
            if part.type == "image":
                images += 1
                yield from _words(part.content.strip(), line)
                yield from _source(str(part.attrGet("src") or ""), line)
            else:
                words += len(part.content.split())
    if images and words < FEWEST_WORDS:
        yield warns("There is hardly a word beside the images; without them nothing is left.")


def _words(alt: str, line: int | None) -> Iterator[Finding]:
    if not alt:
        yield blocks("An image has no words for those who do not see it.", line)
    elif _FILE.fullmatch(alt):
        yield warns(f"“{alt}” is the name of a file; say what the image shows.", line)


def _source(source: str, line: int | None) -> Iterator[Finding]:
    site = f"{config.current().site_url}/"
    if source.startswith("http://") and not source.startswith(site):
        yield blocks(f"{source} is not encrypted; many mail programs do not show it.", line)
    elif not source.startswith(("/", "https://", site)) or source.startswith("//"):
        yield blocks(f"{source} is no whole address: it begins with / or with https://.", line)
    yield warns("A mail program cannot tell how large this image is; ::picture says it.", line)
