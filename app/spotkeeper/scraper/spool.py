"""Lines as received, on disk until they are in the database."""

import logging
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from spotkeeper.errors import OperatorError

log = logging.getLogger(__name__)

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS lines (
    id       INTEGER PRIMARY KEY,
    received INTEGER NOT NULL,  -- Unix microseconds
    node     TEXT    NOT NULL,
    line     BLOB    NOT NULL
);
"""


class SpooledLine(NamedTuple):
    """`received` in Unix microseconds, `node` by its name in the settings, `line` without its end."""

    id: int
    received: int
    node: str
    line: bytes


class Spool:
    """A durable queue: one appends, one reads the oldest and removes it. Safe between two threads.

    A file that is damaged is set aside and a new one begun. Raises OperatorError when `path` cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._filled = threading.Event()
        try:
            self._database = _open(path)
        except sqlite3.OperationalError as error:
            raise OperatorError(f"scraper.spool: cannot use {path}: {error}") from None
        except sqlite3.DatabaseError as error:
            aside = _set_aside(path)
            log.error("the spool %s is damaged (%s): set aside as %s, a new one is begun", path, error, aside)
            self._database = _open(path)
        self._length: int = self._database.execute("SELECT count(*) FROM lines").fetchone()[0]

    def __len__(self) -> int:
        return self._length

    def append(self, node: str, received: int, lines: Sequence[bytes]) -> None:
        """Returns when the lines are on the disk; sqlite3.OperationalError says why they are not."""
        with self._lock:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(
                    "INSERT INTO lines (received, node, line) VALUES (?, ?, ?)",
                    [(received, node, line) for line in lines],
                )
            self._length += len(lines)
        self._filled.set()

    def oldest(self, limit: int) -> list[SpooledLine]:
        """Up to `limit` lines in the order of their arrival."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id, received, node, line FROM lines ORDER BY id LIMIT ?", [limit]
            ).fetchall()
        return [SpooledLine(*row) for row in rows]

    def remove(self, through: SpooledLine) -> None:
        """Forget `through` and everything before it."""
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            removed = self._database.execute("DELETE FROM lines WHERE id <= ?", [through.id]).rowcount
            self._length -= removed

    def wait(self, seconds: float) -> None:
        """Until something is appended, or `seconds` have passed."""
        self._filled.wait(seconds)
        self._filled.clear()

    def wake(self) -> None:
        """End a `wait`."""
        self._filled.set()

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.executescript(_SCHEMA)
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _set_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    return aside
