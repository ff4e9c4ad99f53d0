"""A spot by its name, and who else heard the same."""

from datetime import datetime, timedelta
from typing import Any, LiteralString

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_wanted import Row
from spotkeeper.db.search_words import COLUMNS, WITH_MODES, in_words

_KEY: LiteralString = "spot_key(dx, spotter, hundred_hz, rest_hz)"
_SELECT: LiteralString = (
    f"SELECT {COLUMNS} FROM (SELECT *, {_KEY} AS key FROM spot_rows) AS found {WITH_MODES}"  # noqa: S608
)


def spot(connection: Connection, time: datetime, key: int) -> Row | None:
    """The spot of that minute and key; where a human and a skimmer have the same, the human's."""
    query: LiteralString = f"{_SELECT} WHERE time = %(time)s AND key = %(key)s ORDER BY source LIMIT 1"
    return next(iter(_rows(connection, query, {"time": time, "key": key})), None)


def also_heard(
    connection: Connection, of: Row, around: timedelta, limit: int, within_hz: int | None = None
) -> list[Row]:
    """Other spots of the same DX not longer before or after, the newest first; on any band, or so near."""
    query: LiteralString = f"""
        {_SELECT} WHERE dx = %(dx)s AND time BETWEEN %(first)s AND %(last)s
            AND (time, key, source) <> (%(time)s, %(key)s, %(source)s::"char")
            AND (%(within_hz)s::bigint IS NULL
                OR abs(spot_hz(hundred_hz, rest_hz) - %(hz)s) <= %(within_hz)s)
        ORDER BY time DESC, key DESC, source LIMIT %(limit)s
    """
    values = {
        "dx": of.dx,
        "first": of.time - around,
        "last": of.time + around,
        "time": of.time,
        "key": of.key,
        "source": of.source[0],
        "hz": of.frequency_hz,
        "within_hz": within_hz,
        "limit": limit,
    }
    return _rows(connection, query, values)


def _rows(connection: Connection, query: LiteralString, values: dict[str, Any]) -> list[Row]:
    with connection.cursor(binary=True) as cursor:
        return in_words(connection, cursor.execute(query, values).fetchall())
