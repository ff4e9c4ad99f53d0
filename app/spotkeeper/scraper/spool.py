"""Lines as received, on disk until they are in the database."""

import logging
import sqlite3
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple
from uuid import UUID, uuid4

from spotkeeper.errors import OperatorError

log = logging.getLogger(__name__)

Kind = Literal["live", "history", "gap"]
Lines = Sequence[bytes]
KINDS: tuple[Kind, ...] = ("live", "history", "gap")

_SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = OFF;
CREATE TABLE IF NOT EXISTS lines (
    id       INTEGER PRIMARY KEY,
    received INTEGER NOT NULL,           -- Unix microseconds
    node     TEXT    NOT NULL,
    line     BLOB    NOT NULL,
    kind     INTEGER NOT NULL DEFAULT 0  -- index into KINDS
);
CREATE TABLE IF NOT EXISTS heard (
    node     TEXT    PRIMARY KEY,
    received INTEGER NOT NULL            -- of the last live line, Unix microseconds
);
CREATE TABLE IF NOT EXISTS identity (
    uuid     TEXT    NOT NULL,
    opening  INTEGER NOT NULL            -- how often the file was opened: the upper half of new ids
);
"""
_OPENING_BITS = 32
MAX_BYTES = 2_048_000_000


class SpooledLine(NamedTuple):
    """`received` in Unix microseconds, `node` by its name in the settings, `line` without its end."""

    id: int
    received: int
    node: str
    kind: Kind
    line: bytes


class SpoolFull(Exception):
    """The spool holds as many bytes as it may."""


class Spool:
    """A durable queue: one appends, one reads the oldest and removes it. Safe between two threads.

    It takes up to about `max_bytes` of the disk. An id is never given twice, not even when the file went back
    to an earlier state: each opening begins ids of its own. A file that is damaged is set aside and a new one
    begun. Raises OperatorError when `path` cannot be used.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
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
        uuid, opening = self._database.execute("SELECT uuid, opening FROM identity").fetchone()
        self.uuid = UUID(uuid)
        self._next_id: int = opening << _OPENING_BITS
        self._length: int = self._database.execute("SELECT count(*) FROM lines").fetchone()[0]
        self._heard: dict[str, int] = dict(self._database.execute("SELECT node, received FROM heard"))
        self._bytes = self._bytes_used()

    def __len__(self) -> int:
        return self._length

    @property
    def bytes(self) -> int:
        """What the lines take on the disk."""
        return self._bytes

    @property
    def max_bytes(self) -> int:
        """At which lines are no longer taken."""
        return self._max_bytes

    def last_heard(self, node: str) -> int | None:
        """When the node's last live line was received, in Unix microseconds; it may be drained already."""
        return self._heard.get(node)

    def append(self, node: str, received: int, lines: Lines, kind: Kind = "live") -> None:
        """Returns when the lines are on the disk.

        Raises SpoolFull at the bound, over which only a gap is let in; sqlite3.OperationalError says why the
        disk does not take them. All of the lines are kept, or none.
        """
        with self._lock:
            if self._bytes >= self._max_bytes and kind != "gap":
                raise SpoolFull(f"the spool holds {self._bytes:,} bytes, {self._max_bytes:,} are allowed")
            first, number = self._next_id, KINDS.index(kind)
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(
                    "INSERT INTO lines (id, received, node, line, kind) VALUES (?, ?, ?, ?, ?)",
                    [(id_, received, node, line, number) for id_, line in enumerate(lines, first)],
                )
                if kind == "live":
                    self._database.execute(
                        "INSERT INTO heard VALUES (?, ?)"
                        " ON CONFLICT (node) DO UPDATE SET received = excluded.received",
                        [node, received],
                    )
            if kind == "live":
                self._heard[node] = received
            self._next_id += len(lines)
            self._length += len(lines)
            self._bytes = self._bytes_used()
        self._filled.set()

    def oldest(self, limit: int, after: int = 0) -> list[SpooledLine]:
        """Up to `limit` lines in the order of their arrival, those behind the id `after`."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id, received, node, kind, line FROM lines WHERE id > ? ORDER BY id LIMIT ?",
                [after, limit],
            ).fetchall()
        return [
            SpooledLine(id_, received, node, KINDS[kind], line) for id_, received, node, kind, line in rows
        ]

    def remove(self, through: int) -> None:
        """Forget the line with this id and everything before it."""
        with self._lock:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                removed = self._database.execute("DELETE FROM lines WHERE id <= ?", [through]).rowcount
            self._length -= removed
            self._bytes = self._bytes_used()

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

    def _bytes_used(self) -> int:
        [pages] = self._database.execute("PRAGMA page_count").fetchone()
        [free] = self._database.execute("PRAGMA freelist_count").fetchone()
        [size] = self._database.execute("PRAGMA page_size").fetchone()
        return int((pages - free) * size)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.executescript(_SCHEMA)
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
        _begin(database)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _begin(database: sqlite3.Connection) -> None:
    """Takes over a file without kinds; counts the opening, for good before the first id is given."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        if "kind" not in {name for _, name, *_ in database.execute("PRAGMA table_info(lines)")}:
            database.execute("ALTER TABLE lines ADD COLUMN kind INTEGER NOT NULL DEFAULT 0")
        if not database.execute("UPDATE identity SET opening = opening + 1").rowcount:
            database.execute("INSERT INTO identity VALUES (?, 1)", [str(uuid4())])
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _set_aside(path: Path) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    return aside
