"""Spots of former times: how an import stores them, and how far it has come (table import_progress)."""

from collections import Counter
from datetime import date, timedelta
from typing import LiteralString, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from spotkeeper.db.connection import Connection
from spotkeeper.db.spots import SAME, SUMS, SolarRow, prepare, store_solar

_DAY_SECONDS = 86_400
_EPOCH = date(1970, 1, 1)
# Held by the one import that works on a database.
_LOCK = 7_373_004

_SESSION = {
    "application_name": "spotkeeper import",
    # Progress is lost with the rows it stands for, so that what a crash takes is read again.
    "synchronous_commit": "off",
    # For the sums of a portion.
    "work_mem": "32MB",
    "temp_buffers": "16MB",
}
# Where rows may be there already each one has to be looked for, which doubles the cost of storing it.
_EITHER: LiteralString = "ON CONFLICT DO NOTHING"
_STORE: dict[bool, LiteralString] = {
    is_new: f"""
    WITH stored AS (
        INSERT INTO spot_rows (time, {SAME})
        SELECT to_timestamp(time), {SAME} FROM arrived
        {"" if is_new else _EITHER}
        RETURNING time, source, band, mode, dx, spotter, dx_place, spotter_place
    ), {SUMS}, new AS (
        SELECT count(*) AS spots FROM stored
    )
    INSERT INTO import_progress (source, first, through, name, lines, spots, doubled, solar, refused)
    SELECT %(source)s, %(first)s, %(through)s, %(name)s, %(lines)s, spots, %(spots)s - spots, %(solar)s,
        %(refused)s
    FROM new
"""  # noqa: S608
    for is_new in (True, False)
}


class MonthClosed(Exception):
    """A month of the portion was closed since it was made: nothing more is stored of it."""


class Part(NamedTuple):
    """What became of the lines from position `first` of a source up to, not including, `through`."""

    first: int
    through: int
    lines: int
    spots: int
    doubled: int
    solar: int
    refused: Counter[str]


class Portion(NamedTuple):
    """What is stored in one transaction, of `lines` lines from position `first` up to `through`.

    `rows` are for the `columns` of table arrived in COPY's text format; `spots` counts those besides that
    were left out as doubled. No two of `distinct` rows are the same spot. `times` are the minutes of the
    rows by the letter of their source, in Unix seconds.
    """

    first: int
    through: int
    lines: int
    columns: LiteralString
    rows: str
    spots: int
    distinct: bool
    times: dict[str, set[int]]
    solar: list[SolarRow]
    refused: Counter[str]

    @property
    def months(self) -> set[tuple[str, date]]:
        """Those of the spots: the source's letter and the month's first day."""
        return {
            (source, (_EPOCH + timedelta(days=day)).replace(day=1))
            for source, minutes in self.times.items()
            for day in {minute // _DAY_SECONDS for minute in minutes}
        }


def begin(connection: Connection) -> None:
    """Set up a connection with autocommit, once, before the first `store`."""
    for name, value in _SESSION.items():
        connection.execute("SELECT set_config(%s, %s, false)", [name, value])
    prepare(connection)


def claim(connection: Connection) -> bool:
    """Claim the database as its one import, until the connection ends; false while another does."""
    [(claimed,)] = connection.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchall()
    return bool(claimed)


def parts(connection: Connection, source: bytes) -> list[Part]:
    """What is stored of a source, in its order."""
    rows = connection.execute(
        """SELECT first, through, lines, spots, doubled, solar, refused
        FROM import_progress WHERE source = %s ORDER BY first""",
        [source],
    )
    return [
        Part(first, through, lines, spots, doubled, solar, Counter(refused))
        for first, through, lines, spots, doubled, solar, refused in rows
    ]


def forget(connection: Connection, source: bytes) -> None:
    """Have a source read again; its spots stay."""
    connection.execute("DELETE FROM import_progress WHERE source = %s", [source])


def finish(connection: Connection, source: bytes) -> None:
    """Make one part of all; when this returns all of them are on disk."""
    with connection.transaction():
        connection.execute("SELECT set_config('synchronous_commit', 'on', true)")
        connection.execute(
            """WITH parts AS (
                DELETE FROM import_progress WHERE source = %s RETURNING *
            ), reasons AS (
                SELECT key, sum(value::bigint) AS number FROM parts, jsonb_each_text(refused) GROUP BY key
            )
            INSERT INTO import_progress (source, first, through, name, lines, spots, doubled, solar, refused)
            SELECT source, min(first), max(through), max(name), sum(lines), sum(spots), sum(doubled),
                sum(solar), (SELECT coalesce(jsonb_object_agg(key, number), '{}') FROM reasons)
            FROM parts GROUP BY source""",
            [source],
        )


def closed_months(connection: Connection) -> set[tuple[str, date]]:
    """Those of which nothing is stored any more: the source's letter and the month's first day."""
    rows = connection.execute("SELECT source, month FROM months WHERE closed IS NOT NULL")
    return {(source, month) for source, month in rows}


def store(connection: Connection, source: bytes, name: str, portion: Portion) -> None:
    """Store a portion and that it is stored, in one transaction.

    The connection is one that was begun. Raises MonthClosed; psycopg.errors.LockNotAvailable and
    DeadlockDetected, after which it may be tried again.
    """
    try:
        _store(connection, source, name, portion, portion.distinct)
    except psycopg.errors.UniqueViolation:
        # Somebody stored the same spots at the same time.
        _store(connection, source, name, portion, False)


def _store(connection: Connection, source: bytes, name: str, portion: Portion, may_be_new: bool) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        if not portion.months.isdisjoint(closed_months(connection)):
            raise MonthClosed
        is_new = may_be_new and not _has_spots(cursor, portion.times)
        if portion.rows:
            with cursor.copy(f"COPY arrived ({portion.columns}) FROM STDIN") as copy:
                copy.write(portion.rows)
        if portion.solar:
            store_solar(cursor, portion.solar)
        numbers = {
            "source": source,
            "name": name,
            "first": portion.first,
            "through": portion.through,
            "lines": portion.lines,
            "spots": portion.spots,
            "solar": len(portion.solar),
            "refused": Jsonb(portion.refused),
        }
        cursor.execute(_STORE[is_new], numbers, prepare=True)


def _has_spots(cursor: psycopg.Cursor[tuple[object, ...]], times: dict[str, set[int]]) -> bool:
    """Whether there are any in the stretch of time."""
    return any(
        cursor.execute(
            """SELECT EXISTS (
                SELECT FROM spot_rows
                WHERE source = %s AND time BETWEEN to_timestamp(%s) AND to_timestamp(%s)
            )""",
            [source, min(minutes), max(minutes)],
        ).fetchone()
        == (True,)
        for source, minutes in times.items()
    )
