"""Runs several programs as one: starts them together, revives what falls, ends them together."""

import logging
import os
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

log = logging.getLogger(__name__)

PATIENCE = 10  # seconds that a program has to end before it is killed


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program: its name for people, its command line, and a page that answers once it is up."""

    name: str
    command: Sequence[str]
    page: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


class Group:
    """Programs that run together until `stop`, or until SIGTERM or SIGINT reaches us."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs = programs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        """Start all of them; from now on a signal to end leaves none behind."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        for program in self._programs:
            self._start(program)

    def wait_until_up(self, seconds: float) -> bool:
        """Whether every page answered within so many seconds."""
        for _ in range(int(seconds * 10)):
            if all(_answers(program.page) for program in self._programs if program.page):
                return True
            if self._stopping.wait(0.1):
                return False
        return False

    def run(self) -> None:
        """Watch over them until told to stop; one that fell is started again after a second."""
        while not self._stopping.wait(1):
            for program in self._programs:
                status = self._running[program.name].poll()
                if status is not None and not self._stopping.is_set():
                    log.warning("%s ended with status %s; starting it again", program.name, status)
                    self._start(program)
        self.stop()

    def stop(self) -> None:
        """End all of them: ask, wait, and kill what does not end."""
        self._stopping.set()
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        for name, process in self._running.items():
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                log.warning("%s does not end; killing it", name)
            _kill_session(process.pid)
            process.wait()

    def _start(self, program: Program) -> None:
        """In a session of its own: Ctrl-C reaches us alone, and we end the others in order."""
        self._running[program.name] = subprocess.Popen(  # noqa: S603 - our own command lines
            program.command,
            env=dict(program.environment) or None,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stopping.set()


def _kill_session(leader: int) -> None:
    """A program that ended may have left children behind, which would keep its port."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _answers(page: str | None) -> bool:
    try:
        with urllib.request.urlopen(page or "", timeout=2):  # noqa: S310 - our own pages
            return True
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, OSError):
        return False
