"""GET /status: how it stands with the scraper, for `spotkeeper status` and the dashboard."""

import sqlite3
import time
from collections.abc import Sequence
from importlib.metadata import version

import msgspec
from prometheus_client import Counter

from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.state import NodeState
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.scraper.writer import Writer
from spotkeeper.status import Counted, DatabaseStatus, NodeStatus, SpoolStatus, Status


class Reporter:
    """Says how it stands, out of what the parts of the process say of themselves."""

    def __init__(self, figures: ScraperMetrics, spool: Spool, watchdog: Watchdog) -> None:
        self._figures = figures
        self._spool = spool
        self._watchdog = watchdog
        self._started = time.time()

    def json(self, nodes: Sequence[NodeState], writer: Writer) -> bytes:
        """A `Status`."""
        return msgspec.json.encode(
            Status(
                version=version("spotkeeper"),
                started=self._started,
                now=time.time(),
                nodes=[msgspec.convert(node, NodeStatus, from_attributes=True) for node in nodes],
                spool=SpoolStatus(
                    lines=len(self._spool),
                    bytes=self._spool.bytes,
                    max_bytes=self._spool.max_bytes,
                    oldest=self._oldest(),
                ),
                database=_database(writer),
                counted=self._counted(),
                countries=writer.countries is not None,
                hung=self._watchdog.overdue(),
            )
        )

    def _oldest(self) -> float | None:
        try:
            oldest = self._spool.oldest(1)
        except sqlite3.Error:  # a disk that fails has its own words in the journal
            return None
        return oldest[0].received / 1e6 if oldest else None

    def _counted(self) -> Counted:
        figures = self._figures
        return Counted(
            received=_sum(figures.spots_received),
            stored=_sum(figures.spots_stored),
            doubled=_sum(figures.spots_doubled),
            recovered=_sum(figures.spots_recovered),
            unparsed=_sum(figures.parse_failures),
            refused=_sum(figures.rows_refused),
        )


def _database(writer: Writer) -> DatabaseStatus:
    if writer.failure is not None:
        return DatabaseStatus(up=False, trouble=f"the writer broke: {writer.failure!r}", since=None)
    return DatabaseStatus(up=not writer.trouble, trouble=writer.trouble, since=writer.trouble_since)


def _sum(counter: Counter) -> int:
    """Over all labels."""
    return round(
        sum(
            sample.value
            for family in counter.collect()
            for sample in family.samples
            if sample.name.endswith("_total")
        )
    )
