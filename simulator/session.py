"""One client's connection: the login, the commands, and the way its spots take into the socket."""

import asyncio
import contextlib
import logging
import re
import socket
import struct
import time
from collections import deque
from typing import TYPE_CHECKING

from simulator import faults
from simulator.bulletins import wcy_table, wwv_table
from simulator.lines import Spot, history_line, is_callsign

if TYPE_CHECKING:
    from simulator.node import Node

log = logging.getLogger("simulator")

_BAD_COMMANDS = 21
_WRONG_PASSWORD_SECONDS = 1.5
_FAREWELL_SECONDS = 2.0
_BYTE_SECONDS = 0.02
_MOST_WAITING_LINES = 500_000
_SHOW_DX_LINES = 10
_MOST_SHOW_DX_LINES = 100
# A two-byte telnet command eats the character after it too, as on DXSpider.
_TELNET = re.compile(rb"\xff..", re.DOTALL)
_ACCEPTED = re.compile(r"((un)?set|acc(ept)?|rej(ect)?|clear)/\S.*|help|\?")
_SHOW_DX = re.compile(r"sh(?:ow)?/dx(?:[ /]+(\d+))?(?:\s+(by\s+)?([a-z0-9/-]*[a-z][a-z0-9/-]*))?")


class Hangup(Exception):
    """Ends the session; the text says why, for the node's own log."""


