"""What a launch needs of the list: that what people agreed to can still be proved."""

from collections.abc import Iterator

from core.readiness import Finding, State, judge
from newsletter import consents


def check() -> Iterator[Finding]:
    """How the chains of receipts stand."""
    whole, broken = consents.examine()
    named = ", ".join(f"/staff/subscribers/{number}" for number in broken[:5])
    more = f" and {len(broken) - 5} more" if len(broken) > 5 else ""
    yield judge(
        "Receipts of consent",
        good=not broken,
        ok=f"the chains of {whole:,} people are whole",
        otherwise=f"changed, or missing, in the database: {named}{more}; restore them from a "
        "backup, or ask these people again",
        worst=State.BLOCKS,
    )
