"""The letters of readers who let us note what they read: links and a pixel of their own.

Everybody else's letters hold neither. A link leads to a page of ours that the letter's author
named: its token is signed, so that nobody can make one that leads elsewhere.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape

from core import config, links
from core.mail.forms import MARK
from newsletter.rendering import Skeleton

_PURPOSE = "newsletter reading"
_OF_A_STEP = re.compile(r"[?&;]from=(sequence:\d+:\d+)(?![^&#])")
_PIXEL = f'<img src="{MARK}opened{MARK}" width="1" height="1" alt="">'


def skeleton(of_all: Skeleton) -> tuple[Skeleton, list[str]]:
    """A letter with links of one reader's own, and where each leads, in the slots' order."""
    targets: list[str] = []
    site = config.current().site_url

    def own(link: re.Match[str]) -> str:
        targets.append(unescape(link[1]))
        return f'href="{MARK}follow{len(targets) - 1}{MARK}"'

    html = MARK.join(of_all.html)
    # Those that tell their letter, and hold nothing of a reader's yet.
    counted = re.compile(rf'href="{re.escape(site)}(/[^"{MARK}]*[?&;]from=[^"{MARK}]*)"')
    html = counted.sub(own, html).replace("</body>", f"{_PIXEL}</body>")
    return replace(of_all, html=tuple(html.split(MARK))), targets


def values(public_id: str, sources: Sequence[str], targets: list[str]) -> dict[str, str]:
    """What fills those slots for one reader of a message, in which several letters may go.

    A link counts for the letter that it tells, an opening for all of them.
    """
    base = f"{config.current().site_url}/newsletter"

    def token(target: str) -> str:
        told = _OF_A_STEP.search(target)
        return links.sign(_PURPOSE, [public_id, told[1] if told else sources[0], target])

    followed = {f"follow{n}": f"{base}/go/{token(target)}" for n, target in enumerate(targets)}
    opened = links.sign(_PURPOSE, [public_id, ",".join(sources), ""])
    return {"opened": f"{base}/opened/{opened}.gif", **followed}


def read(token: str) -> tuple[str, str, str]:
    """Whose link it is, of which letters, with commas, and where it leads. Raises `BadLink`."""
    public_id, source, target = links.read(_PURPOSE, token)
    return public_id, source, target
