"""The archive that holds a backup: a ZIP file whose manifest has the sum of everything in it."""

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

FORMAT = 1
_MANIFEST = "manifest.json"
_CHUNK = 1 << 20  # bytes read at once


class Damaged(Exception):
    """The file is no archive of ours, or not what it was when it was made; the text says why."""


@dataclass(frozen=True)
class Member:
    """A part of the archive: the SHA-256 of its bytes and, for a table, how many rows it has."""

    sha256: str
    rows: int | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What the archive says of itself: when it was made, of which migration, and its parts."""

    format: int
    made_at: str
    revision: str
    members: dict[str, Member]

    @property
    def tables(self) -> dict[str, int]:
        """The tables in it, with the number of their rows."""
        return {
            PurePosixPath(name).stem: member.rows
            for name, member in self.members.items()
            if member.rows is not None
        }

    @property
    def files(self) -> list[str]:
        """The files in it, as paths below the data directory."""
        return [
            name.removeprefix("files/")
            for name, member in self.members.items()
            if member.rows is None
        ]


@dataclass
class Draft:
    """An archive that is being written."""

    file: zipfile.ZipFile
    members: dict[str, Member] = field(default_factory=dict)

    def add_table(self, table: str, rows: Iterable[dict[str, Any]]) -> None:
        """Add a table, one row a line."""
        digest, count = hashlib.sha256(), 0
        with self.file.open(_table(table), "w", force_zip64=True) as member:
            for row in rows:
                line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
                digest.update(line)
                member.write(line)
                count += 1
        self.members[_table(table)] = Member(digest.hexdigest(), count)

    def add_file(self, name: str, path: Path) -> None:
        """Add a file of the data directory under its path there."""
        content = path.read_bytes()
        self.file.writestr(f"files/{name}", content)
        self.members[f"files/{name}"] = Member(hashlib.sha256(content).hexdigest())

    def finish(self, *, made_at: str, revision: str) -> Manifest:
        """Write the manifest, which comes last since it holds the sums."""
        manifest = Manifest(format=FORMAT, made_at=made_at, revision=revision, members=self.members)
        self.file.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=2))
        return manifest


@dataclass(frozen=True)
class Archive:
    """An archive that was read to its end and found whole."""

    file: zipfile.ZipFile
    manifest: Manifest

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """The rows of a table, as they were added."""
        with self.file.open(_table(table)) as lines:
            yield from map(json.loads, lines)

    def unpack(self, name: str, path: Path) -> None:
        """Write one of `manifest.files` to `path`, which only its owner may read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(self.file.read(f"files/{name}"))


@contextmanager
def create(path: Path) -> Iterator[Draft]:
    """Write an archive that only its owner may read; it appears at `path` once it is complete."""
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                yield Draft(archive)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


@contextmanager
def open_verified(path: Path) -> Iterator[Archive]:
    """Open an archive after every sum and count in it was checked. Raises `Damaged`."""
    try:
        file = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise Damaged(f"{path.name} is not an archive: {error}") from error
    with file:
        manifest = _read_manifest(file)
        expected = {_MANIFEST, *manifest.members}
        if len(file.namelist()) != len(expected) or set(file.namelist()) != expected:
            raise Damaged("the archive does not hold what its manifest names")
        for name, member in manifest.members.items():
            _verify(file, name, member)
        yield Archive(file, manifest)


def _table(name: str) -> str:
    return f"tables/{name}.jsonl"


def _read_manifest(file: zipfile.ZipFile) -> Manifest:
    try:
        given = json.loads(file.read(_MANIFEST))
        if given["format"] != FORMAT:
            raise Damaged(f"the archive's format is {given['format']}; this version reads {FORMAT}")
        members = {name: Member(**each) for name, each in given.pop("members").items()}
        return Manifest(**given, members=members)
    except (KeyError, TypeError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise Damaged("the archive has no manifest that can be read") from error


def _verify(file: zipfile.ZipFile, name: str, member: Member) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or path.parts[:1] not in (("tables",), ("files",)):
        raise Damaged(f"the archive names a file outside of it: {name}")
    try:
        with file.open(name) as content:
            digest, lines = _digest(content)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise Damaged(f"{name} is damaged: {error}") from error
    if digest != member.sha256:
        raise Damaged(f"{name} is not what it was: its sum differs from the manifest's")
    if member.rows is not None and lines != member.rows:
        raise Damaged(f"{name} has {lines} rows; the manifest says {member.rows}")


def _digest(content: IO[bytes]) -> tuple[str, int]:
    digest, lines = hashlib.sha256(), 0
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        lines += chunk.count(b"\n")
    return digest.hexdigest(), lines
