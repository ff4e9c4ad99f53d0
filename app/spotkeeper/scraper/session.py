"""One session with a node, from the connection to its end."""

import asyncio
import errno
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from spotkeeper.scraper.clock import NodeClock
from spotkeeper.scraper.connection import (
    CONNECT_SECONDS,
    RESOLVE_SECONDS,
    Connection,
    Unreachable,
    connect,
)
from spotkeeper.scraper.dialect import (
    COMMAND_PROMPT,
    LOGIN_PROMPT,
    PASSWORD_PROMPT,
    EndReason,
    Refusal,
    refusal_in,
    sign_of_end,
)
from spotkeeper.scraper.gap import Gap, Recent, Repair
from spotkeeper.scraper.intake import REFUSED, Heard, Intake
from spotkeeper.scraper.lines import LineBuffer
from spotkeeper.scraper.state import Phase
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.settings import Node, Scraper, SettingsError
from spotkeeper.spots.parse import is_live_spot

log = logging.getLogger(__name__)

LOGIN_SECONDS = 30
# A prompt is one when nothing follows it for so long.
QUIET_SECONDS = 0.3
# A node that has answered the call and says nothing more for so long has let us in.
LET_IN_SECONDS = 5.0
# So much of what comes before the log-in is through is kept.
GREETING_LINES = 1000
SPOOL_RETRY_SECONDS = 1.0
SPOOL_PATIENCE_SECONDS = 60.0
# When the program is stopped, reading goes on until nothing comes for so long, and at most for so long.
DRAINED_SECONDS = 0.05
DRAIN_SECONDS = 0.3
# How much later than promised a session may come back before it counts as hung.
LATE_SECONDS = 20


@dataclass
class End:
    """Why a session ended, how long it was logged in, and the live spots it brought.

    `unspooled` is what the spool did not take.
    """

    reason: EndReason
    sentence: str
    refusal: Refusal | None
    seconds: float
    spots: int
    unspooled: Heard


class _Over(Exception):
    def __init__(self, reason: EndReason, sentence: str, refusal: Refusal | None = None) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.refusal = refusal


