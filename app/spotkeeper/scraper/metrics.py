"""What the scraper tells Prometheus."""

import time
from collections.abc import Sequence
from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from spotkeeper.scraper.dialect import EndReason, Refusal

_INSERT_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class ScraperMetrics:
    """One process's figures in `registry`; those of `nodes` are there from the start, at 0."""

    def __init__(self, registry: CollectorRegistry, nodes: Sequence[str]) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"spotkeeper_scraper_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"spotkeeper_scraper_{name}", text, labels, registry=registry)

        self.lines = counter("lines", "Lines received.", "node")
        self.spots_received = counter("spots_received", "Spot lines received, live and history.", "node")
        self.spots_stored = counter(
            "spots_stored", "Spots stored for the first time.", "band", "mode", "source"
        )
        self.spots_doubled = counter("spots_doubled", "Spots that were stored already.")
        self.spots_recovered = counter("spots_recovered", "Spots stored that came as history.")
        self.parse_failures = counter("parse_failures", "Lines kept as unparsed.", "node")
        self.rows_refused = counter("rows_refused", "Lines that PostgreSQL did not take.", "node")
        self.session_up = gauge("session_up", "1 while logged in.", "node")
        self.sessions = counter("sessions", "Log-ins that succeeded.", "node")
        self.session_ends = counter(
            "session_ends", "Connections that ended or were not made.", "node", "reason"
        )
        self.refusals = counter("refusals", "Log-ins that the node refused.", "node", "reason")
        self.gap_repaired_seconds = counter(
            "gap_repaired_seconds", "Time in which a node was not heard and that its history covers.", "node"
        )
        self.gap_unrepaired_seconds = counter(
            "gap_unrepaired_seconds",
            "Time in which a node was not heard and that it told nothing of.",
            "node",
        )
        self.since_last_line = gauge("since_last_line_seconds", "Time since the last line.", "node")
        self.since_last_spot = gauge("since_last_spot_seconds", "Time since the last live spot.", "node")
        self.spool_lines = gauge("spool_lines", "Lines in the spool, not yet in the database.")
        self.spool_bytes = gauge("spool_bytes", "Size of the spool.")
        self.spool_max_bytes = gauge("spool_max_bytes", "The size at which reading from the nodes stops.")
        self.database_up = gauge("database_up", "1 while the last transaction succeeded.")
        self.rival = gauge("rival", "1 while another scraper writes into the same database.")
        self.loops_overdue = gauge("loops_overdue", "Loops of the program that have hung.")
        self.writer_failures = counter(
            "writer_failures", "Times the writer ended by a fault and was replaced."
        )
        self.insert_seconds = Histogram(
            "spotkeeper_scraper_insert_seconds",
            "Time of one transaction.",
            buckets=_INSERT_BUCKETS,
            registry=registry,
        )
        self._from_zero = (
            self.lines,
            self.spots_received,
            self.parse_failures,
            self.rows_refused,
            self.session_up,
            self.sessions,
            self.gap_repaired_seconds,
            self.gap_unrepaired_seconds,
        )
        self._since = (self.since_last_line, self.since_last_spot)
        for node in nodes:
            self.begin(node)

    def begin(self, node: str) -> None:
        """Show every figure of a node that was added, at 0."""
        for metric in self._from_zero:
            metric.labels(node)
        for reason in get_args(EndReason):
            self.session_ends.labels(node, reason)
        for refusal in get_args(Refusal):
            self.refusals.labels(node, refusal)
        for since in self._since:
            restart(since, node)

    def forget(self, node: str) -> None:
        """Show nothing more of a node that was removed."""
        for metric in (*self._from_zero, *self._since, self.session_ends, self.refusals):
            metric.remove_by_labels({"node": node})


def restart(since: Gauge, node: str) -> None:
    """Let the gauge count seconds from now."""
    start = time.monotonic()
    since.labels(node).set_function(lambda: time.monotonic() - start)
