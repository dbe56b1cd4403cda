"""A PostgreSQL server of one's own, restarted at will and thrown away: for proofs."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAMS = ("initdb", "pg_ctl", "postgres")


class Cluster:
    """A server that runs in `folder`, by the programs of a PostgreSQL installation."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder, self._port = programs, folder, _free_port()

    @property
    def url(self) -> str:
        """Its database, as SQLAlchemy and psycopg name it."""
        return f"postgresql://proof@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Make its files and start it. Raises `CalledProcessError`."""
        data = str(self._folder / "data")
        made = ("--username=proof", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self._run("initdb", "--pgdata", data, *made)
        listening = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self._control("start", "--log", str(self._folder / "log"), "--options", listening)

    def restart(self) -> None:
        """Restart it as after a crash: sessions end in their midst, and its log is replayed."""
        self._control("restart", "--mode=immediate")

    def stop(self) -> None:
        """Stop it for good."""
        self._control("stop", "--mode=immediate")

    def _control(self, verb: str, *options: str) -> None:
        self._run("pg_ctl", verb, "--pgdata", str(self._folder / "data"), "--wait", *options)

    def _run(self, program: str, *options: str) -> None:
        subprocess.run(  # noqa: S603 - our own command line
            [str(self._programs / program), *options],
            user=_owner(),
            cwd=self._folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def find() -> Path | None:
    """The folder of a server's programs on this machine: the one in use, or Debian's newest."""
    named = shutil.which("pg_ctl")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders = [*([Path(named).resolve().parent] if named else []), *debian]
    return next((each for each in folders if _is_whole(each)), None)


@contextmanager
def running(programs: Path) -> Iterator[Cluster]:
    """A new server by these programs, for as long as the block. Raises `CalledProcessError`."""
    folder = Path(tempfile.mkdtemp(prefix="cluster-"))
    owner = _owner()
    if owner is not None:
        shutil.chown(folder, owner)
    cluster = Cluster(programs, folder)
    try:
        cluster.start()
        yield cluster
    finally:
        try:
            cluster.stop()
        finally:
            shutil.rmtree(folder)


def _is_whole(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in _PROGRAMS)


def _owner() -> str | None:
    """Who runs it: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    known = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
