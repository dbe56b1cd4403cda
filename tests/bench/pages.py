"""Pages a second, as a ratio to a Flask page of one line behind the same server."""

import http.client
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.free_port import free_port

PAGES = ("/", "/blog/referred-back-pain", "/products/ql-claw", "/pain-finder", "/cart")
SECONDS = 2.0
CONNECTIONS = 8
ROUNDS = 3


def measure(data_dir: Path) -> None:
    """Print the median rate of each page over interleaved rounds, and its ratio to the reference."""
    shop = free_port()
    reference = free_port()
    with (
        _granian("wsgi:create_app", shop, "--factory") as web,
        _granian("tests.bench.reference:app", reference),
    ):
        rates: dict[str, list[float]] = {page: [] for page in ("reference", *PAGES)}
        for _ in range(ROUNDS):
            rates["reference"].append(_rate(reference, "/"))
            for page in PAGES:
                rates[page].append(_rate(shop, page))
        base = statistics.median(rates["reference"])
        print(f"\npages, {CONNECTIONS} connections, one web process ({data_dir.name})")
        for page, measured in rates.items():
            median = statistics.median(measured)
            print(f"  {page:<28}{median:>9,.0f}/s  ÷ reference {median / base:.2f}")
        print(f"  memory of the web process after load: {_resident(web) / 2**20:.0f} MB")


def _rate(port: int, page: str) -> float:
    """Requests a second over `CONNECTIONS` kept-alive connections."""
    counts = [0] * CONNECTIONS
    end = time.perf_counter() + SECONDS

    def load(index: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.perf_counter() < end:
            connection.request("GET", page, headers={"Accept-Encoding": "br"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{page} answered {answer.status}")
            counts[index] += 1
        connection.close()

    threads = [threading.Thread(target=load, args=(index,)) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


@contextmanager
def _granian(target: str, port: int, *options: str) -> Iterator[int]:
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


def _resident(parent: int) -> int:
    """Bytes resident in the largest process among `parent` and its children (Linux)."""
    status = [Path(f"/proc/{parent}")]
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    status += [Path(f"/proc/{child}") for child in children]
    pages = [int((process / "statm").read_text().split()[1]) for process in status]
    return max(pages) * 4096
