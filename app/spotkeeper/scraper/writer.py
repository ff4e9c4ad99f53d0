"""From the spool into PostgreSQL."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import psycopg

from spotkeeper.db import spots as table
from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.keys import Keys
from spotkeeper.db.spots import Batch
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.spool import Spool, SpooledLine
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.scraper.writer_batch import read, refuse
from spotkeeper.spots.countries import Countries

log = logging.getLogger(__name__)

# The sums grow once for each batch.
BATCH_LINES = 8000
IDLE_SECONDS = 1.0
# PostgreSQL is asked so often whether it is there, and whether all is as it should be.
CHECK_SECONDS = 10.0
RETRY_SECONDS = 0.5
MOST_RETRY_SECONDS = 10.0
# Longer than a connection and the statements of one transaction may take by their own time-outs.
HUNG_SECONDS = 300.0
# A month's partition is made so long before the month begins.
AHEAD = timedelta(days=7)
# Who claims the database longer than this is no remainder of our own last connection.
RIVAL_SECONDS = 15.0
# So often the journal tells of refused lines, however many there are.
REFUSED_SECONDS = 60.0


class _Work(NamedTuple):
    """Lines of the spool, and what is to be stored of them."""

    lines: Sequence[SpooledLine]
    batch: Batch


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
        countries: Countries | None = None,
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
        self._keys = Keys()
        self._stopping = threading.Event()
        self._connection: Connection | None = None
        # Through which id the spool is stored, and through which it is cleared.
        self._stored = 0
        self._cleared = 0
        self._next: _Work | None = None
        # In a transaction of which it is not known yet whether it was committed.
        self._sent: _Work | None = None
        self._months: set[date] = set()
        self._next_check = 0.0
        self._is_only = False
        self._rival_since: float | None = None
        self._rival_is_told = False
        self._disk_is_told = False
        self._refused = 0
        self._refused_told = -REFUSED_SECONDS

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
        while True:
            self._watchdog.expect("writer", HUNG_SECONDS)
            try:
                moved = self._move()
            except psycopg.Error as error:
                self._disconnect()
                self._say(" ".join(str(error).split()))
            except sqlite3.Error as error:
                self._tell_of_disk(error)
            else:
                self._say("")
                retry_seconds = RETRY_SECONDS
                if moved:
                    continue
                if self._stopping.is_set():
                    return
                self._spool.wait(IDLE_SECONDS)
                continue
            if self._stopping.is_set():
                return
            self._stopping.wait(retry_seconds)
            retry_seconds = min(2 * retry_seconds, MOST_RETRY_SECONDS)

    def _move(self) -> bool:
        """Store a batch; whether there was one."""
        connection = self._connection or self._connect()
        if time.monotonic() >= self._next_check:
            self._check(connection)
        work, self._next = self._next or self._take(self._stored), None
        if work is None:
            self._clear()
            return False
        through = work.batch.through

        def take_next() -> None:
            self._clear()
            # What goes wrong here goes wrong again when it matters.
            with suppress(sqlite3.Error):
                self._next = self._take(through)

        self._put(connection, work, take_next)
        return True

    def _connect(self) -> Connection:
        connection = self._connection = connect(self._conninfo, "scraper", autocommit=True)
        table.prepare(connection)
        self._keys = Keys()
        self._keys.learn(connection)
        self._stored = table.drained_through(connection, self._spool.uuid)
        if self._sent and self._stored >= self._sent.batch.through:
            self._count(self._sent.batch)
        self._sent = self._next = None
        self._is_only = False
        self._months.clear()
        self._next_check = 0.0
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _check(self, connection: Connection) -> None:
        """That PostgreSQL is there, that coming months have partitions, that nobody else is at work."""
        connection.execute("SELECT 1")
        now = datetime.now(UTC)
        for moment in (now, now + AHEAD):
            try:
                table.ensure_partition(connection, moment)
            except psycopg.errors.LockNotAvailable:
                # There is time, and a batch that needs it now will say so.
                log.info("the partition of %s is not made yet: its table is locked", f"{moment:%Y-%m}")
        self._look_for_rival(connection)
        self._next_check = time.monotonic() + CHECK_SECONDS

    def _look_for_rival(self, connection: Connection) -> None:
        if self._is_only or table.claim(connection):
            self._is_only = True
            self._rival_since = None
            self._metrics.rival.set(0)
        elif self._rival_since is None:
            self._rival_since = time.monotonic()
        elif not self._rival_is_told and time.monotonic() - self._rival_since > RIVAL_SECONDS:
            log.error(
                "another scraper writes into the same database: nothing is stored twice, but each counts as"
                " doubled what the other stored first; stop one of them",
                extra={"event": "rival"},
            )
            self._metrics.rival.set(1)
            self._rival_is_told = True

    def _take(self, after: int) -> _Work | None:
        lines = self._spool.oldest(BATCH_LINES, after)
        return self._work(lines) if lines else None

    def _work(self, lines: Sequence[SpooledLine]) -> _Work:
        return _Work(lines, read(lines, self._spool.uuid, self.countries, self._keys))

    def _put(self, connection: Connection, work: _Work, meanwhile: Callable[[], None]) -> None:
        """Moves the lines from the spool to the tables; one that is refused goes to refused_rows alone."""
        self._watchdog.expect("writer", HUNG_SECONDS)
        if self._keys.lack:
            self._keys.learn(connection)
            work = self._work(work.lines)
        try:
            for month in work.batch.months - self._months:
                table.ensure_partition(connection, month)
                self._months.add(month)
            self._send(connection, work, meanwhile)
        except (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded) as error:
            if _lacks_partition(error):
                raise
            # It may have words without keys, of which the next `learn` would no longer know.
            self._next = None
            lines = work.lines
            if len(lines) > 1:
                middle = len(lines) // 2
                self._put(connection, self._work(lines[:middle]), _nothing)
                self._put(connection, self._work(lines[middle:]), _nothing)
                return
            reason = error.diag.message_primary or str(error)
            batch = refuse(lines[0], self._spool.uuid, self._keys, reason)
            self._send(connection, _Work(lines, batch), _nothing)

    def _send(self, connection: Connection, work: _Work, meanwhile: Callable[[], None]) -> None:
        self._sent = work
        with self._metrics.insert_seconds.time():
            table.store(connection, work.batch, meanwhile)
        self._sent = None
        self._stored = work.batch.through
        self._count(work.batch)

    def _clear(self) -> None:
        """Forget in the spool what is stored. A full disk may not take that: then it is done later."""
        if self._cleared == self._stored:
            return
        try:
            self._spool.remove(self._stored)
            self._cleared = self._stored
        except sqlite3.Error as error:
            self._tell_of_disk(error)
        else:
            self._disk_is_told = False

    def _say(self, trouble: str) -> None:
        self._metrics.database_up.set(not trouble)
        if trouble and trouble != self.trouble:
            log.warning(
                "the database does not take spots, the spool keeps them: %s",
                trouble,
                extra={"event": "database_away"},
            )
        elif self.trouble and not trouble:
            log.info("the database takes spots again", extra={"event": "database_back"})
        if not trouble:
            self.trouble_since = None
        elif not self.trouble:
            self.trouble_since = time.time()
        self.trouble = trouble

    def _tell_of_disk(self, error: sqlite3.Error) -> None:
        if not self._disk_is_told:
            log.error(
                "the spool cannot be read or cleared, it is tried again: %s",
                error,
                extra={"event": "spool_trouble"},
            )
        self._disk_is_told = True

    def _tell_of_refusals(self, batch: Batch) -> None:
        self._refused += sum(batch.refused.values())
        now = time.monotonic()
        if now - self._refused_told >= REFUSED_SECONDS:
            line, reason = batch.last_refused
            log.error(
                "lines are refused, table refused_rows keeps them: %d so far, now one of %s: %s: %r",
                self._refused,
                line.node,
                reason,
                line.line,
                extra={"event": "rows_refused", "node": line.node},
            )
            self._refused_told = now

    def _count(self, batch: Batch) -> None:
        metrics = self._metrics
        new = 0
        for row in batch.stored:
            new += row.spots
            metrics.spots_stored.labels(row.band or "unknown", row.mode or "unknown", row.source).inc(
                row.spots
            )
            if row.recovered:
                metrics.spots_recovered.inc(row.spots)
        metrics.spots_doubled.inc(batch.spots - new)
        for node, unparsed in batch.unparsed.items():
            metrics.parse_failures.labels(node).inc(unparsed)
        for node, refused in batch.refused.items():
            metrics.rows_refused.labels(node).inc(refused)
        if batch.refused:
            self._tell_of_refusals(batch)


def _lacks_partition(error: psycopg.Error) -> bool:
    """PostgreSQL calls a partition that is not there a violated check, one without a name."""
    return isinstance(error, psycopg.errors.CheckViolation) and not error.diag.constraint_name


def _nothing() -> None:
    pass
