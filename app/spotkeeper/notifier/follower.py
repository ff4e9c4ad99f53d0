"""Follows the commits of new spots: each one once, in the order of their reception, through any interruption.

Nothing here grows: of the spots not yet published only a window is remembered, the rows stay in PostgreSQL
until they are taken. After an interruption on either side the newest BACKLOG of them are taken and the older
ones skipped, for who listens live wants to know what happens now.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import NoReturn, Protocol

import psycopg
from psycopg import sql

from spotkeeper.db import live
from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.live import LiveSpot, Name, Window
from spotkeeper.notifier.memory import LATE, REMEMBERED, Memory

log = logging.getLogger(__name__)

BACKLOG = 2000
# Spots are fetched in portions, which a failure interrupts.
PORTION = 200
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0)
IDLE_SECONDS = 1.0
# Commits that follow each other faster are taken together: to find the new spots their whole minute is read.
TOGETHER_SECONDS = 0.05
# After an interruption, so far back; what is older is history.
LOOK_BACK = timedelta(hours=6)
# A spot is at most so much older than its reception: usually a minute, but for what sh/dx brought.
OLDER = timedelta(hours=1)


class Listener(Protocol):
    """Who is told."""

    def take(self, spot: LiveSpot) -> bool:
        """False: this one and those behind it are to be offered again after a pause."""

    def skip(self, spots: int) -> None:
        """So many are never offered."""

    def alive(self) -> None:
        """At least every few seconds, while all goes well and while the listener takes nothing."""

    def up(self) -> None:
        """Following."""

    def away(self, reason: str) -> None:
        """PostgreSQL cannot be followed now; said with each try."""

    def look(self, connection: Connection) -> None:
        """At what else the listener wants to know: at the start, and at each NOTIFY of `also`."""


class Follower:
    """The way from NOTIFY spots to the listener, as the database role notifier."""

    def __init__(self, conninfo: str, memory: Memory, listener: Listener, *, also: str = "") -> None:
        self._conninfo = conninfo
        self._memory = memory
        self._listener = listener
        self._also = also
        self._waiting: Window | None = None  # holds all that may not be taken yet
        self._failures = 0  # in a row
        self._looks = False
        self._rests_until = 0.0

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
                self._listener.away(reason)
            sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    def _listen(self, connection: Connection) -> None:
        """From now on nothing is missed; what was committed while we were away waits."""
        connection.execute("LISTEN spots")
        if self._also:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._also)))
        self._looks = True
        now = datetime.now(UTC)
        if self._memory.since is None:
            newest = live.newest_received(connection, now - OLDER)
            self._memory.begin(newest or now - OLDER)
            if newest:
                names, _ = live.names_in(connection, _received_between(newest - LATE, newest), REMEMBERED)
                for name in names:
                    self._memory.add(name)
        else:
            since = max(self._memory.since, now - LOOK_BACK)
            self._wait_for(_received_between(since, max(since, now) + OLDER))
        log.info("listening for spots after %s", self._memory.newest)
        self._listener.up()

    def _follow(self, connection: Connection) -> None:
        """Offer what waits, then take in notifications until there is something to do again."""
        if self._looks:
            # Before the spots that were committed after what is to be seen.
            self._listener.look(connection)
            self._looks = False
        rest = 0.0 if self._failures else self._rests_until - monotonic()
        if self._waiting and rest <= 0:
            self._offer(connection, self._waiting)
            rest = TOGETHER_SECONDS
            self._rests_until = monotonic() + rest
        self._listener.alive()
        if self._failures:
            notifications = connection.notifies(timeout=PAUSES[min(self._failures, len(PAUSES)) - 1])
        elif rest > 0:
            notifications = connection.notifies(timeout=rest)
        else:
            notifications = connection.notifies(timeout=IDLE_SECONDS, stop_after=1)
        for notification in notifications:
            if notification.channel == self._also:
                self._looks = True
                continue
            try:
                window = Window.parse(notification.payload)
            except ValueError:
                log.warning("NOTIFY spots with %r, which are no times", notification.payload[:100])
            else:
                if window:
                    self._wait_for(window)

    def _wait_for(self, window: Window) -> None:
        self._waiting = self._waiting.around(window) if self._waiting else window

    def _offer(self, connection: Connection, window: Window) -> None:
        """The spots of the window that are new, as far as they are taken; what is left keeps waiting."""
        names, older = live.names_in(connection, window, BACKLOG + REMEMBERED)
        # Windows of two writers overlap, and reach back over what was taken.
        new = [name for name in names if name not in self._memory]
        for name in new[:-BACKLOG]:
            self._memory.add(name)
        self._listener.skip(older + len(new[:-BACKLOG]))
        for name, spot in self._spots(connection, new[-BACKLOG:]):
            if not self._listener.take(spot):
                self._failures += 1
                self._waiting = window._replace(first_received=_milliseconds(name.received))
                return
            self._failures = 0
            self._memory.add(name)
            self._listener.alive()
        self._waiting = None

    def _spots(self, connection: Connection, names: list[Name]) -> Iterator[tuple[Name, LiveSpot]]:
        for first in range(0, len(names), PORTION):
            yield from live.spots_named(connection, names[first : first + PORTION])


def _received_between(first: datetime, last: datetime) -> Window:
    return Window(
        int((first - OLDER).timestamp()),
        # The minute of a node whose clock is ahead.
        int((last + OLDER).timestamp()),
        _milliseconds(first),
        _milliseconds(last),
    )


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
