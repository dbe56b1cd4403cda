"""Ports that nobody listens on."""

import random
import socket
from contextlib import ExitStack

# Below the ports that systems hand out by themselves, so that no other test is given one of ours.
_RANGE = range(15_000, 32_000)


def free_port(count: int = 1) -> int:
    """The first of `count` consecutive ports that are free just now."""
    while True:
        first = random.choice(_RANGE)
        if _are_free(range(first, first + count)):
            return first


def _are_free(ports: range) -> bool:
    with ExitStack() as stack:
        for port in ports:
            probe = stack.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
