"""What Lighthouse says of the main pages, as a phone on a slow network sees them."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from core.web import vendor
from tests import browser
from tests.bench.serving import granian
from tests.free_port import free_port

PAGES = ("/", "/products/ql-claw", "/blog/referred-back-pain")
_NODE = Path(__file__).parent / "node"
_PROGRAM = _NODE / "node_modules" / "lighthouse" / "cli" / "index.js"


def measure() -> None:
    """Print the four scores of each page: at least 98 is wanted for speed, 100 for the rest."""
    node = shutil.which("node", path=vendor.search_path())
    if node is None or not _is_there():
        print("\nLighthouse could not be fetched: its scores are left out")
        return
    print("\nLighthouse, its preset of a phone (of 100)")
    port = free_port()
    with granian("wsgi:create_app", port, "--factory"):
        for page in PAGES:
            scores = _scores(node, f"http://127.0.0.1:{port}{page}")
            said = "".join(f"{name} {score:>3}   " for name, score in scores.items())
            print(f"  {page:<28}{said}")


def _is_there() -> bool:
    return _PROGRAM.exists() or vendor.fetch(_NODE)


def _scores(node: str, address: str) -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run(
            [
                *(node, str(_PROGRAM), address, "--quiet"),
                *("--output", "json", "--output-path", str(report)),
                f"--chrome-flags={' '.join(('--headless=new', *browser.ARGUMENTS))}",
            ],
            env={**os.environ, "CHROME_PATH": browser.find() or "", "TMPDIR": folder},
            check=True,
        )
        categories = json.loads(report.read_text())["categories"]
    return {name: round(each["score"] * 100) for name, each in categories.items()}