class Session:
    """`call` is empty until the log-in is through; `backlog` counts spot lines the socket has not taken."""

    def __init__(self, node: "Node", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.call = ""
        self.format = ""
        self.machines = True
        self.backlog = 0
        self._node = node
        self._reader = reader
        self._writer = writer
        self._outbox: deque[tuple[list[bytes], bool]] = deque()
        self._filled = asyncio.Event()
        self._ending = False
        # Without a buffer of our own, drain() means that the socket has taken everything.
        writer.transport.set_write_buffer_limits(high=0)

    @property
    def muted(self) -> bool:
        kind = self._node.fault.kind
        return kind in ("silent", "freeze") or (kind == "half" and bool(self.call))

    async def run(self) -> None:
        """From the first byte to the last."""
        peer = "{}:{}".format(*self._writer.get_extra_info("peername"))
        sender = asyncio.create_task(self._send())
        self.suffer()
        try:
            call = await self._log_in()
            self._node.admit(self, call)
            log.info("%s logged in from %s", call, peer)
            self.suffer()
            await self._obey()
        except (Hangup, ConnectionError, ValueError) as end:
            log.info("%s left: %s", self.call or peer, end)
        finally:
            self._node.sessions.discard(self)
            self.end()
            await sender

    def say(self, *lines: str) -> None:
        """Sends lines, each with its end."""
        self._post([line.encode("latin-1", "replace") + b"\r\n" for line in lines], spots=False)

    def offer(self, lines: list[bytes]) -> None:
        """Sends spot lines, complete with their ends."""
        if self.backlog > _MOST_WAITING_LINES:
            log.warning("%s reads too slowly", self.call)
            self.end()
        self._post(lines, spots=True)

    def suffer(self) -> None:
        """Does what the node's present misbehaviour does to an open session."""
        fault = self._node.fault
        if fault.kind == "freeze":
            self._writer.transport.pause_reading()  # type: ignore[attr-defined]
        elif not self._ending:
            self._writer.transport.resume_reading()  # type: ignore[attr-defined]
        if fault.kind == "close" or (fault.kind == "bump" and self.call):
            farewell = self._node.bumped(self.call) if fault.kind == "bump" else ""
            asyncio.get_running_loop().call_later(
                fault.seconds, lambda: self.end(farewell) if self._node.fault is fault else None
            )
        elif fault.kind == "refuse" and self.call:
            self.end(f"Disconnected by {self._node.call}")
        elif fault.kind == "flood" and self.call:
            self._post([b"x" * faults.FLOOD_BYTES, b"\r\n"], spots=False)

    def end(self, farewell: str = "") -> None:
        """Closes the connection after what is still to be sent, at the latest in two seconds."""
        if self._ending:
            return
        if farewell:
            self.say(farewell)
        self._ending = True
        self._filled.set()
        asyncio.get_running_loop().call_later(_FAREWELL_SECONDS, self._writer.transport.abort)

    def _post(self, lines: list[bytes], spots: bool) -> None:
        if self._ending or self.muted:
            return
        if spots:
            self.backlog += len(lines)
        self._outbox.append((lines, spots))
        self._filled.set()

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionError):
            while self._outbox or not self._ending:
                if not self._outbox:
                    self._filled.clear()
                    await self._filled.wait()
                    continue
                lines, spots = self._outbox.popleft()
                if spots and self._node.fault.kind == "reset":
                    self._reset(lines[0])
                    break
                self._writer.write(b"".join(self._spoilt(lines) if spots else lines))
                await self._writer.drain()
                if spots:
                    self.backlog -= len(lines)
                    self._node.sent(lines)
        self._ending = True
        self._writer.close()

    def _spoilt(self, lines: list[bytes]) -> list[bytes]:
        if self._node.fault.kind == "garbage":
            return [part for line in lines for part in (self._node.garbage(), line)]
        if self._node.fault.kind == "random":
            return [part for line in lines for part in (self._node.random_bytes(), line)]
        if self._node.fault.kind == "iac":
            return [faults.IAC_WITHIN + line for line in lines]
        return lines

    def _reset(self, line: bytes) -> None:
        self._writer.write(line[: len(line) // 2])
        connection: socket.socket = self._writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def _log_in(self) -> str:
        node, dialect = self._node, self._node.dialect
        while node.fault.kind in ("silent", "freeze") and not self._ending:
            await asyncio.sleep(0.05)
        fault = node.fault
        if fault.kind == "banner-trap":
            self.say(*faults.BANNER_TRAP)
        self.say(*(text.format(node=node.call) for text in dialect.greeting))
        prompt = dialect.login.encode()
        if fault.kind == "iac":
            prompt = b"".join((faults.IAC_BEFORE_PROMPT, prompt[:3], faults.IAC_WITHIN, prompt[3:]))
        if fault.kind in ("slow-prompt", "iac"):
            for byte in prompt:
                await asyncio.sleep(fault.seconds / len(prompt) or _BYTE_SECONDS)
                self._post([bytes([byte])], spots=False)
        else:
            self._post([prompt], spots=False)
        call = (await self._read()).upper()
        if fault.kind == "refuse":
            self._refuse(faults.REFUSALS[fault.refusal].format(call=call))
        if not is_callsign(call):
            self._refuse(f"Sorry {call} is an invalid callsign")
        if node.password:
            self._post([b"password: "], spots=False)
            if await self._read() != node.password:
                self.say("Sorry")
                await asyncio.sleep(_WRONG_PASSWORD_SECONDS)
                self._refuse("")
        self.say(*(text.format(call=call, node=node.call) for text in dialect.welcome))
        self.say(dialect.prompt(call, node.call, time.time()))
        return call

    def _refuse(self, sentence: str) -> None:
        self._node.refused += 1
        if sentence:
            self.say(sentence)
        raise Hangup("refused")

    async def _read(self) -> str:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise Hangup("closed")
        return _TELNET.sub(b"", line).decode("latin-1").strip()

    async def _obey(self) -> None:
        bad = 0
        while bad < _BAD_COMMANDS:
            command = (await self._read()).lower()
            if command in ("bye", "b", "quit", "q", "exit"):
                raise Hangup("bye")
            bad = 0 if self._answer(command) else bad + 1
        raise Hangup("too many bad commands")

    def _answer(self, command: str) -> bool:
        dialect = self._node.dialect
        show_dx = _SHOW_DX.fullmatch(command)
        late: list[str] = []
        good = True
        if dialect.is_cluster and show_dx:
            count, by, wanted = show_dx.groups()
            found = self._history(int(count or _SHOW_DX_LINES), bool(by), (wanted or "").upper())
            if self._node.fault.kind == "no-history":
                return True
            if self._node.fault.kind == "late-history":
                asyncio.get_running_loop().call_later(self._node.fault.seconds, self.say, *found)
            elif wanted:
                late = found
            else:
                self.say(*found)
        elif dialect.is_cluster and command in ("sh/wwv", "show/wwv"):
            self.say(*wwv_table(self._node.solar, self._node.call))
        elif dialect.is_cluster and command in ("sh/wcy", "show/wcy"):
            self.say(*wcy_table(self._node.solar, self._node.call))
        elif command and command in dialect.formats:
            self.format = command
        elif self.format and command == f"un{self.format}":
            self.format = ""
        elif command in ("set/skimmer", "unset/skimmer"):
            self.machines = command == "set/skimmer"
        elif command and not _ACCEPTED.fullmatch(command):
            self.say("Invalid command")
            good = False
        self.say(dialect.prompt(self.call, self._node.call, time.time()), *late)
        return good

    def _history(self, count: int, by_spotter: bool, wanted: str) -> list[str]:
        """Newest first: all spots, those of a DX, or those by a spotter."""

        def matches(spot: Spot) -> bool:
            return (spot.spotter if by_spotter else spot.dx).startswith(wanted)

        found = (spot for spot in reversed(self._node.history) if matches(spot))
        chosen = [spot for spot, _ in zip(found, range(min(count, _MOST_SHOW_DX_LINES)), strict=False)]
        if self.format == "set/ve7cc":
            cc11 = self._node.dialect.formats[self.format]
            return [cc11(spot, self._node.call) for spot in chosen]
        return [history_line(spot) for spot in chosen]
