"""Lines as received, on disk until they are in the database."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import count, repeat
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

from spotkeeper.errors import OperatorError
from spotkeeper.scraper.spool_file import (
    OPENING_BITS,
    Known,
    bytes_used,
    is_damage,
    lock,
    mend,
    open_file,
    shrink,
    without_sync,
)

Kind = Literal["live", "history", "gap"]
Line = bytes
Lines = Sequence[bytes]
KINDS: tuple[Kind, ...] = ("live", "history", "gap")

MAX_BYTES = 2_048_000_000
# So much fits on one page of the file, beside the other columns.
_PAGE_BYTES = 3900

T = TypeVar("T")


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
    to an earlier state: each opening begins ids of its own. Of a file that is damaged, at the start or later,
    all that can be read is brought into a new one and the damaged one set aside; the journal tells how much
    that was. Raises OperatorError when `path` cannot be used, or another process does.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._filled = threading.Event()
        self._database: sqlite3.Connection | None = None
        self._next_id = self._removed = self._length = self._bytes = 0
        self._heard: dict[str, int] = {}
        try:
            self._process_lock = lock(path)
            self._open()
        except sqlite3.Error as error:
            raise OperatorError(f"scraper.spool: cannot use {path}: {error}") from None
        except OSError as error:
            raise OperatorError(f"scraper.spool: cannot use {path}: {error.strerror or error}") from None

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
        """Until when the node was heard without a gap that is still open, in Unix microseconds."""
        return self._heard.get(node)

    def append(
        self, node: str, received: int, lines: Lines, kind: Kind = "live", *, gap_open: bool = False
    ) -> None:
        """Returns when the lines are on the disk. With `gap_open`, `last_heard` stays where it is.

        Raises SpoolFull at the bound, over which only a gap is let in; sqlite3.OperationalError says why the
        disk does not take them. All of the lines are kept, or none.
        """
        if self._bytes >= self._max_bytes and kind != "gap":
            raise SpoolFull(f"the spool holds {self._bytes:,} bytes, {self._max_bytes:,} are allowed")

        heard = kind != "history" and not gap_open

        def work(database: sqlite3.Connection) -> None:
            number = KINDS.index(kind)
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.executemany(
                    "INSERT INTO lines (id, received, node, line, kind, lines) VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (first, received, node, page, number, length)
                        for first, page, length in _pages(lines, self._next_id)
                    ],
                )
                if heard:
                    database.execute(
                        "INSERT INTO heard VALUES (?, ?)"
                        " ON CONFLICT (node) DO UPDATE SET received = excluded.received",
                        [node, received],
                    )
            if heard:
                self._heard[node] = received
            self._next_id += len(lines)
            self._length += len(lines)
            self._bytes = bytes_used(database)

        self._do(work)
        self._filled.set()

    def oldest(self, limit: int, after: int = 0) -> list[SpooledLine]:
        """Up to `limit` lines in the order of their arrival, those behind the id `after`."""

        def work(database: sqlite3.Connection) -> list[SpooledLine]:
            behind = max(after, self._removed)
            found: list[SpooledLine] = []
            rows = database.execute(
                """SELECT id, received, node, kind, line, lines FROM lines
                WHERE id >= coalesce((SELECT max(id) FROM lines WHERE id <= ?), 0) ORDER BY id""",
                [behind],
            )
            for first, received, node, kind, page, length in rows:
                same = repeat(received), repeat(node), repeat(KINDS[kind])
                lines = map(SpooledLine._make, zip(count(first), *same, page.split(b"\n", length - 1)))
                found += lines if first > behind else [line for line in lines if line.id > behind]
                if len(found) >= limit:
                    break
            rows.close()
            return found[:limit]

        return self._do(work)

    def remove(self, through: int) -> None:
        """Forget the line with this id and everything before it.

        The machine's sudden death may undo that.
        """

        def work(database: sqlite3.Connection) -> None:
            with without_sync(database), database:
                database.execute("BEGIN IMMEDIATE")
                (removed,) = database.execute(
                    "SELECT coalesce(sum(min(id + lines, ?1 + 1) - max(id, ?2 + 1)), 0)"
                    " FROM lines WHERE id <= ?1",
                    [through, self._removed],
                ).fetchone()
                database.execute("DELETE FROM lines WHERE id <= ?1 AND id + lines - 1 <= ?1", [through])
                database.execute("UPDATE identity SET removed = ?", [through])
            self._removed = through
            self._length -= removed
            if not self._length:
                shrink(database)
            self._bytes = bytes_used(database)

        if through > self._removed:
            self._do(work)

    def wait(self, seconds: float) -> None:
        """Until something is appended, or `seconds` have passed."""
        self._filled.wait(seconds)
        self._filled.clear()

    def wake(self) -> None:
        """End a `wait`."""
        self._filled.set()

    def close(self) -> None:
        with self._lock:
            if self._database is not None:
                self._database.close()
            self._process_lock.close()

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work`; a file that turns out to be damaged is mended, and the work done again."""
        with self._lock:
            try:
                return work(self._database or self._open())
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                if self._database is not None:
                    self._database.close()
                    self._database = None
                try:
                    mend(self._path, str(error), Known(self.uuid, self._next_id))
                    return work(self._open())
                except (OSError, sqlite3.Error) as cause:
                    raise sqlite3.OperationalError(f"the spool is damaged, and not mended: {cause}") from None

    def _open(self) -> sqlite3.Connection:
        database = open_file(self._path)
        uuid, opening, self._removed = database.execute("SELECT * FROM identity").fetchone()
        self.uuid = UUID(uuid)
        self._next_id = opening << OPENING_BITS
        [self._length] = database.execute(
            "SELECT coalesce(sum(id + lines - max(id, ? + 1)), 0) FROM lines", [self._removed]
        ).fetchone()
        self._heard = dict(database.execute("SELECT node, received FROM heard"))
        self._bytes = bytes_used(database)
        self._database = database
        return database


def _pages(lines: Lines, first: int) -> Iterator[tuple[int, Line, int]]:
    """The lines in rows of up to a page, each with its first id and how many they are."""
    page = b"\n".join(lines)
    if len(page) <= _PAGE_BYTES or len(lines) == 1:
        yield first, page, len(lines)
        return
    part = max(1, len(lines) // -(-len(page) // _PAGE_BYTES))
    for start in range(0, len(lines), part):
        yield from _pages(lines[start : start + part], first + start)
