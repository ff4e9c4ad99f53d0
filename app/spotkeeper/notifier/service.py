"""Publishes committed spots through nginx, in order."""

import logging
import os
import signal
import sys
from datetime import UTC, datetime
from time import monotonic
from typing import NoReturn

import msgspec

from spotkeeper import metrics, systemd
from spotkeeper.db import followed
from spotkeeper.db.connection import Connection
from spotkeeper.db.live import LiveSpot
from spotkeeper.db.search_wanted import Wanted
from spotkeeper.notifier.follower import Follower
from spotkeeper.notifier.match import matches
from spotkeeper.notifier.memory import Memory
from spotkeeper.notifier.metrics import Metrics
from spotkeeper.notifier.publisher import Publisher, Refused, Unreachable
from spotkeeper.settings import Settings

log = logging.getLogger(__name__)

WATCHDOG_SECONDS = 1.0


def run(settings: Settings) -> NoReturn:
    """Work until SIGTERM, then exit with 0. Raises OperatorError when the metrics' port is taken."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    registry = metrics.registry()
    notifier = Notifier(Publisher(settings.notifier.publish_url), Metrics(registry))
    listening = metrics.listen(settings.notifier.metrics_port)
    # Where systemd gives a runtime directory, a restart goes on where we came to. Not before the port is
    # ours: one process at a time writes there.
    memory = Memory(os.environ.get("RUNTIME_DIRECTORY"))
    metrics.serve(listening, registry)
    try:
        Follower(settings.database.conninfo, memory, notifier, also=followed.CHANGED).run()
    finally:
        systemd.notify("STOPPING=1")


class Notifier:
    """The way from a committed spot to the publisher."""

    def __init__(self, publisher: Publisher, metrics: Metrics) -> None:
        self._publisher = publisher
        self._metrics = metrics
        self._followed: dict[str, Wanted] = {}  # by the channel
        self._left: set[str] = set()  # channels that nobody follows any more, which nchan has still
        self._told = ""  # the word of the spot that its channels have already
        self._failures = 0  # of publishing, in a row
        self._fed = 0.0

    def take(self, spot: LiveSpot) -> bool:
        try:
            self._publish(spot)
        except Unreachable as error:
            self._failed("publishing stopped, the spots wait", error)
            return False
        except Refused as error:
            self._failed("a spot was refused and is skipped", error)
            self.skip(1)
            return True
        if self._failures:
            log.info("publishing again after %d failures", self._failures)
        self._failures = 0
        self._metrics.spots_published.inc()
        self._metrics.delay.observe((datetime.now(UTC) - spot.received).total_seconds())
        return True

    def _publish(self, spot: LiveSpot) -> None:
        message = _in_words_of_the_api(spot)
        channels = [channel for channel, wanted in self._followed.items() if matches(wanted, spot)]
        if channels and self._told != spot.word:
            self._publisher.publish(message, channels)
            # Should only the second fail, the first is not said again.
            self._told = spot.word
        self._publisher.publish(message)

    def look(self, connection: Connection) -> None:
        before, self._followed = self._followed, followed.followed(connection)
        self._left = (self._left | before.keys()) - self._followed.keys()
        try:
            for channel in tuple(self._left):
                self._publisher.delete(channel)
                self._left.discard(channel)
        except (Unreachable, Refused) as error:
            log.warning("%d channels that nobody follows any more stay for now: %s", len(self._left), error)

    def skip(self, spots: int) -> None:
        self._metrics.spots_skipped.inc(spots)

    def alive(self) -> None:
        if monotonic() - self._fed >= WATCHDOG_SECONDS:
            systemd.notify("WATCHDOG=1")
            self._fed = monotonic()

    def up(self) -> None:
        self._metrics.database_up.set(1)
        systemd.notify("READY=1\nSTATUS=Publishing spots")

    def away(self, reason: str) -> None:
        self._metrics.database_up.set(0)
        systemd.notify(f"READY=1\nWATCHDOG=1\nSTATUS=Waiting for PostgreSQL: {reason}")

    def _failed(self, what: str, error: Exception) -> None:
        self._metrics.publish_failures.inc()
        if not self._failures:
            log.warning("%s: %s", what, error)
        self._failures += 1


def _in_words_of_the_api(spot: LiveSpot) -> bytes:
    """To the millisecond in which it was received, too."""
    received = f"{spot.received.isoformat(timespec='milliseconds')[:23]}Z"
    return msgspec.json.encode(msgspec.to_builtins(spot) | {"received": received})
