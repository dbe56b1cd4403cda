"""How many messages go between two marks: as many as the mail server takes in half a second.

A pause waits until the group under way has gone, and a crash leaves it in doubt: a slow server gets
few at a time. A fast one gets many, since each mark costs a synced commit.
"""

from core import config

FIRST, MOST = 25, 100
"""Messages in a group: before the server's pace is known, and at most."""
SPAN = 0.5  # seconds in which a group should be gone


class Grouping:
    """The size of the next group over one connection."""

    def __init__(self) -> None:
        self._size = FIRST

    @property
    def size(self) -> int:
        """Messages in the next group; a second's worth where the provider sets a rate.

        So several workers share that rate.
        """
        rate = config.current().mail.rate
        return self._size if rate is None else max(1, min(self._size, int(rate)))

    @property
    def claim(self) -> int:
        """Messages to take at once: two groups, or one where workers share a rate."""
        return self.size * (2 if config.current().mail.rate is None else 1)

    def learn(self, messages: int, seconds: float) -> None:
        """Take note of how long the server took for a group."""
        if messages:
            pace = messages / max(seconds, SPAN / MOST)
            self._size = max(1, min(MOST, round(pace * SPAN)))
