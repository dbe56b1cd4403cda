"""Ports that nobody listens on."""

import socket


def free_port(count: int = 1) -> int:
    """The first of `count` consecutive ports that are free just now."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            if port + count < 65_536 and all(_is_free(port + n) for n in range(1, count)):
                return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
