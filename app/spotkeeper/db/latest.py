"""The latest of tables spots and solar, as the dashboard shows them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple

from psycopg.rows import class_row

from spotkeeper.db.connection import Connection
from spotkeeper.db.identity import spot_id


class SpotRow(NamedTuple):
    """A spot as stored; `time` is the node's stamp in UTC."""

    time: datetime
    key: int
    dx: str
    spotter: str
    frequency_hz: int
    band: str | None
    mode: str | None
    mode_source: str | None
    source: str
    snr_db: int | None
    wpm: int | None
    dx_grid: str | None
    spotter_grid: str | None
    comment: str
    node: str

    @property
    def id(self) -> str:
        """As the API names the spot."""
        return spot_id(self.time, self.key)


class Wanted(NamedTuple):
    """Which spots: not older than `window`; of these bands, modes and source, where empty means all."""

    window: timedelta
    bands: Sequence[str] = ()
    modes: Sequence[str] = ()
    source: str = ""


_COLUMNS: LiteralString = ", ".join(SpotRow._fields)


def spots(connection: Connection, wanted: Wanted, limit: int) -> list[SpotRow]:
    """The newest first, at most `limit`."""
    where, values = _condition(wanted)
    with connection.cursor(row_factory=class_row(SpotRow)) as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} FROM spots WHERE {where} ORDER BY time DESC, key DESC LIMIT %(limit)s",  # noqa: S608
            values | {"limit": limit},
        )
        return cursor.fetchall()


def every_spot(connection: Connection, wanted: Wanted) -> Iterator[SpotRow]:
    """All of them, the newest first, fetched in portions so that memory does not grow with their number."""
    where, values = _condition(wanted)
    with connection.cursor("every_spot", row_factory=class_row(SpotRow)) as cursor:
        cursor.itersize = 2000
        cursor.execute(
            f"SELECT {_COLUMNS} FROM spots WHERE {where} ORDER BY time DESC, key DESC",  # noqa: S608
            values,
        )
        yield from cursor


class Count(NamedTuple):
    """How many spots of a band and mode; None stands for those without."""

    band: str | None
    mode: str | None
    number: int


def counts(connection: Connection, wanted: Wanted) -> list[Count]:
    """By band and mode, whatever bands and modes are wanted."""
    where, values = _condition(wanted._replace(bands=(), modes=()))
    query: LiteralString = f"SELECT band, mode, count(*) FROM spots WHERE {where} GROUP BY band, mode"  # noqa: S608
    return [Count(*row) for row in connection.execute(query, values)]


def newest(connection: Connection) -> datetime | None:
    """The node's stamp of the newest spot, of whatever band."""
    row = connection.execute("SELECT time FROM spot_rows ORDER BY time DESC LIMIT 1").fetchone()
    return row[0] if row else None


class Solar(NamedTuple):
    """A WWV or WCY bulletin; a figure it does not hold is None."""

    time: datetime
    sfi: int | None
    a_index: int | None
    k_index: int | None


def solar(connection: Connection) -> Solar | None:
    """The last bulletin that says something of the Sun's flux."""
    row = connection.execute(
        "SELECT time, sfi, a_index, k_index FROM solar WHERE sfi IS NOT NULL ORDER BY time DESC LIMIT 1"
    ).fetchone()
    return Solar(*row) if row else None


def _condition(wanted: Wanted) -> tuple[LiteralString, dict[str, Any]]:
    conditions: list[LiteralString] = ["time >= now() - %(window)s"]
    if wanted.bands:
        conditions.append("band = ANY(%(bands)s)")
    if wanted.modes:
        conditions.append("mode = ANY(%(modes)s)")
    if wanted.source:
        conditions.append("source = %(source)s")
    values = {
        "window": wanted.window,
        "bands": list(wanted.bands),
        "modes": list(wanted.modes),
        "source": wanted.source,
    }
    return " AND ".join(conditions), values
