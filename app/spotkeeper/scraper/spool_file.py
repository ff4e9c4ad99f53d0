"""The spool's file: opened, checked, mended when it is damaged."""

import fcntl
import itertools
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO
from uuid import UUID, uuid4

from spotkeeper.scraper.spool_salvage import (
    PAGE_BYTES,
    Heard,
    Identity,
    Row,
    header_is_sound,
    salvage,
    wal_is_whole,
)

log = logging.getLogger(__name__)

OPENING_BITS = 32
"""An id's lower part, which counts the lines since the file was opened."""

_TABLES = """
CREATE TABLE IF NOT EXISTS lines (       -- a page of lines that came together is a row
    id       INTEGER PRIMARY KEY,        -- of the first, the next have the next ones
    received INTEGER NOT NULL,           -- Unix microseconds
    node     TEXT    NOT NULL,
    line     BLOB    NOT NULL,           -- with line feeds between them
    kind     INTEGER NOT NULL DEFAULT 0, -- index into KINDS
    lines    INTEGER NOT NULL DEFAULT 1
);
CREATE TABLE IF NOT EXISTS heard (
    node     TEXT    PRIMARY KEY,
    received INTEGER NOT NULL            -- until when without an open gap, Unix microseconds
);
CREATE TABLE IF NOT EXISTS identity (
    uuid     TEXT    NOT NULL,
    opening  INTEGER NOT NULL,           -- how often the file was opened
    removed  INTEGER NOT NULL            -- through which id lines were removed
);
"""
# A file that is larger is made small again once it is empty.
_LARGE_PAGES = 16_384
_RANGES_TOLD = 5
_CHUNK_ROWS = 1000
# Errors of the place and not of the file's contents; I/O errors while reading are the file's.
_OF_THE_PLACE = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    )
)
_READ_ERRORS = frozenset((sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ))


class Known(NamedTuple):
    """What the process remembers of the file."""

    uuid: UUID
    next_id: int


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is at fault, and not the disk or its rights."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code is not None and (code in _READ_ERRORS or code & 0xFF not in _OF_THE_PLACE)


def lock(path: Path) -> TextIO:
    """Holds the spool for this process until the returned file is closed; OSError when another has it."""
    file = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise OSError("another process uses it") from None
    return file


def open_file(path: Path) -> sqlite3.Connection:
    """A checked connection; a damaged file is mended first. Raises sqlite3.Error or OSError."""
    if _mended(path).exists():
        _put_in_place(path)
    why = _damage_before_opening(path)
    if why is None:
        try:
            return _connect(path)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            why = str(error)
    mend(path, why, None)
    return _connect(path)


def bytes_used(database: sqlite3.Connection) -> int:
    """What is in use of the file."""
    return (_pragma(database, "page_count") - _pragma(database, "freelist_count")) * PAGE_BYTES


def shrink(database: sqlite3.Connection) -> None:
    """Give the disk back what an empty file still takes."""
    if _pragma(database, "page_count") > _LARGE_PAGES:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def without_sync(database: sqlite3.Connection) -> Iterator[None]:
    """What is committed here reaches the disk with the next transaction outside."""
    database.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        database.execute("PRAGMA synchronous = FULL")


def mend(path: Path, why: str, known: Known | None) -> None:
    """Bring what can be read into a new file, which takes the place of the damaged one; that is set aside.

    Raises sqlite3.Error or OSError when there is no room for a second file; nothing has changed then.
    """
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    try:
        report = _bring_over(path, part, known)
        with part.open("rb") as file:
            os.fsync(file.fileno())
    except (sqlite3.Error, OSError):
        part.unlink(missing_ok=True)
        raise
    part.rename(_mended(path))
    aside = _put_in_place(path)
    log.error(
        "the spool %s was damaged (%s): %s; the damaged file is kept as %s",
        path,
        why,
        report,
        aside,
        extra={"event": "spool_damaged"},
    )


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        database.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA secure_delete = OFF")
        database.executescript(_TABLES)
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise _Damaged(verdict)
        _count_opening(database)
    except sqlite3.Error:
        database.close()
        raise
    return database


