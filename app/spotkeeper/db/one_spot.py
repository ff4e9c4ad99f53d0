"""A spot by its name, and who else heard the same."""

from datetime import datetime, timedelta
from typing import LiteralString

from psycopg.rows import class_row

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_wanted import Row

_SELECT: LiteralString = f"SELECT {', '.join(Row._fields)} FROM spots"  # noqa: S608


def spot(connection: Connection, time: datetime, key: int) -> Row | None:
    """The spot of that minute and key; where a human and a skimmer have the same, the human's."""
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        cursor.execute(f"{_SELECT} WHERE time = %s AND key = %s ORDER BY source LIMIT 1", [time, key])
        return cursor.fetchone()


def also_heard(
    connection: Connection, of: Row, around: timedelta, limit: int, within_hz: int | None = None
) -> list[Row]:
    """Other spots of the same DX not longer before or after, the newest first; on any band, or so near."""
    query: LiteralString = f"""
        {_SELECT} WHERE dx = %(dx)s AND time BETWEEN %(first)s AND %(last)s
            AND (time, key, source) <> (%(time)s, %(key)s, %(source)s)
            AND (%(within_hz)s::bigint IS NULL OR abs(frequency_hz - %(hz)s) <= %(within_hz)s)
        ORDER BY time DESC, key DESC, source LIMIT %(limit)s
    """
    values = {
        "dx": of.dx,
        "first": of.time - around,
        "last": of.time + around,
        "time": of.time,
        "key": of.key,
        "source": of.source,
        "hz": of.frequency_hz,
        "within_hz": within_hz,
        "limit": limit,
    }
    with connection.cursor(row_factory=class_row(Row)) as cursor:
        return cursor.execute(query, values).fetchall()
