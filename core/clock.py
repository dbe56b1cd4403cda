"""The one place that asks for the time; everything stored is UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    """The moment, in UTC, with its zone."""
    return datetime.now(UTC)
