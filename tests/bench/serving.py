"""A shop behind the server that shops run on, for as long as something is measured."""

import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def granian(target: str, port: int, *options: str) -> Iterator[int]:
    """Serve a WSGI app by one process with one thread; gives the number of that process."""
    command = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", target, "--port", str(port)),
        *("--workers", "1", "--blocking-threads", "1", "--no-log", *options),
    ]
    process = subprocess.Popen(command)
    try:
        wait_for(port)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int) -> None:
    """Wait until a page answers there."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("GET", "/")
            connection.getresponse()
        except OSError:
            threading.Event().wait(0.1)
        else:
            return
    raise RuntimeError(f"nothing answers on port {port}")


def resident(parent: int) -> int:
    """Bytes resident in the largest process among `parent` and its children (Linux)."""
    status = [Path(f"/proc/{parent}")]
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    status += [Path(f"/proc/{child}") for child in children]
    pages = [int((process / "statm").read_text().split()[1]) for process in status]
    return max(pages) * 4096
