"""A mail server with one folder that speaks as much IMAP (RFC 3501) as Python's client asks for."""

import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\)|\S+)')


@dataclass
class Folder:
    """What the folder holds, by UID, and what clients did to it."""

    name: str
    letters: dict[int, bytes]
    port: int = 0
    flags: dict[int, set[str]] = field(default_factory=dict)
    fetched: list[int] = field(default_factory=list)
    signed_in: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, verb: str, words: Sequence[str]) -> tuple[str, list[bytes]]:
        """The last line of an answer, and the lines before it."""
        match verb, *words:
            case "SELECT", name if name != self.name:
                return "NO no such folder", []
            case "SELECT", _:
                return "OK [READ-WRITE]", [b"%d EXISTS" % len(self.letters)]
            case "UID SEARCH", *keys:
                return "OK", [b"SEARCH " + " ".join(map(str, self._without(keys))).encode()]
            case "UID FETCH", uid, what:
                return "OK", [self._fetched(int(uid), peeks="PEEK" in what)]
            case _:
                self._change(verb, words)
                return "OK", {"CAPABILITY": [b"CAPABILITY IMAP4rev1"]}.get(verb, [])

    def _change(self, verb: str, words: Sequence[str]) -> None:
        match verb, *words:
            case "LOGIN", user, password:
                self.signed_in.append((user, password))
            case "UID STORE", uid, "+FLAGS", added:
                self.flags[int(uid)].add(added.strip("()"))
            case "EXPUNGE", *_:
                for deleted in [each for each in self.flags if r"\Deleted" in self.flags[each]]:
                    del self.flags[deleted], self.letters[deleted]

    def _without(self, keys: Sequence[str]) -> list[int]:
        """Messages without the flags that keys such as UNSEEN name."""
        hidden = {f"\\{key.removeprefix('UN').capitalize()}" for key in keys}
        return [uid for uid, flags in self.flags.items() if not flags & hidden]

    def _fetched(self, uid: int, *, peeks: bool) -> bytes:
        """A message as a literal; who does not peek has seen it."""
        self.fetched.append(uid)
        if not peeks:
            self.flags[uid].add(r"\Seen")
        octets = self.letters[uid]
        return b"1 FETCH (UID %d BODY[] {%d}\r\n%s)" % (uid, len(octets), octets)


@contextmanager
def serve(name: str, letters: Sequence[bytes]) -> Iterator[Folder]:
    """A server on loopback whose folder holds these messages, from UID 101 on."""
    folder = Folder(name, dict(enumerate(letters, 101)))
    folder.flags = {uid: set() for uid in folder.letters}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        folder.port = listener.getsockname()[1]
        threading.Thread(target=_listen, args=(listener, folder), daemon=True).start()
        yield folder


def _listen(listener: socket.socket, folder: Folder) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"* OK ready\r\n")
                for line in lines:
                    connection.sendall(_answer(folder, line.decode().strip()))


def _answer(folder: Folder, line: str) -> bytes:
    tag, verb, *words = [
        re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for quoted, plain in _WORD.findall(line)
    ]
    if verb.upper() == "UID":
        verb, *words = f"UID {words[0]}", *words[1:]
    end, said = folder.answer(verb.upper(), words)
    told = b"".join(b"* " + each + b"\r\n" for each in said)
    return told + f"{tag} {end} done\r\n".encode()
