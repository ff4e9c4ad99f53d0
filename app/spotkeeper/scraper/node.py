"""One node's life: session after session."""

import asyncio
import logging
import time
from collections.abc import Callable

from spotkeeper.scraper.backoff import QUICK_SECONDS, Backoff
from spotkeeper.scraper.clock import NodeClock
from spotkeeper.scraper.dialect import advice
from spotkeeper.scraper.gap import Gap, GapReason, Missed, Recent, Repair
from spotkeeper.scraper.intake import REFUSED, Heard, Intake
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.session import LATE_SECONDS, End, Session
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.state import NodeState, Phase
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.settings import Node, Scraper, SettingsError

log = logging.getLogger(__name__)

SPOOL_RETRY_SECONDS = 1.0
# How often it is looked whether a password that the node did not take was changed.
PASSWORD_LOOK_SECONDS = 5.0


class NodeLink:
    """Holds the link to `node`; `on_change` is told each new phase of `state`."""

    def __init__(
        self,
        node: Node,
        scraper: Scraper,
        spool: Spool,
        metrics: ScraperMetrics,
        watchdog: Watchdog,
        on_change: Callable[[NodeState], None],
    ) -> None:
        self.node = node
        self._addresses = node.targets
        self.state = NodeState(
            name=node.name,
            kind=node.kind,
            address=_words(self._addresses[0]),
            phase="connecting",
            since=time.time(),
        )
        self._scraper = scraper
        self._spool = spool
        self._metrics = metrics
        self._watchdog = watchdog
        self._on_change = on_change
        self._intake = Intake(spool, metrics, self.state)
        self._backoff = Backoff()
        self._clock = NodeClock()
        self._recent = Recent()
        self._session: Session | None = None
        self._missed: Missed | None = None
        self._note_missed("restart")

    async def run(self) -> None:
        """One session after the other, until cancelled."""
        while True:
            self._turn("connecting")
            repair = Repair(self.node.kind, self._missed, self._recent)
            session = self._session = Session(
                self.node,
                self._scraper,
                self._watchdog,
                self._intake,
                addresses=self._addresses,
                clock=self._clock,
                recent=self._recent,
                repair=repair,
                on_phase=self._turn,
                on_gap=self._count_gap,
            )
            try:
                end = await session.run()
            except asyncio.CancelledError:
                self._metrics.session_up.labels(self.node.name).set(0)
                self._metrics.session_ends.labels(self.node.name, "stopped").inc()
                raise
            self._note_end(end)
            self._order_addresses(session.address, came_up=end.seconds > 0)
            await self._rest(end)

    def _note_missed(self, reason: GapReason) -> None:
        """The gap begins with the last line; one that is not repaired yet goes on."""
        heard = self._spool.last_heard(self.node.name)
        if self._missed is None and heard is not None:
            self._missed = Missed(heard / 1e6, reason)

    def _note_end(self, end: End) -> None:
        name, state = self.node.name, self.state
        self._metrics.session_up.labels(name).set(0)
        self._metrics.session_ends.labels(name, end.reason).inc()
        if end.refusal:
            self._metrics.refusals.labels(name, end.refusal).inc()
        self._note_missed(end.reason)
        state.reason, state.sentence, state.advice = (
            end.reason,
            end.sentence,
            advice(end.reason, end.refusal),
        )

    def _order_addresses(self, used: tuple[str, int] | None, came_up: bool) -> None:
        """In the order of the settings after a good session; the one that let nobody in comes last."""
        if came_up:
            self._addresses = self.node.targets
        elif used is not None:
            first = self._addresses.index(used) + 1
            self._addresses = self._addresses[first:] + self._addresses[:first]

    async def _rest(self, end: End) -> None:
        """Leaves the node alone for as long as its sysop wants, and until the spool takes lines."""
        name = self.node.name
        wait = self._backoff.after(end.reason, end.seconds, end.spots, end.refusal)
        if end.unspooled:
            self._tell_end(end, "next attempt when the spool takes lines")
            self._turn("waiting")
            await self._spool_at_last(end.unspooled)
            wait = QUICK_SECONDS if end.reason == "spool_full" else wait
        else:
            self._tell_end(end, f"next attempt in {wait:.0f} s")
        self._turn("given up" if self._backoff.given_up else "waiting", time.time() + wait)
        self._watchdog.expect(f"session {name}", wait + LATE_SECONDS)
        await self._wait(wait, until_password_changes=end.refusal == "password")

    def _tell_end(self, end: End, next_: str) -> None:
        advised = f". {self.state.advice}" if end.reason in ("refused", "bumped", "spool_full") else ""
        log.log(
            logging.ERROR if self._backoff.given_up else logging.WARNING,
            "%s: %s; %s%s",
            self.node.name,
            end.sentence,
            next_,
            advised,
            extra={"event": "session_end", "node": self.node.name, "reason": end.refusal or end.reason},
        )

    async def _spool_at_last(self, heard: Heard) -> None:
        while heard:
            self._watchdog.expect(f"session {self.node.name}", SPOOL_RETRY_SECONDS + LATE_SECONDS)
            await asyncio.sleep(SPOOL_RETRY_SECONDS)
            try:
                self._intake.put(heard)
            except REFUSED:
                continue

    async def _wait(self, seconds: float, until_password_changes: bool) -> None:
        if not until_password_changes:
            await asyncio.sleep(seconds)
            return
        refused = self._password()
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._password() == refused:
            await asyncio.sleep(min(left, PASSWORD_LOOK_SECONDS))

    def _password(self) -> str | None:
        try:
            return self.node.password()
        except SettingsError:
            return None

    def _count_gap(self, gap: Gap) -> None:
        name, repaired = self.node.name, gap.seconds - gap.unrepaired_seconds
        self._missed = None
        self._metrics.gap_repaired_seconds.labels(name).inc(repaired)
        self._metrics.gap_unrepaired_seconds.labels(name).inc(gap.unrepaired_seconds)
        lost = gap.unrepaired_seconds > 0
        log.log(
            logging.WARNING if lost else logging.INFO,
            "%s: was not heard for %.0f s (%s); %s",
            name,
            gap.seconds,
            gap.reason,
            f"its history of {gap.answered} spots leaves out {gap.unrepaired_seconds:.0f} s of it"
            if lost
            else f"its history of {gap.answered} spots covers it",
            extra={"event": "gap", "node": name, "reason": gap.reason},
        )

    def _turn(self, phase: Phase, next_attempt: float | None = None) -> None:
        state = self.state
        if phase == "logging in" and self._session and self._session.address:
            state.address = _words(self._session.address)
        if phase == "up":
            state.sessions += 1
            state.reason, state.sentence, state.advice = None, "", ""
            self._metrics.session_up.labels(self.node.name).set(1)
            self._metrics.sessions.labels(self.node.name).inc()
            log.info("%s: logged in", self.node.name, extra={"event": "logged_in", "node": self.node.name})
        state.phase, state.since, state.next_attempt = phase, time.time(), next_attempt
        self._on_change(state)


def _words(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
