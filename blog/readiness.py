"""What a launch needs of the plain pages: those the law and customers ask for, in final words."""

from collections.abc import Iterator

from blog import pages
from core.readiness import Finding, State, judge

_NEEDED = ("about", "shipping", "returns", "privacy", "terms", "contact", "safety")


def check() -> Iterator[Finding]:
    """How the plain pages stand."""
    found = {page.slug: page.sample for page in pages.every()}
    missing = [slug for slug in _NEEDED if slug not in found]
    samples = [slug for slug, sample in found.items() if sample]
    yield judge(
        "Pages",
        good=not missing,
        ok="all there",
        otherwise=f"missing: {', '.join(missing)}",
        worst=State.BLOCKS,
    )
    yield judge(
        "Texts of the pages",
        good=not samples,
        ok="none is marked as a sample",
        otherwise=f"still marked as a sample: {', '.join(samples)}",
        worst=State.BLOCKS,
    )