class _Damaged(sqlite3.DatabaseError):
    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _count_opening(database: sqlite3.Connection) -> None:
    """Takes over a file of the first form. The opening counts for good before it gives its first id."""
    with database:
        database.execute("BEGIN IMMEDIATE")
        if "kind" not in {name for _, name, *_ in database.execute("PRAGMA table_info(lines)")}:
            database.execute("ALTER TABLE lines ADD COLUMN kind INTEGER NOT NULL DEFAULT 0")
            database.execute("ALTER TABLE lines ADD COLUMN lines INTEGER NOT NULL DEFAULT 1")
        if not database.execute("UPDATE identity SET opening = opening + 1").rowcount:
            database.execute("INSERT INTO identity VALUES (?, 1, 0)", [str(uuid4())])
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _damage_before_opening(path: Path) -> str | None:
    """What SQLite would not notice, or would call something else."""
    if not path.exists():
        return None
    if path.stat().st_size == 0:
        return "it is empty"
    if not header_is_sound(path):
        return "its beginning is not that of a spool"
    if not wal_is_whole(path):
        return "its write-ahead log is broken"
    return None


def _bring_over(path: Path, part: Path, known: Known | None) -> str:
    """Fills the new file; a sentence on what was saved and what is missing."""
    database = sqlite3.connect(part, isolation_level=None)
    try:
        database.executescript(
            f"PRAGMA page_size = {PAGE_BYTES}; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;{_TABLES}"
        )
        database.execute("BEGIN")
        identity = _insert(database, salvage(path))
        removed = identity.removed if identity else 0
        database.execute("DELETE FROM lines WHERE id + lines - 1 <= ?", [removed])
        saved, last = database.execute(
            "SELECT coalesce(sum(id + lines - max(id, ? + 1)), 0), coalesce(max(id), 0) FROM lines", [removed]
        ).fetchone()
        next_id = known.next_id if known else None
        opening = max(max(last, next_id or 0) >> OPENING_BITS, identity.opening if identity else 0)
        uuid = known.uuid if known else identity.uuid if identity else uuid4()
        database.execute("INSERT INTO identity VALUES (?, ?, ?)", [str(uuid), opening, removed])
        missing = _missing(database, removed, next_id)
        database.execute("COMMIT")
    finally:
        database.close()
    return f"{saved:,} lines were saved, {missing}"


def _insert(database: sqlite3.Connection, rows: Iterator[Row | Heard | Identity]) -> Identity | None:
    last: Identity | None = None
    while chunk := list(itertools.islice(rows, _CHUNK_ROWS)):
        database.executemany(
            "INSERT OR IGNORE INTO lines (id, received, node, line, kind, lines) VALUES (?, ?, ?, ?, ?, ?)",
            [row for row in chunk if isinstance(row, Row)],
        )
        database.executemany(
            "INSERT INTO heard VALUES (?, ?)"
            " ON CONFLICT (node) DO UPDATE SET received = max(received, excluded.received)",
            [row for row in chunk if isinstance(row, Heard)],
        )
        for row in chunk:
            if isinstance(row, Identity) and (last is None or row[1:] > last[1:]):
                last = row
    return last


def _missing(database: sqlite3.Connection, removed: int, next_id: int | None) -> str:
    """Which ids between those that are there are not; what came after the last cannot be known."""
    # What was removed ends a row, and what was given ends the file.
    ends = "SELECT ? AS id, 1 AS lines" if next_id is None else "SELECT ? AS id, 1 AS lines UNION SELECT ?, 1"
    ranges = database.execute(
        f"""SELECT id + lines, next - 1 FROM (
            SELECT id, lines, lead(id) OVER (ORDER BY id) AS next
            FROM (SELECT id, lines FROM lines UNION {ends})
        ) WHERE next > id + lines AND next >> {OPENING_BITS} = id >> {OPENING_BITS}""",  # noqa: S608
        [removed] if next_id is None else [removed, next_id],
    ).fetchall()
    if not ranges:
        return "none is known to be missing"
    told = ", ".join(
        f"{first}-{last}" if last > first else str(first) for first, last in ranges[:_RANGES_TOLD]
    )
    more = f" and {len(ranges) - _RANGES_TOLD} more ranges" if len(ranges) > _RANGES_TOLD else ""
    number = sum(last - first + 1 for first, last in ranges)
    return f"{number:,} are missing, by their ids {told}{more}"


def _mended(path: Path) -> Path:
    return path.with_name(path.name + ".mended")


def _put_in_place(path: Path) -> Path:
    """Sets the damaged file aside and the mended one in its place; after a crash this is done again."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for suffix in ("", "-wal", "-shm"):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(aside.with_name(aside.name + suffix))
    _mended(path).rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return aside


def _pragma(database: sqlite3.Connection, name: str) -> int:
    (value,) = database.execute(f"PRAGMA {name}").fetchone()
    return int(value)
