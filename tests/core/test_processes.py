"""Programs that run as one end as one, whenever that is asked."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.free_port import free_port

ROOT = Path(__file__).resolve().parents[2]
STARTING = """
import sys
from core.processes import Group, Program
port = sys.argv[1]
sleeping = [sys.executable, "-c", "import sys, time; print('started', flush=True); time.sleep(600)"]
group = Group([Program(name="slow", command=sleeping, page=f"http://127.0.0.1:{port}/")])
group.start()
group.wait_until_up(600)
group.run()
print("ended")
"""


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_they_start_leaves_none_behind(asked: signal.Signals) -> None:
    command = [sys.executable, "-c", STARTING, str(free_port())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as group:
        assert group.stdout
        assert group.stdout.readline() == "started\n"
        group.send_signal(asked)
        # The pipe ends with the last process that holds it.
        assert group.stdout.read() == "ended\n"
        assert group.wait() == 0
