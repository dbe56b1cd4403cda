"""What happened, told to whoever listens, inside the transaction in which it happened.

Events are frozen dataclasses in the past tense. Listeners only write rows, so that a deed and all
its consequences are committed together or not at all.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

_Event = TypeVar("_Event")

_listeners: dict[type, list[Callable[[Any], None]]] = defaultdict(list)


def listen(kind: type[_Event], listener: Callable[[_Event], None]) -> None:
    """Call `listener` for each event of `kind`; to say so twice changes nothing."""
    if listener not in _listeners[kind]:
        _listeners[kind].append(listener)


def tell(event: object) -> None:
    """Tell every listener of the event's class, in the order in which they were named."""
    for listener in _listeners[type(event)]:
        listener(event)
