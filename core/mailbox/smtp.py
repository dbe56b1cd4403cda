"""Receives mail: aiosmtpd with quick reading, PIPELINING, and faults that tests may ask for."""

import asyncio
import re
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP

from core.mailbox.store import Envelope, Store

SIZE_LIMIT = 32 * 1024 * 1024
"""Octets in one message, advertised by SIZE (RFC 1870)."""

_LINE_LIMIT = 998  # RFC 5322, 2.1.1
_EVERYTHING = 2**31
_PLAIN_PATH = re.compile(r'<([^\s<>"\\]*)>\s*(.*)', re.DOTALL)

Result = TypeVar("Result")


@dataclass
class Faults:
    """What goes wrong on purpose, until a sound `Faults()` takes its place."""

    deferrals: int = 0
    """How many more messages are answered 451 after their data."""
    lost_replies: int = 0
    """How many more messages are stored, and the connection cut where the 250 should come."""
    rejected: frozenset[str] = frozenset()
    """Recipients, in lower case, that are answered 550."""


class Server:
    """An SMTP server with an event loop in a thread of its own."""

    def __init__(self, store: Store, host: str, port: int) -> None:
        self.faults = Faults()
        self.flowing = asyncio.Event()
        """Set while replies are sent; cleared, the server stalls before the next."""
        self.flowing.set()
        self.sessions: set[asyncio.Transport] = set()
        self.store = store
        self.host = host
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._listener: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="mailbox-smtp")
        self._thread.start()

    def listen(self) -> None:
        """Accept connections; raises OSError when the port is taken."""

        async def listen() -> None:
            self._listener = await self._loop.create_server(
                lambda: _Session(self), self.host, self.port
            )
            self.port = self._listener.sockets[0].getsockname()[1]

        asyncio.run_coroutine_threadsafe(listen(), self._loop).result()

    def refuse(self) -> None:
        """Cut every connection and refuse new ones until `listen`."""
        self.change(self._hang_up)

    def change(self, act: Callable[[], Result]) -> Result:
        """Call something in the loop's thread, where faults are read, and wait for it."""

        async def call() -> Result:
            return act()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    def stop(self) -> None:
        """Cut every connection and end the thread."""
        asyncio.run_coroutine_threadsafe(self._wind_down(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _hang_up(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        for transport in tuple(self.sessions):
            transport.abort()

    async def _wind_down(self) -> None:
        self._hang_up()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Handler:
    """Answers EHLO and RCPT; the names of its methods are aiosmtpd's."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _smtp: SMTP, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _smtp: SMTP, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if address.lower() in self._server.faults.rejected:
            return "550 5.1.1 No such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class _Session(SMTP):
    """One connection; reads a message's data in blocks, where aiosmtpd reads it line by line."""

    line_length_limit = 2**20  # bounds what waits in memory, not the lines of a message

    def __init__(self, server: Server) -> None:
        super().__init__(
            _Handler(server),
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname="localhost",
            ident="local mailbox",
        )
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._server.sessions.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.sessions.discard(self.transport)
        super().connection_lost(error)

    async def push(self, status: str) -> None:  # type: ignore[override]  # only text is pushed
        await self._server.flowing.wait()
        await super().push(status)

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
        if await self.check_helo_needed():
            return
        if not self.envelope or not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        await self.push(await self._accept(await self._read_data()))
        self.envelope = self._create_envelope()

    async def _accept(self, data: bytes | None) -> str:
        faults = self._server.faults
        if data is None:
            return f"552 5.3.4 Message larger than {SIZE_LIMIT} octets"
        if any(len(line) > _LINE_LIMIT for line in data.split(b"\r\n")):
            return f"500 5.6.0 A line longer than {_LINE_LIMIT} octets"
        if faults.deferrals:
            faults.deferrals -= 1
            return "451 4.3.0 Try again later"
        return await self._store(data)

    async def _store(self, data: bytes) -> str:
        deposit = self._server.store.deposit(_seal(self.envelope, data))
        try:
            number = await asyncio.wrap_future(deposit)
        except sqlite3.Error as error:
            return f"451 4.3.1 Not stored: {error}"
        if self._server.faults.lost_replies:
            self._server.faults.lost_replies -= 1
            raise asyncio.CancelledError  # ends the session without an answer
        return f"250 2.0.0 Stored as {number}"

    async def _read_data(self) -> bytes | None:
        """The message without its dots (RFC 5321, 4.5.2); None when it is too large."""
        end = b"\r\n.\r\n"
        read = bytearray(b"\r\n")  # a first line of one dot ends the message, too
        too_large = False
        searched = 0
        while (position := read.find(end, searched)) < 0:
            too_large = too_large or len(read) > SIZE_LIMIT
            if too_large:
                del read[: -len(end)]
            searched = max(0, len(read) - len(end))
            received = await self._reader.read(_EVERYTHING)
            if not received:
                raise asyncio.CancelledError  # ends the session without an answer
            read += received
        self._reader.feed_data(bytes(read[position + len(end) :]))  # the client's next commands
        if too_large or position > SIZE_LIMIT:
            return None
        return bytes(read[: position + 2].replace(b"\r\n.", b"\r\n")[2:])

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        path = _PLAIN_PATH.fullmatch(arg)
        if path is None:
            return super()._getaddr(arg)
        return path[1] or "<>", path[2]


def _seal(envelope: Any, data: bytes) -> Envelope:
    return Envelope(
        mail_from=_clean(envelope.mail_from.removeprefix("<>")),
        rcpt_tos=tuple(map(_clean, envelope.rcpt_tos)),
        raw=data,
        received_at=datetime.now(UTC),
    )


def _clean(address: str) -> str:
    return address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
