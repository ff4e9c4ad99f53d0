"""One client's connection, from its login to its end."""

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg

from spotkeeper.db.live import LiveSpot
from spotkeeper.node import commands, lines, question
from spotkeeper.node.commands import Command
from spotkeeper.settings import CALLSIGN

if TYPE_CHECKING:
    from spotkeeper.node.service import Node

log = logging.getLogger(__name__)

LOGIN_SECONDS = 60
LONGEST_LINE = 400
# What a client has not read yet may grow to this, some thousands of spots.
MOST_UNREAD = 256 * 1024
FAREWELL_SECONDS = 30
MOST_BAD_COMMANDS = 21

# Options of telnet are not for us; a doubled 255 is none.
_TELNET = re.compile(rb"\xff(?:[\xfb-\xfe].|\xfa.*?\xff\xf0|[^\xff])", re.DOTALL)


class Client:
    """Logged in when `call` is not empty."""

    def __init__(self, node: "Node", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.call = ""
        self._node = node
        self._reader = reader
        self._writer = writer
        self._follows = True
        self._skimmers = True
        self._cc11 = False
        self._bad = 0
        # What is sent goes to the socket at once or waits in the transport, whose size is looked at.
        writer.transport.set_write_buffer_limits(high=MOST_UNREAD)

    async def run(self) -> None:
        """Until the client leaves or is told to."""
        try:
            if await self._log_in():
                while not self._writer.is_closing():
                    await self._obey(commands.read(await self._line()))
        except (TimeoutError, ConnectionError, ValueError):
            pass  # it said nothing, went, or sent a line without an end
        finally:
            self.end()

    def tell(self, spot: LiveSpot, as_line: bytes, as_cc11: bytes) -> bool:
        """Send a new spot in the client's form, if it is one for it."""
        if not self._follows or (spot.source == "machine" and not self._skimmers):
            return False
        self._send(as_cc11 if self._cc11 else as_line)
        return True

    def end(self, farewell: str = "") -> None:
        """Close the connection after what is still to be sent, if that is read soon."""
        if self._writer.is_closing():
            return
        if farewell:
            self._writer.write(farewell.encode() + lines.END)
        self._writer.close()
        asyncio.get_running_loop().call_later(FAREWELL_SECONDS, self._writer.transport.abort)

    def _send(self, text: bytes) -> None:
        if self._writer.is_closing():
            return
        self._writer.write(text)
        if self._writer.transport.get_write_buffer_size() > MOST_UNREAD:
            log.warning("%s does not read what is sent: disconnected", self.call)
            self._node.metrics.dropped.inc()
            self.end(f"{self._node.call}: you do not read what is sent, this ends the connection")

    async def _line(self) -> str:
        """Raises ConnectionError at the end of the stream, ValueError for a line that is too long."""
        text = await self._reader.readline()
        if not text.endswith(b"\n"):
            raise ConnectionError("it left")
        return _TELNET.sub(b"", text).decode(errors="replace").strip()

    async def _log_in(self) -> bool:
        self._send(b"login: ")
        async with asyncio.timeout(LOGIN_SECONDS):
            call = (await self._line()).upper()
        if not CALLSIGN.fullmatch(call):
            self._node.metrics.refused.labels("callsign").inc()
            self.end(f"Sorry {call[:20]} is an invalid callsign")
            return False
        self._send(
            f"Hello {call}, this is {self._node.call} of Spotkeeper, to read only".encode() + lines.END
        )
        self.call = call
        self._node.admit(self)
        self._prompt()
        return True

    def _prompt(self) -> None:
        self._send(lines.prompt(self.call, self._node.call, datetime.now(UTC)))

    async def _obey(self, command: Command) -> None:
        self._bad = self._bad + 1 if command.name == "unknown" else 0
        if command.name == "show dx":
            await self._show_dx(command.arguments)
        elif command.name == "show wwv":
            await self._show(lambda: lines.wwv(self._node.past.wwv()))
        elif command.name == "ve7cc":
            self._cc11 = command.on
            self._flag("VE7CC spots", command.on)
        elif command.name == "dx":
            self._follows = command.on
            self._flag("DX Spots", command.on)
        elif command.name == "skimmer":
            self._skimmers = command.on
            self._flag("Skimmer spots", command.on)
        elif command.name == "bye":
            self.end(f"73 de {self._node.call}")
            return
        elif command.name == "unknown":
            self._send(b"Invalid command" + lines.END)
            if self._bad >= MOST_BAD_COMMANDS:
                self.end("Too many invalid commands, disconnected")
                return
        self._prompt()

    def _flag(self, what: str, on: bool) -> None:
        self._send(f"{what} flag {'set' if on else 'unset'} on {self.call}".encode() + lines.END)

    async def _show_dx(self, arguments: str) -> None:
        try:
            asked = question.read(arguments)
        except question.Refused as error:
            self._send(f"sh/dx: {error}".encode() + lines.END)
            return
        await self._show(lambda: b"".join(map(self._history, self._node.past.spots(asked))))

    def _history(self, spot: LiveSpot) -> bytes:
        return lines.cc11(spot, self._node.call) if self._cc11 else lines.history(spot)

    async def _show(self, ask: Callable[[], bytes]) -> None:
        """What the database says, asked beside the event loop."""
        try:
            self._send(await asyncio.to_thread(ask))
        except psycopg.Error as error:
            log.warning("%s: no answer of the database: %s", self.call, " ".join(str(error).split()))
            self._send(b"The database is away, try again later" + lines.END)
