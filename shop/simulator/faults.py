"""Faults on order: the next calls of the API fail, so that a shop can show how it copes."""

import threading
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from shop.simulator.errors import StripeError

Kind: TypeAlias = Literal["error", "rate_limit", "refuse", "timeout", "lost", "slow"]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call.

    Attributes:
        kind: `error` answers 500 and `rate_limit` 429; `refuse` drops the connection, `timeout`
            does so after `seconds`; none of these does what was asked. `lost` does it and drops
            the connection; `slow` does it after `seconds`.
        seconds: How long to hold the call.

    """

    kind: Kind
    seconds: float = 0


class Faults:
    """The faults in store for the next calls, first come, first served."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._held = threading.Event()
        self._waiting: list[Fault] = []

    def fail_next(self, calls: int, kind: Kind = "error", seconds: float = 30) -> None:
        """Let the next `calls` calls fail in this way."""
        with self._lock:
            self._waiting += [Fault(kind, seconds)] * calls

    def clear(self) -> None:
        """Let every further call succeed, and end what is being held."""
        with self._lock:
            self._waiting.clear()
        self._ended.set()
        self._ended = threading.Event()

    def wait_until_held(self, timeout: float) -> bool:
        """Whether, within `timeout` seconds, a slow call is being held."""
        return self._held.wait(timeout)

    def take(self) -> Fault | None:
        """The fault of the call that has just come in."""
        with self._lock:
            return self._waiting.pop(0) if self._waiting else None

    def strike_before(self, fault: Fault | None) -> None:
        """Fail instead of doing what was asked.

        Raises:
            StripeError: For an answer that tells of an error.
            ConnectionAbortedError: To drop the connection.

        """
        if fault is None:
            return
        if fault.kind == "error":
            message = "An unknown error occurred. If the error persists, please contact support."
            raise StripeError(message, status=500, kind="api_error")
        if fault.kind == "rate_limit":
            raise StripeError("Request rate limit exceeded.", status=429, code="rate_limit")
        if fault.kind == "timeout":
            self._ended.wait(fault.seconds)
        if fault.kind in ("refuse", "timeout"):
            raise ConnectionAbortedError

    def hold(self, fault: Fault | None) -> None:
        """Take as long as a slow call takes; its idempotency key is in use meanwhile."""
        if fault and fault.kind == "slow":
            self._held.set()
            self._ended.wait(fault.seconds)
