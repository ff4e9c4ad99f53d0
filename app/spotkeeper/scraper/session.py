"""One session with a node, from the connection to its end."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from spotkeeper.scraper.dialect import (
    COMMAND_PROMPT,
    LOGIN_PROMPT,
    PASSWORD_PROMPT,
    EndReason,
    commands,
    sign_of_end,
)
from spotkeeper.scraper.lines import LineBuffer
from spotkeeper.scraper.metrics import ScraperMetrics, restart
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.settings import Node, Scraper
from spotkeeper.spots.parse import is_live_spot, is_past_spot

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10
LOGIN_SECONDS = 30
# A prompt is one when nothing follows it for so long.
QUIET_SECONDS = 0.3
DISK_SECONDS = 1
CHUNK_BYTES = 65_536
# How much later than promised a session may come back before it counts as hung.
LATE_SECONDS = 20


@dataclass
class End:
    """Why a session ended, how long it was logged in, and the live spots it brought."""

    reason: EndReason
    sentence: str
    seconds: float
    spots: int


class _Over(Exception):
    def __init__(self, reason: EndReason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Session:
    """Logs in to `node` and spools what it sends. `on_up` is called after the log-in. To be run once."""

    def __init__(
        self,
        node: Node,
        scraper: Scraper,
        spool: Spool,
        metrics: ScraperMetrics,
        watchdog: Watchdog,
        on_up: Callable[[], None],
    ) -> None:
        self._node = node
        self._scraper = scraper
        self._spool = spool
        self._metrics = metrics
        self._watchdog = watchdog
        self._on_up = on_up
        self._buffer = LineBuffer()
        self._last_line = b""
        self._up_since: float | None = None
        self._spots = 0

    async def run(self) -> End:
        """Returns when the session is over, whatever the node did; ends early when cancelled."""
        try:
            await self._connect()
            try:
                await self._log_in()
                self._come_up()
                await self._read()
            finally:
                self._writer.transport.abort()
                self._metrics.session_up.labels(self._node.name).set(0)
        except _Over as over:
            reason, sentence = over.reason, str(over)
        except OSError as error:
            reason, sentence = "reset", f"the connection broke: {error.strerror or error}"
        seconds = time.monotonic() - self._up_since if self._up_since is not None else 0
        return End(reason, sentence, seconds, self._spots)

    async def _connect(self) -> None:
        node = self._node
        self._expect(CONNECT_SECONDS)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                self._reader, self._writer = await asyncio.open_connection(
                    node.host, node.port, limit=CHUNK_BYTES, happy_eyeballs_delay=0.25
                )
        except TimeoutError:
            raise _Over(
                "unreachable", f"{node.host}:{node.port} did not answer in {CONNECT_SECONDS} s"
            ) from None
        except (OSError, UnicodeError) as error:
            raise _Over("unreachable", f"cannot connect to {node.host}:{node.port}: {error}") from None

    async def _log_in(self) -> None:
        deadline = time.monotonic() + LOGIN_SECONDS
        while not await self._is_asked_for_call(deadline):
            pass
        self._buffer.take_tail()
        self._last_line = b""
        self._send(self._scraper.callsign.encode())
        deadline = time.monotonic() + LOGIN_SECONDS
        while not await self._is_let_in(deadline):
            pass

    async def _is_asked_for_call(self, deadline: float) -> bool:
        asked = LOGIN_PROMPT.search(self._buffer.tail) is not None
        left = deadline - time.monotonic()
        try:
            await self._receive(min(QUIET_SECONDS, left) if asked else left)
        except TimeoutError:
            if asked:
                return True
            raise _Over("no_prompt", f"did not ask for a call within {LOGIN_SECONDS} s") from None
        return False

    async def _is_let_in(self, deadline: float) -> bool:
        tail = self._buffer.tail
        asked = LOGIN_PROMPT.search(tail) or PASSWORD_PROMPT.search(tail)
        left = deadline - time.monotonic()
        try:
            lines = await self._receive(min(QUIET_SECONDS, left) if asked else left)
        except TimeoutError:
            if asked:
                raise _Over("refused", f"does not take {self._scraper.callsign} and asks {tail!r}") from None
            if self._last_line:
                return True
            raise _Over("silent", f"said nothing for {LOGIN_SECONDS} s after it was given the call") from None
        for line in lines:
            if reason := sign_of_end(line):
                raise _Over(reason, f"says {line!r}")
            if COMMAND_PROMPT.search(line) or is_live_spot(line):
                return True
        return False

    def _come_up(self) -> None:
        self._up_since = time.monotonic()
        self._metrics.session_up.labels(self._node.name).set(1)
        self._metrics.sessions.labels(self._node.name).inc()
        self._on_up()
        for command in commands(self._node.kind):
            self._send(command)

    async def _read(self) -> NoReturn:
        silence, probe = self._scraper.silence_seconds, self._scraper.probe_seconds
        while True:
            try:
                await self._receive(silence)
            except TimeoutError:
                self._send(b"")
                try:
                    await self._receive(probe)
                except TimeoutError:
                    raise _Over("silent", f"sent nothing for {silence + probe} s") from None

    async def _receive(self, seconds: float) -> list[bytes]:
        """The lines that the next bytes complete, spooled. Raises TimeoutError when no bytes come in time."""
        self._expect(seconds)
        async with asyncio.timeout(seconds):
            data = await self._reader.read(CHUNK_BYTES)
        if not data:
            reason = sign_of_end(self._last_line)
            raise _Over(
                reason or "closed", f"says {self._last_line!r}" if reason else "closed the connection"
            )
        lines = self._buffer.feed(data)
        if COMMAND_PROMPT.search(self._buffer.tail):
            lines.append(self._buffer.take_tail())
        if lines:
            self._last_line = lines[-1]
            await self._keep(lines)
        return lines

    async def _keep(self, lines: list[bytes]) -> None:
        """Spools the lines; reads no more from the socket until the disk takes them."""
        received = time.time_ns() // 1000
        waited = False
        while True:
            try:
                self._spool.append(self._node.name, received, lines)
                break
            except sqlite3.OperationalError as error:
                if not waited:
                    log.error(
                        "%s: the disk does not take the spool, reading waits: %s", self._node.name, error
                    )
                waited = True
                self._expect(DISK_SECONDS)
                await asyncio.sleep(DISK_SECONDS)
        if waited:
            log.warning("%s: the disk takes the spool again", self._node.name)
        self._count(lines)

    def _count(self, lines: list[bytes]) -> None:
        name, metrics = self._node.name, self._metrics
        live = sum(map(is_live_spot, lines))
        metrics.lines.labels(name).inc(len(lines))
        metrics.spots_received.labels(name).inc(live + sum(map(is_past_spot, lines)))
        restart(metrics.since_last_line, name)
        if live:
            self._spots += live
            restart(metrics.since_last_spot, name)

    def _send(self, line: bytes) -> None:
        self._writer.write(line + b"\r\n")

    def _expect(self, seconds: float) -> None:
        self._watchdog.expect(f"session {self._node.name}", seconds + LATE_SECONDS)
