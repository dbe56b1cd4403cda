"""One command runs the shop; one signal ends it; the next run finds everything as it was."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from tests.free_port import free_port

ROOT = Path(__file__).resolve().parents[2]


class Run:
    """The shop as `make run` starts it, in a process of its own."""

    def __init__(self, data_dir: Path, port: int) -> None:
        environment = {**os.environ, "DATA_DIR": str(data_dir), "PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "wsgi", "up"],
            cwd=ROOT, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.lines: list[str] = []
        self._told = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, words: str, seconds: float = 60) -> str:
        """The first line that holds these words."""
        deadline = time.monotonic() + seconds
        with self._told:
            while not (found := [line for line in self.lines if words in line]):
                assert self._told.wait(deadline - time.monotonic()), "".join(self.lines)
        return found[0]

    def end(self, number: signal.Signals) -> int:
        """End it; its exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._told:
                self.lines.append(line)
                self._told.notify_all()


def get(address: str) -> str:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
def test_the_shop_comes_up_ends_and_comes_up_again_as_it_was(tmp_path: Path) -> None:
    port = free_port(4)
    run = Run(tmp_path, port)
    sign_in = run.wait_for("First sign-in")
    assert "QL Claw" in get(f"http://127.0.0.1:{port}/products/ql-claw")
    assert "No mail yet" in get(f"http://127.0.0.1:{port + 2}/")
    assert "Dashboard" in get(f"http://127.0.0.1:{port + 1}/")
    assert run.end(signal.SIGINT) == 0

    again = Run(tmp_path, port)
    assert again.wait_for("First sign-in") == sign_in
    assert "QL Claw" in get(f"http://127.0.0.1:{port}/")
    assert again.end(signal.SIGTERM) == 0
    with pytest.raises(OSError, match="refused"):
        get(f"http://127.0.0.1:{port}/healthz")