class Session:
    """Logs in to `node` at the first of `addresses` that answers, and spools what it sends. To be run once.

    `address` is the one it got through to. `on_phase` is told "logging in" and "up", `on_gap` what became of
    the gap before the session.
    """

    def __init__(
        self,
        node: Node,
        scraper: Scraper,
        watchdog: Watchdog,
        intake: Intake,
        *,
        addresses: Sequence[tuple[str, int]],
        clock: NodeClock,
        recent: Recent,
        repair: Repair,
        on_phase: Callable[[Phase], None],
        on_gap: Callable[[Gap], None],
    ) -> None:
        self.address: tuple[str, int] | None = None
        self._node = node
        self._call = node.callsign or scraper.callsign
        self._silence = node.silence_seconds or scraper.silence_seconds
        self._probe = scraper.probe_seconds
        self._watchdog = watchdog
        self._intake = intake
        self._addresses = addresses
        self._clock = clock
        self._recent = recent
        self._repair = repair
        self._on_phase = on_phase
        self._on_gap = on_gap
        self._buffer = LineBuffer()
        self._heard = Heard()
        self._last_line = b""
        self._last_bytes = 0.0
        self._awaits_word = False
        self._password = ""
        self._up_since: float | None = None
        self._spots = 0

    async def run(self) -> End:
        """Returns when the session is over, whatever the node did.

        Cancelled, it spools what has arrived and ends.
        """
        try:
            self._connection = await self._connect()
            try:
                await self._log_in()
                self._come_up()
                await self._read()
            except asyncio.CancelledError:
                await self._drain()
                raise
            finally:
                self._connection.close()
        except _Over as over:
            return self._end(over.reason, str(over), over.refusal)
        except OSError as error:
            words = error.strerror or str(error)
            if error.errno == errno.ETIMEDOUT:
                return self._end("silent", f"the link is dead: {words}")
            return self._end("reset", f"the connection broke: {words}")

    def _end(self, reason: EndReason, sentence: str, refusal: Refusal | None = None) -> End:
        self._spool_the_rest()
        if self._password:
            sentence = sentence.replace(self._password, "…")
        seconds = time.monotonic() - self._up_since if self._up_since is not None else 0
        return End(reason, sentence, refusal, seconds, self._spots, self._heard)

    async def _connect(self) -> Connection:
        failures = []
        for host, port in self._addresses:
            self._expect(RESOLVE_SECONDS + CONNECT_SECONDS)
            try:
                connection = await connect(host, port)
            except Unreachable as failure:
                failures.append(str(failure))
            else:
                self.address = host, port
                return connection
        raise _Over("unreachable", "; ".join(failures))

    async def _log_in(self) -> None:
        self._on_phase("logging in")
        deadline = time.monotonic() + LOGIN_SECONDS
        while not await self._is_asked_for_call(deadline):
            pass
        self._answer(self._call)
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
        if time.monotonic() >= deadline:
            raise _Over("no_prompt", f"did not ask for a call within {LOGIN_SECONDS} s")
        return False

    async def _is_let_in(self, deadline: float) -> bool:
        tail = self._buffer.tail
        asked_password = PASSWORD_PROMPT.search(tail) is not None
        asked = asked_password or LOGIN_PROMPT.search(tail) is not None
        patience = QUIET_SECONDS if asked else LET_IN_SECONDS if self._last_line else LOGIN_SECONDS
        try:
            lines = await self._receive(min(patience, deadline - time.monotonic()))
        except TimeoutError:
            if asked_password and not self._password:
                self._give_password()
                return False
            if asked:
                refusal: Refusal = "password" if asked_password else "invalid_call"
                raise _Over("refused", f"does not take {self._call} and asks {tail!r}", refusal) from None
            if self._last_line:
                return True
            raise _Over("silent", f"said nothing for {LOGIN_SECONDS} s after it was given the call") from None
        for line in lines:
            if reason := sign_of_end(line):
                raise self._over(reason, line)
            if COMMAND_PROMPT.search(line) or is_live_spot(line):
                return True
        return time.monotonic() >= deadline

    def _give_password(self) -> None:
        try:
            self._password = self._node.password()
        except SettingsError as error:
            sentence = f"asks for the password of {self._call}: {error}"
            raise _Over("refused", sentence, "password") from None
        self._answer(self._password)

    def _answer(self, text: str) -> None:
        """To a prompt."""
        self._buffer.take_tail()
        self._last_line = b""
        self._awaits_word = True
        self._send(text.encode())

    def _over(self, reason: EndReason, line: bytes) -> _Over:
        refusal: Refusal | None = None
        if reason == "refused":
            refusal = refusal_in(line)
            if refusal == "other" and self._password:
                refusal = "password"
        return _Over(reason, f"says {line.decode(errors='replace')!r}", refusal)

    def _come_up(self) -> None:
        self._up_since = time.monotonic()
        self._on_phase("up")
        # Before the commands, which may change the form of the answer.
        if question := self._repair.ask(self._clock.now(), self._up_since):
            self._send(question)
        for command in self._node.commands:
            self._send(command.encode())

    async def _read(self) -> NoReturn:
        """A node that has nothing to say answers the probe by its prompt; one that sends spots all the time
        and knows no prompt (RBN) has gone dead when there are none.
        """
        await self._patiently(self._spool)
        probed = False
        while True:
            dead_at = self._last_bytes + self._silence + (self._probe if probed else 0)
            try:
                await self._receive(min(dead_at, self._repair.due) - time.monotonic())
                probed = False
            except TimeoutError:
                if time.monotonic() >= dead_at and probed:
                    raise _Over("silent", f"sent nothing for {self._silence + self._probe} s") from None
                if time.monotonic() >= dead_at:
                    self._send(b"")
                    probed = True
            await self._mend()

    async def _mend(self) -> None:
        """When the answer to sh/dx is complete, or late: ask for more, or be content with it."""
        now = time.monotonic()
        if now < self._repair.due:
            return
        if question := self._repair.ask_for_more(now):
            self._send(question)
        elif gap := self._repair.judge():
            await self._patiently(lambda: self._intake.put_gap(gap))
            self._on_gap(gap)

    async def _receive(self, seconds: float) -> list[bytes]:
        """The lines that the next bytes complete. Raises TimeoutError when no bytes come in time."""
        self._expect(max(seconds, 0))
        data = await self._connection.receive(seconds)
        if not data:
            raise self._closed()
        lines = self._hear(data)
        if self._up_since is not None:
            await self._patiently(self._spool)
        return lines

    def _closed(self) -> _Over:
        if reason := sign_of_end(self._last_line):
            return self._over(reason, self._last_line)
        if self._awaits_word:
            what = f"closed without a word after it was given {self._call}"
            return _Over("refused", what, "password" if self._password else "locked_out")
        return _Over("closed", "closed the connection")

    def _hear(self, data: bytes) -> list[bytes]:
        """Cuts what was received into lines, and keeps them for the spool."""
        self._last_bytes = time.monotonic()
        self._awaits_word = False
        lines = self._buffer.feed(data)
        if COMMAND_PROMPT.search(self._buffer.tail):
            lines.append(self._buffer.take_tail())
        if not lines:
            return lines
        self._last_line = lines[-1]
        spots = [line for line in lines if is_live_spot(line)]
        others = [line for line in lines if not is_live_spot(line)] if len(spots) < len(lines) else []
        for line in others:
            self._clock.hear(line)
        if self._clock.disputed:
            self._clock.witness(spots)
        now = self._clock.now()
        past = self._repair.history_in(lines if self._repair.pending else others, now)
        if past:
            self._repair.take(past, now, self._last_bytes)
            known = set(past)
            spots = [line for line in spots if line not in known]
            self._heard.live += [line for line in lines if line not in known]
            self._heard.history += past
        else:
            self._heard.live += lines
        if self._up_since is None:
            del self._heard.live[:-GREETING_LINES]
        self._heard.received = now
        self._recent.add(now, spots)
        return lines

    def _spool(self) -> None:
        self._heard.gap_open = self._repair.pending and self._repair.missed is not None
        self._spots += self._intake.put(self._heard)

    def _spool_the_rest(self) -> None:
        """As far as the spool takes it. Of a log-in that failed nothing: the node is not heard by that."""
        if self._up_since is None:
            self._heard = Heard()
        try:
            self._spool()
        except REFUSED as error:
            log.warning(
                "%s: %d lines are not in the spool: %s",
                self._node.name,
                len(self._heard.live) + len(self._heard.history),
                error,
                extra={"event": "not_spooled", "node": self._node.name},
            )

    async def _patiently(self, put: Callable[[], None]) -> None:
        """Puts into the spool; reads no more from the socket until it takes it, and ends after a minute."""
        name, began = self._node.name, time.monotonic()
        refused = False
        while True:
            try:
                put()
                break
            except REFUSED as error:
                if not refused:
                    log.error(
                        "%s: the spool takes no lines, reading waits: %s",
                        name,
                        error,
                        extra={"event": "spool_refuses", "node": name},
                    )
                refused = True
                if time.monotonic() - began >= SPOOL_PATIENCE_SECONDS:
                    sentence = f"the spool has taken no lines for {SPOOL_PATIENCE_SECONDS:.0f} s: {error}"
                    raise _Over("spool_full", sentence) from None
            self._expect(SPOOL_RETRY_SECONDS)
            await asyncio.sleep(SPOOL_RETRY_SECONDS)
        if refused:
            log.warning("%s: the spool takes lines again", name, extra={"event": "spool_takes", "node": name})

    async def _drain(self) -> None:
        """Spools what has arrived, and what is on its way within the station."""
        deadline = time.monotonic() + DRAIN_SECONDS
        try:
            while (left := deadline - time.monotonic()) > 0 and (
                data := await self._connection.receive(min(left, DRAINED_SECONDS))
            ):
                self._hear(data)
        except (TimeoutError, OSError):
            pass
        finally:
            self._spool_the_rest()

    def _send(self, line: bytes) -> None:
        self._connection.send(line + b"\r\n")

    def _expect(self, seconds: float) -> None:
        self._watchdog.expect(f"session {self._node.name}", seconds + LATE_SECONDS)
