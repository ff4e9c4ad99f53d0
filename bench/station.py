"""The station's own processes on a database that bench.history filled, and how its spots fare."""

import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spotkeeper.db.connection import connect

from tests.support import database as support
from tests.support.stack import Stack

SPOTS_A_SECOND = 100
SETTINGS = "[api]\nanonymous = true\nanonymous_requests_per_minute = 1000000"


class Station:
    """The station on a database that is there, with 100 spots a second arriving."""

    def __init__(self, database: str, folder: Path) -> None:
        self.database = database
        self.conninfo = f"dbname={database}"
        self.stack = Stack(
            folder,
            node=["--rate", str(SPOTS_A_SECOND)],
            dashboard=["--log-level", "warning"],
            settings=SETTINGS,
            filled=database,
        )

    def start(self) -> None:
        self.stack.start()
        time.sleep(5)

    def stop(self) -> None:
        self.stack.stop()

    @property
    def port(self) -> int:
        """Of nginx."""
        return self.stack.ports["https"]


class Ingest:
    """Watches, in a thread, how long spots take from socket to commit, and the dashboard's queries.

    A batch counts by its first line, so these are the longest ones.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._delays: list[float] = []
        self._longest = 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def take(self) -> tuple[list[float], float]:
        """What was found since the last time this was asked for.

        Seconds from the reading of each batch's first line to its commit, and those of the dashboard's
        longest query.
        """
        delays, self._delays = self._delays, []
        longest, self._longest = self._longest, 0.0
        return delays, longest

    def _watch(self) -> None:
        with (
            connect(self._conninfo, "notifier", autocommit=True) as listener,
            support.superuser() as superuser,
        ):
            listener.execute("LISTEN spots")
            while not self._stopping.is_set():
                for notice in listener.notifies(timeout=0.1):
                    received = json.loads(notice.payload)[2]
                    if received is not None:
                        self._delays.append(time.time() - received / 1000)
                [(seconds,)] = superuser.execute(
                    """SELECT coalesce(max(extract(epoch FROM clock_timestamp() - query_start)), 0)::float8
                    FROM pg_stat_activity WHERE usename = 'dashboard' AND state = 'active'"""
                ).fetchall()
                self._longest = max(self._longest, float(str(seconds)))


@contextmanager
def station(database: str) -> Iterator[Station]:
    with tempfile.TemporaryDirectory() as folder:
        running = Station(database, Path(folder))
        try:
            running.start()
            yield running
        finally:
            running.stop()
