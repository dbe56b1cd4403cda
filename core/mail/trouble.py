"""A mail server that makes trouble: it defers, refuses, and cuts connections, and keeps count.

It knows nothing of the ledger, so that its count can be held against what the ledger says.
"""

import json
import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSED = "nobody"
"""A recipient whose address begins so is refused for good."""

_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
_SAYS = re.compile(rb"^says:\s*(.+?)\r?$", re.IGNORECASE | re.MULTILINE)
_DEFERRED, _CUT_BEFORE, _CUT_AFTER = 0.02, 0.005, 0.005
"""How many of the messages are deferred, and lost with the connection before or after they are
taken."""


class Server:
    """It runs in threads of its own; `accepted` counts the copies of each message, by its id.

    `said` counts the copies of what messages say, by the words of their header `Says`.
    """

    def __init__(self, *, smtp_port: int, http_port: int, seed: int = 1) -> None:
        self.accepted: Counter[str] = Counter()
        self.said: Counter[str] = Counter()
        self.arrived = threading.Condition()
        self.deferred = self.refused = self.cut = 0
        self._chance = random.Random(seed)  # noqa: S311 - it makes trouble, not secrets
        self._listener = socket.create_server(("127.0.0.1", smtp_port))
        self._lookup = ThreadingHTTPServer(("127.0.0.1", http_port), _asked_of(self))
        for serve in (self._serve, self._lookup.serve_forever):
            threading.Thread(target=serve, daemon=True).start()

    def stop(self) -> None:
        """Take no more mail."""
        self._listener.close()
        self._lookup.shutdown()
        self._lookup.server_close()

    def known(self, message_ids: Iterable[str]) -> list[str]:
        """Which of these messages were accepted."""
        with self.arrived:
            return [name for name in message_ids if name in self.accepted]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            try:
                connection.sendall(b"220 trouble\r\n")
                for line in lines:
                    if not self._answer(connection, lines, line):
                        return
            except OSError:
                return

    def _answer(self, connection: socket.socket, lines: Iterable[bytes], line: bytes) -> bool:
        """Answer one command; False where the connection is over."""
        verb = line[:4].upper()
        if verb == b"RCPT" and b":<%s" % REFUSED.encode() in line:
            self.refused += 1
            connection.sendall(b"550 5.1.1 No such mailbox\r\n")
            # What follows in the same write expects DATA to be answered too.
            return True
        if verb != b"DATA":
            connection.sendall(_ANSWERS.get(verb, b"250 2.0.0 ok\r\n"))
            return verb != b"QUIT"
        connection.sendall(b"354 go ahead\r\n")
        return self._take(connection, _read(lines))

    def _take(self, connection: socket.socket, octets: bytes | None) -> bool:
        """Take a message, or make trouble instead."""
        found = _MESSAGE_ID.search(octets or b"")
        if octets is None or found is None:
            if octets is not None:
                connection.sendall(b"554 5.5.1 no message\r\n")
            return octets is not None
        with self.arrived:
            chance = self._chance.random()
            if chance < _DEFERRED:
                self.deferred += 1
            elif chance < _DEFERRED + _CUT_BEFORE:
                self.cut += 1
                return False
            else:
                self.accepted[found[1].decode()] += 1
                self.said.update(b" ".join(_SAYS.findall(octets)).decode().split())
                self.arrived.notify_all()
                if chance > 1 - _CUT_AFTER:
                    self.cut += 1
                    return False
        deferred = chance < _DEFERRED
        connection.sendall(b"451 4.3.2 later\r\n" if deferred else b"250 2.0.0 taken\r\n")
        return True


_ANSWERS = {
    b"EHLO": b"250-trouble\r\n250-PIPELINING\r\n250 SIZE 33554432\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
}


def _read(lines: Iterable[bytes]) -> bytes | None:
    """A message up to its end; None where the connection ended before it did."""
    octets: list[bytes] = []
    for line in lines:
        if line == b".\r\n":
            return b"".join(octets)
        octets.append(line)
    return None


def _asked_of(server: Server) -> type[BaseHTTPRequestHandler]:
    """Who answers which messages were accepted, as the local mailbox does."""

    class Asked(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer a lookup."""
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps({"accepted": server.known(asked["message_ids"])}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Say nothing."""

    return Asked
