"""From the spool into PostgreSQL."""

import logging
import threading
import time
from collections.abc import Sequence

import psycopg

from spotkeeper.db import spots as table
from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.spots import Batch, Received
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.spool import Spool, SpooledLine
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.spots.model import Solar, Spot, Unparsed
from spotkeeper.spots.parse import parse

log = logging.getLogger(__name__)

BATCH_LINES = 1000
IDLE_SECONDS = 1.0
# While there is nothing to store, PostgreSQL is asked so often whether it is there.
CHECK_SECONDS = 10.0
RETRY_SECONDS = 0.5
MOST_RETRY_SECONDS = 10.0
# Longer than a connection and the statements of one transaction may take by their own time-outs.
HUNG_SECONDS = 300.0

# A row that PostgreSQL does not take: no retry will help.
_REFUSED = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


class Writer(threading.Thread):
    """Drains the spool, batch by batch; waits for a PostgreSQL that is away.

    `failure` holds what ended the thread when it was not `stop`. `trouble` says why the database takes
    nothing now, empty when it does; `trouble_since` is the Unix time at which that began.
    """

    def __init__(
        self,
        spool: Spool,
        conninfo: str,
        metrics: ScraperMetrics,
        watchdog: Watchdog,
        countries: object | None = None,
    ) -> None:
        super().__init__(name="writer", daemon=True)
        self.failure: BaseException | None = None
        self.trouble = ""
        self.trouble_since: float | None = None
        self.countries = countries
        self._spool = spool
        self._conninfo = conninfo
        self._metrics = metrics
        self._watchdog = watchdog
        self._connection: Connection | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        try:
            self._drain()
        except BaseException as error:
            self.failure = error
        finally:
            self._disconnect()

    def stop(self, seconds: float) -> None:
        """Write what is in the spool, as far as PostgreSQL takes it in `seconds`; the rest stays there."""
        self._stopping.set()
        self._spool.wake()
        self.join(seconds)

    def _drain(self) -> None:
        retry_seconds = RETRY_SECONDS
        next_check = 0.0
        while True:
            self._watchdog.expect("writer", HUNG_SECONDS)
            lines = self._spool.oldest(BATCH_LINES)
            if not lines and self._stopping.is_set():
                return
            if not lines and time.monotonic() < next_check:
                self._spool.wait(IDLE_SECONDS)
            elif self._store(lines):
                retry_seconds = RETRY_SECONDS
                next_check = time.monotonic() + CHECK_SECONDS
            elif self._stopping.is_set():
                return
            else:
                self._stopping.wait(retry_seconds)
                retry_seconds = min(2 * retry_seconds, MOST_RETRY_SECONDS)

    def _store(self, lines: Sequence[SpooledLine]) -> bool:
        """Whether the database took them; of no lines, whether it is there."""
        try:
            if self._connection is None:
                self._connection = connect(self._conninfo, "scraper", autocommit=True)
                table.prepare(self._connection)
            if lines:
                self._put(self._connection, lines)
            else:
                self._connection.execute("SELECT 1")
        except psycopg.Error as error:
            self._disconnect()
            self._say(" ".join(str(error).split()))
            return False
        self._say("")
        return True

    def _say(self, trouble: str) -> None:
        self._metrics.database_up.set(not trouble)
        if trouble and trouble != self.trouble:
            log.warning("the database does not take spots, the spool keeps them: %s", trouble)
        elif self.trouble and not trouble:
            log.info("the database takes spots again")
        if not trouble:
            self.trouble_since = None
        elif not self.trouble:
            self.trouble_since = time.time()
        self.trouble = trouble

    def _put(self, connection: Connection, lines: Sequence[SpooledLine]) -> None:
        """Moves the lines from the spool to the tables; one that is refused goes to unparsed_lines alone."""
        batch = _read(lines)
        try:
            with self._metrics.insert_seconds.time():
                stored = table.store(connection, batch)
        except _REFUSED as error:
            if len(lines) > 1:
                middle = len(lines) // 2
                self._put(connection, lines[:middle])
                self._put(connection, lines[middle:])
                return
            reason = f"refused: {error.diag.message_primary or error}"
            batch = Batch([], [], [(_received(lines[0]), reason)])
            stored = table.store(connection, batch)
        self._spool.remove(lines[-1])
        self._count(batch, stored)

    def _count(self, batch: Batch, stored: Sequence[table.Stored]) -> None:
        metrics = self._metrics
        new = 0
        for row in stored:
            new += row.spots
            metrics.spots_stored.labels(row.band or "unknown", row.mode or "unknown", row.source).inc(
                row.spots
            )
            if row.recovered:
                metrics.spots_recovered.inc(row.spots)
        metrics.spots_doubled.inc(len(batch.spots) - new)
        for received, _ in batch.unparsed:
            metrics.parse_failures.labels(received.node).inc()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _read(lines: Sequence[SpooledLine]) -> Batch:
    batch = Batch([], [], [])
    for line in lines:
        meaning = parse(line.line, line.received / 1e6)
        if isinstance(meaning, Spot):
            batch.spots.append((_received(line), meaning))
        elif isinstance(meaning, Solar):
            batch.solar.append((_received(line), meaning))
        elif isinstance(meaning, Unparsed):
            batch.unparsed.append((_received(line), meaning.reason))
    return batch


def _received(line: SpooledLine) -> Received:
    return Received(line.node, line.received, line.line)
