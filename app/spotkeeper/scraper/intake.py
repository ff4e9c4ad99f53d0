"""The way of one node's lines into the spool."""

import sqlite3
import time
from dataclasses import dataclass, field

import msgspec

from spotkeeper.scraper.gap import Gap
from spotkeeper.scraper.metrics import ScraperMetrics, restart
from spotkeeper.scraper.spool import Spool, SpoolFull
from spotkeeper.scraper.state import NodeState
from spotkeeper.spots.parse import is_live_spot

REFUSED = (SpoolFull, sqlite3.Error)


@dataclass
class Heard:
    """Lines on their way to the spool; `received` is Unix seconds by the node's clock.

    `gap_open` while it is not known what the gap before them has cost.
    """

    received: float = 0.0
    live: list[bytes] = field(default_factory=list)
    history: list[bytes] = field(default_factory=list)
    gap_open: bool = False

    def __bool__(self) -> bool:
        return bool(self.live or self.history)


class Intake:
    """Spools and counts. What the spool refuses raises one of REFUSED."""

    def __init__(self, spool: Spool, metrics: ScraperMetrics, state: NodeState) -> None:
        self._spool = spool
        self._metrics = metrics
        self._state = state

    def put(self, heard: Heard) -> int:
        """Empties `heard` into the spool; the number of live spots in it.

        History first: killed in between, the gap is still open for the next start.
        """
        name, state, metrics = self._state.name, self._state, self._metrics
        if heard.history:
            self._spool.append(name, round(heard.received * 1e6), heard.history, "history")
            metrics.spots_received.labels(name).inc(len(heard.history))
            metrics.lines.labels(name).inc(len(heard.history))
            state.lines += len(heard.history)
            heard.history = []
        if not heard.live:
            return 0
        self._spool.append(name, round(heard.received * 1e6), heard.live, gap_open=heard.gap_open)
        spots = sum(map(is_live_spot, heard.live))
        metrics.lines.labels(name).inc(len(heard.live))
        restart(metrics.since_last_line, name)
        state.lines += len(heard.live)
        state.last_line = time.time()
        if spots:
            metrics.spots_received.labels(name).inc(spots)
            restart(metrics.since_last_spot, name)
            state.spots += spots
            state.last_spot = state.last_line
        heard.live = []
        return spots

    def put_gap(self, gap: Gap) -> None:
        self._spool.append(self._state.name, round(gap.ended * 1e6), [msgspec.json.encode(gap)], "gap")
