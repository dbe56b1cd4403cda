"""Finds the Chromium that the tests drive, and installs one where it can."""

import os
import shutil
import subprocess
import sys

# The one without windows needs little more than half of the time.
_SHELL = "chromium-headless-shell"
_NAMES = (_SHELL, "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

# The sandbox of a root user's Chromium, and its calls home, have no place in tests.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def find() -> str | None:
    """The path of a Chromium on this machine; `CHROMIUM` in the environment names another."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for name in _NAMES if (path := shutil.which(name))), None)


def install() -> str | None:
    """Install Chromium with the system's package manager; its path, or None where that fails."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update")
        lean = ("apt-get", "install", "-y", "--no-install-recommends", "fonts-liberation")
        if not _run(*lean, _SHELL):
            _run(*lean, "chromium")
    return find()


def _run(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def main() -> int:
    """Say in one line where the browser is, or what is missing."""
    path = find() or install()
    if path is None:
        sys.stderr.write("Chromium is missing: install it, or name one with CHROMIUM=/path\n")
        return 1
    sys.stdout.write(f"browser: {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
