"""One node's life: session after session."""

import asyncio
import logging
import time
from collections.abc import Callable

from spotkeeper.scraper.backoff import Backoff
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.session import LATE_SECONDS, End, Session
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.state import NodeState, Phase
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.settings import Node, Scraper

log = logging.getLogger(__name__)


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
        self.state = NodeState(
            name=node.name,
            kind=node.kind,
            address=f"{node.host}:{node.port}",
            phase="connecting",
            since=time.time(),
        )
        self._scraper = scraper
        self._spool = spool
        self._metrics = metrics
        self._watchdog = watchdog
        self._on_change = on_change
        self._backoff = Backoff()

    async def run(self) -> None:
        """One session after the other, until cancelled."""
        while True:
            self._turn("connecting")
            session = Session(
                self.node, self._scraper, self._spool, self._metrics, self._watchdog, on_up=self._come_up
            )
            end = await session.run()
            await asyncio.sleep(self._wait_after(end))

    def _come_up(self) -> None:
        self.state.sessions += 1
        self.state.reason, self.state.sentence, self.state.advice = None, "", ""
        log.info("%s: logged in", self.node.name)
        self._turn("up")

    def _wait_after(self, end: End) -> float:
        """Seconds until the next attempt."""
        wait = self._backoff.after(end.reason, end.seconds, end.spots)
        self._metrics.session_ends.labels(self.node.name, end.reason).inc()
        self._watchdog.expect(f"session {self.node.name}", wait + LATE_SECONDS)
        self.state.reason, self.state.sentence = end.reason, end.sentence
        log.warning("%s: %s; next attempt in %.0f s", self.node.name, end.sentence, wait)
        self._turn("waiting", time.time() + wait)
        return wait

    def _turn(self, phase: Phase, next_attempt: float | None = None) -> None:
        self.state.phase, self.state.since, self.state.next_attempt = phase, time.time(), next_attempt
        self._on_change(self.state)
