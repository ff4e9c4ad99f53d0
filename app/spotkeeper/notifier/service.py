"""Listens for committed spots and publishes them in order.

Nothing here grows: of the spots not yet published only the lowest and the highest id are remembered, the rows
stay in PostgreSQL until they are sent. After an interruption on either side the newest BACKLOG of them are
sent and the older ones counted as skipped, for a live page shows what happens now.
"""

import logging
import os
import re
import signal
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import NoReturn

import msgspec
import psycopg

from spotkeeper import metrics, systemd
from spotkeeper.db import live
from spotkeeper.db.connection import Connection, connect
from spotkeeper.notifier.metrics import Metrics
from spotkeeper.notifier.publisher import Publisher, Refused, Unreachable
from spotkeeper.settings import Settings

log = logging.getLogger(__name__)

BACKLOG = 2000
REMEMBERED = 10_000
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)
IDLE_SECONDS = 1.0
WATCHDOG_SECONDS = 1.0


def run(settings: Settings) -> NoReturn:
    """Work until SIGTERM, then exit with 0. Raises OperatorError when the metrics' port is taken."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    registry = metrics.registry()
    publisher = Publisher(settings.notifier.publish_url)
    notifier = Notifier(settings.database.conninfo, publisher, Metrics(registry))
    metrics.serve(metrics.listen(settings.notifier.metrics_port), registry)
    try:
        notifier.run()
    finally:
        systemd.notify("STOPPING=1")


class Place:
    """How far we came, kept over a restart of the process where systemd gives a runtime directory."""

    def __init__(self, directory: str | None) -> None:
        self._file = Path(directory, "newest_id") if directory else None

    def read(self) -> int | None:
        """The id last written, None when there is none."""
        try:
            return int(self._file.read_text()) if self._file else None
        except (FileNotFoundError, ValueError):  # ValueError: killed while writing
            return None

    def write(self, id: int) -> None:
        if self._file:
            self._file.write_text(str(id))


class Notifier:
    """The way from NOTIFY spots to the publisher."""

    def __init__(self, conninfo: str, publisher: Publisher, metrics: Metrics) -> None:
        self._conninfo = conninfo
        self._publisher = publisher
        self._metrics = metrics
        self._place = Place(os.environ.get("RUNTIME_DIRECTORY"))
        self._newest = self._place.read()  # highest id that was published or skipped
        self._waiting: tuple[int, int] | None = None  # lowest and highest id that may be unpublished
        # Ids of two writers may interleave, so that what waits can reach back over what was published.
        self._published: deque[int] = deque(maxlen=REMEMBERED)
        self._failures = 0  # of publishing, in a row
        self._fed = 0.0

    def run(self) -> NoReturn:
        """Follow the database for ever, through any number of its interruptions."""
        attempt, said = 0, ""
        while True:
            try:
                with connect(self._conninfo, "notifier", autocommit=True) as connection:
                    self._listen(connection)
                    attempt, said = 0, ""
                    while True:
                        self._follow(connection)
            except psycopg.Error as error:
                reason = " ".join(str(error).split())
                if reason != said:
                    log.warning("waiting for PostgreSQL: %s", reason)
                    said = reason
                self._metrics.database_up.set(0)
                systemd.notify(f"READY=1\nWATCHDOG=1\nSTATUS=Waiting for PostgreSQL: {reason}")
            sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    def _listen(self, connection: Connection) -> None:
        """From now on nothing is missed; what was committed while we were away waits."""
        connection.execute("LISTEN spots")
        newest = live.newest_id(connection)
        if self._newest is None:
            self._newest = newest
        elif newest > self._newest:
            self._wait_for(self._newest + 1, newest)
        log.info("listening for spots after id %d", self._newest)
        self._metrics.database_up.set(1)
        systemd.notify("READY=1\nSTATUS=Publishing spots")

    def _follow(self, connection: Connection) -> None:
        """Publish what waits, then take in notifications until there is something to do again."""
        if self._waiting:
            self._publish(connection, *self._waiting)
        self._feed_watchdog()
        if self._failures:
            pause = PAUSES[min(self._failures, len(PAUSES)) - 1]
            notifications = connection.notifies(timeout=pause)
        else:
            notifications = connection.notifies(timeout=IDLE_SECONDS, stop_after=1)
        for notification in notifications:
            ids = re.fullmatch(r"([0-9]{1,18}) ([0-9]{1,18})", notification.payload)
            if ids:
                self._wait_for(int(ids[1]), int(ids[2]))
            else:
                log.warning("NOTIFY spots with %r instead of two ids", notification.payload[:100])

    def _wait_for(self, first: int, last: int) -> None:
        if self._waiting:
            first, last = min(first, self._waiting[0]), max(last, self._waiting[1])
        self._waiting = (first, last)

    def _publish(self, connection: Connection, first: int, last: int) -> None:
        """Send the spots with these ids in order, as far as it goes; what is left keeps waiting."""
        committed, older = live.newest_between(connection, first, last, BACKLOG)
        self._metrics.spots_skipped.inc(older)
        published = set(self._published)
        for spot, received in committed:
            if spot.id in published:
                continue
            self._waiting = (spot.id, last)
            try:
                self._publisher.publish(msgspec.json.encode(spot))
            except Unreachable as error:
                self._failed("publishing stopped, the spots wait", error)
                return
            except Refused as error:
                self._failed("a spot was refused and is skipped", error)
                self._metrics.spots_skipped.inc()
            else:
                if self._failures:
                    log.info("publishing again after %d failures", self._failures)
                self._failures = 0
                self._metrics.spots_published.inc()
                self._metrics.delay.observe((datetime.now(UTC) - received).total_seconds())
            self._published.append(spot.id)
            self._newest = max(self._newest or 0, spot.id)
            self._place.write(self._newest)
            self._feed_watchdog()
        self._waiting = None

    def _feed_watchdog(self) -> None:
        if monotonic() - self._fed >= WATCHDOG_SECONDS:
            systemd.notify("WATCHDOG=1")
            self._fed = monotonic()

    def _failed(self, what: str, error: Exception) -> None:
        self._metrics.publish_failures.inc()
        if not self._failures:
            log.warning("%s: %s", what, error)
        self._failures += 1
