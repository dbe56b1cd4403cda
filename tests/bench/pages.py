"""Pages a second, as a ratio to a Flask page of one line behind the same server."""

import http.client
import statistics
import threading
import time
from pathlib import Path

from tests.bench.serving import granian, resident
from tests.free_port import free_port

PAGES = (
    *("/", "/blog/", "/blog/referred-back-pain", "/products/ql-claw", "/pain-finder", "/cart"),
    *("/muscles/quadratus-lumborum", "/pain-finder/low-back", "/newsletter/", "/pages/safety"),
)
SECONDS = 2.0
CONNECTIONS = 8
ROUNDS = 3


def measure(data_dir: Path) -> None:
    """Print the median rate of each page over interleaved rounds, and its ratio to the reference."""
    shop = free_port()
    reference = free_port()
    with (
        granian("wsgi:create_app", shop, "--factory") as web,
        granian("tests.bench.reference:app", reference),
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
        print(f"  memory of the web process after load: {resident(web) / 2**20:.0f} MB")


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
