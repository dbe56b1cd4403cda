"""Static files under names that carry their hash, compressed once, served for ever.

`publish` copies `static/` into the data folder; WhiteNoise serves it in front of Flask.
"""

import gzip
import os
import re
import threading
from functools import partial
from hashlib import sha256
from pathlib import Path

import brotli
from flask import Flask
from whitenoise import WhiteNoise

_COMPRESSED = frozenset({".css", ".js", ".svg", ".txt", ".json", ".xml"})
_YEAR = 365 * 24 * 3600


def init_app(app: Flask, source: Path, target: Path) -> None:
    """Publish `source` into `target` and serve it at `/static/`.

    What is in its folder `root` is served at `/` as well: browsers look for icons there unasked.
    Templates get `asset(path)`, and the test `path is published` for what may be missing.
    """
    names = publish(source, target)
    hashed = frozenset(Path(name).name for name in names.values())
    app.jinja_env.globals["asset"] = partial(_address, names)
    app.jinja_env.tests["published"] = names.__contains__
    served = WhiteNoise(
        app.wsgi_app,
        root=str(target),
        prefix="static/",
        max_age=60,
        immutable_file_test=lambda _, url: Path(url).name in hashed,
    )
    served.add_files(str(source / "root"))
    app.wsgi_app = served  # type: ignore[method-assign] # Flask's documented place for middleware


def publish(source: Path, target: Path) -> dict[str, str]:
    """Copy each file under its own and its hashed name; maps the first to the second.

    Stylesheets come last, since they call typefaces and pictures by their hashed names.
    """
    names: dict[str, str] = {}
    files = (file for file in source.rglob("*") if file.is_file())
    for file in sorted(files, key=lambda file: (file.suffix == ".css", file)):
        relative = file.relative_to(source)
        content = file.read_bytes()
        if relative.suffix == ".css":
            content = _refer(content, names)
        names[str(relative)] = _publish_one(relative, content, target)
    return names


def _refer(stylesheet: bytes, names: dict[str, str]) -> bytes:
    """What is not there keeps its name: a typeface may be missing."""

    def rename(found: re.Match[bytes]) -> bytes:
        path = found[1].decode()
        return f'url("../{names.get(path, path)}")'.encode()

    return re.sub(rb'url\("\.\./([^"]+)"\)', rename, stylesheet)


def _publish_one(relative: Path, content: bytes, target: Path) -> str:
    digest = sha256(content).hexdigest()[:12]
    hashed = relative.with_name(f"{relative.stem}.{digest}{relative.suffix}")
    if not _is_published(target, relative, hashed, content):
        variants = {"": content}
        if relative.suffix in _COMPRESSED and len(content) > 200:
            variants[".br"] = brotli.compress(content, quality=9)
            variants[".gz"] = gzip.compress(content, 9, mtime=0)
        for name in (relative, hashed):
            for ending in sorted(variants, reverse=True):
                _write(target / f"{name}{ending}", variants[ending])
    return str(hashed)


def _is_published(target: Path, relative: Path, hashed: Path, content: bytes) -> bool:
    """The hashed file is written last, so where it is, what goes with it is there too."""
    plain = target / relative
    return (target / hashed).exists() and plain.exists() and plain.read_bytes() == content


def _write(path: Path, content: bytes) -> None:
    """Several processes may publish at once: each file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _address(names: dict[str, str], path: str) -> str:
    """The address of `static/<path>`. Raises `KeyError` for a file that is not there."""
    return f"/static/{names[path]}"
