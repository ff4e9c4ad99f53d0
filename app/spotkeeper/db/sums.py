"""Sums over the spots: of all time from table calls, by hour from hours and dxcc_hours, else of a window.

A window is read by its time, from the newest spot backwards, and no further than NEWEST spots: what that
costs has a bound, however many years are stored and however busy a contest is. Such a sum says since when.
Times are in UTC. Bounds of time are given as values, not as now(), so that the planner leaves out all months
but those that are meant.
"""

from array import array
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.latest import AHEAD

NEWEST = 300_000
TOP = 100
HOUR = timedelta(hours=1)


class Stats(NamedTuple):
    """Of all time, of the day and of the last hour; the times are None when nothing was ever spotted."""

    spots: int
    dx: int
    spotters: int
    first: datetime | None
    latest: datetime | None
    dx_today: int
    spotters_today: int
    spotters_last_hour: int
    spots_today: int
    spots_last_hour: int


def stats(connection: Connection, midnight: datetime, until: datetime) -> Stats:
    """Reads table calls once, the day's hours, and of the spots the time of those of the last hour."""
    values = {"midnight": midnight, "hour": until - HOUR, "until": until}
    row = _row(
        connection,
        """
        SELECT coalesce(sum(spotted), 0)::bigint, count(*) FILTER (WHERE spotted > 0),
            count(*) FILTER (WHERE spotting > 0), min(first_spotted), max(last_spotted),
            count(*) FILTER (WHERE last_spotted >= %(midnight)s),
            count(*) FILTER (WHERE last_spotting >= %(midnight)s),
            count(*) FILTER (WHERE last_spotting >= %(hour)s),
            (SELECT coalesce(sum(spots), 0) FROM hours WHERE hour >= %(midnight)s),
            (SELECT count(*) FROM spot_rows WHERE time >= %(hour)s AND time <= %(until)s)
        FROM calls
        """,
        values,
    )
    return Stats(*row)


class BandSum(NamedTuple):
    """Frequencies in Hz."""

    band: str
    spots: int
    dx: int
    lowest_hz: int
    highest_hz: int
    latest: datetime
    people: int


def bands(connection: Connection, since: datetime, until: datetime) -> tuple[datetime, list[BandSum]]:
    """Since when, and those with spots, the busiest first. Reads the window."""
    found = connection.execute(
        f"""
        SELECT name, sum(spots)::bigint AS spots, count(*), min(lowest), max(highest), max(latest),
            sum(people)::bigint, min(first)
        FROM (
            SELECT band, dx, count(*) AS spots, min(spot_hz(hundred_hz, rest_hz)) AS lowest,
                max(spot_hz(hundred_hz, rest_hz)) AS highest, max(time) AS latest, min(time) AS first,
                count(*) FILTER (WHERE source = 'h') AS people
            FROM ({_NEWEST}) newest GROUP BY band, dx
        ) stations
        LEFT JOIN bands ON bands.id = band GROUP BY name ORDER BY spots DESC, name
        """,  # noqa: S608
        _window(since, until),
        prepare=False,
    ).fetchall()
    reached = _reached(since, sum(row[1] for row in found), min((row[7] for row in found), default=since))
    return reached, [BandSum(*row[:7]) for row in found if row[0] is not None]


class Frequencies(NamedTuple):
    """Spots by frequency, in units of 100 Hz and ascending."""

    since: datetime
    hundred_hz: "array[int]"
    spots: "array[int]"


def frequencies(connection: Connection, since: datetime, until: datetime) -> Frequencies:
    """Of all bands. Reads the window."""
    found = connection.execute(
        f"""
        SELECT hundred_hz, count(*), min(min(time)) OVER () FROM ({_NEWEST}) newest
        GROUP BY hundred_hz ORDER BY hundred_hz
        """,  # noqa: S608
        _window(since, until),
        prepare=False,
    ).fetchall()
    spots = array("i", (row[1] for row in found))
    reached = _reached(since, sum(spots), found[0][2] if found else since)
    return Frequencies(reached, array("i", (row[0] for row in found)), spots)


class TopCall(NamedTuple):
    """A call, its spots in the window, by or of how many others, and the last one's time."""

    call: str
    spots: int
    others: int
    latest: datetime


class Top(NamedTuple):
    """The TOP calls of each kind, the busiest first."""

    since: datetime
    spotted: list[TopCall]
    spotters: list[TopCall]


def top(connection: Connection, since: datetime, until: datetime) -> Top:
    """Reads the window twice: once to count, once for the others of the spotters that came out at the top;
    those of the DX are found by their index.
    """
    rows = connection.execute(
        f"""
        WITH sums AS MATERIALIZED (
            SELECT dx, spotter, count(*) AS spots, max(time) AS latest, min(time) AS first
            FROM ({_NEWEST}) newest GROUP BY GROUPING SETS ((dx), (spotter), ())
        )
        (SELECT 'dx', dx, spots, latest, first FROM sums WHERE dx IS NOT NULL
         ORDER BY spots DESC, latest DESC, dx LIMIT {TOP})
        UNION ALL
        (SELECT 'spotter', spotter, spots, latest, first FROM sums WHERE spotter IS NOT NULL
         ORDER BY spots DESC, latest DESC, spotter LIMIT {TOP})
        UNION ALL
        SELECT 'all', '', spots, latest, first FROM sums WHERE dx IS NULL AND spotter IS NULL
        """,  # noqa: S608
        _window(since, until),
        prepare=False,
    ).fetchall()
    _, _, total, _, first = rows[-1]
    if first is None:
        return Top(since, [], [])
    reached = _reached(since, total, first)
    values = {"since": reached, "until": until}
    return Top(
        reached,
        _with_others(connection, _SPOTTERS_OF_DX, [row for row in rows if row[0] == "dx"], values),
        _with_others(connection, _DX_OF_SPOTTERS, [row for row in rows if row[0] == "spotter"], values),
    )


class HourSum(NamedTuple):
    """An hour by its beginning, and its spots."""

    hour: datetime
    people: int
    machines: int

    @property
    def spots(self) -> int:
        """By whomever."""
        return self.people + self.machines


def hours(connection: Connection, since: datetime, until: datetime) -> list[HourSum]:
    """Those with spots, in order; both bounds are full hours, the second is excluded. Reads table hours."""
    rows = connection.execute(
        """
        SELECT hour, coalesce(sum(spots) FILTER (WHERE source = 'h'), 0)::bigint,
            coalesce(sum(spots) FILTER (WHERE source = 'm'), 0)::bigint
        FROM hours WHERE hour >= %s AND hour < %s GROUP BY hour ORDER BY hour
        """,
        [since, until],
        prepare=False,
    )
    return [HourSum(*row) for row in rows]


def stations_of_hour(connection: Connection, hour: datetime) -> tuple[int, int]:
    """How many different DX and how many spotters it has. Reads the spots of the hour."""
    dx, spotters = _row(
        connection,
        """
        SELECT count(DISTINCT dx), count(DISTINCT spotter) FROM spot_rows
        WHERE time >= %(since)s AND time < %(until)s
        """,
        {"since": hour, "until": hour + HOUR},
    )
    return dx, spotters


class DxccSum(NamedTuple):
    """Spots of a DXCC entity on a band ('' outside of them), by whom."""

    dxcc: int
    band: str
    people: int
    machines: int


def dxcc(connection: Connection, since: datetime, until: datetime) -> list[DxccSum]:
    """By entity and band; both bounds are full hours, the second one is excluded. Reads table dxcc_hours."""
    rows = connection.execute(
        """
        SELECT dxcc, coalesce(name, ''), coalesce(sum(spots) FILTER (WHERE source = 'h'), 0)::bigint,
            coalesce(sum(spots) FILTER (WHERE source = 'm'), 0)::bigint
        FROM dxcc_hours LEFT JOIN bands ON bands.id = band
        WHERE hour >= %s AND hour < %s GROUP BY dxcc, name ORDER BY dxcc, name
        """,
        [since, until],
        prepare=False,
    )
    return [DxccSum(*row) for row in rows]


class Bulletin(NamedTuple):
    """A WWV or WCY bulletin; a figure it does not hold is None, 0 is a value."""

    time: datetime
    kind: str
    station: str
    sfi: int | None
    a_index: int | None
    k_index: int | None
    expected_k: int | None
    sunspots: int | None
    text: str


_BULLETIN: LiteralString = ", ".join(Bulletin._fields)
MOST_BULLETINS = 2000


def bulletins(connection: Connection, since: datetime) -> list[Bulletin]:
    """Since then, the newest first, at most MOST_BULLETINS."""
    rows = connection.execute(
        f"SELECT {_BULLETIN} FROM solar WHERE time >= %s ORDER BY time DESC, kind, station LIMIT %s",  # noqa: S608
        [since, MOST_BULLETINS],
    )
    return [Bulletin(*row) for row in rows]


def newest(connection: Connection, now: datetime) -> datetime | None:
    """The time of the newest spot; what is dated ahead hides no silence. Reads one index entry a month, and
    mostly of one month only.
    """
    for since in (now - timedelta(days=1), None):
        row = connection.execute(
            "SELECT time FROM spot_rows WHERE time >= coalesce(%s, '-infinity'::timestamptz)"
            " AND time <= %s ORDER BY time DESC LIMIT 1",
            [since, now + AHEAD],
            prepare=False,
        ).fetchone()
        if row is not None:
            return row[0]  # type: ignore[no-any-return]
    return None


def ask(connection: Connection) -> None:
    """Ask for next to nothing. Raises psycopg.Error when the tables cannot be read."""
    connection.execute("SELECT FROM bands LIMIT 1")


_NEWEST: LiteralString = f"""
    SELECT time, dx, spotter, band, hundred_hz, rest_hz, source FROM spot_rows
    WHERE time >= %(since)s AND time <= %(until)s ORDER BY time DESC LIMIT {NEWEST}
"""  # noqa: S608
_SPOTTERS_OF_DX: LiteralString = """
    SELECT dx, count(*) FROM (
        SELECT DISTINCT dx, spotter FROM spot_rows
        WHERE dx = ANY(%(calls)s) AND time >= %(since)s AND time <= %(until)s
    ) pairs GROUP BY dx
"""
_DX_OF_SPOTTERS: LiteralString = """
    SELECT spotter, count(*) FROM (
        SELECT DISTINCT spotter, dx FROM spot_rows
        WHERE spotter = ANY(%(calls)s) AND time >= %(since)s AND time <= %(until)s
    ) pairs GROUP BY spotter
"""


def _with_others(
    connection: Connection, query: LiteralString, rows: Iterable[tuple[Any, ...]], values: dict[str, Any]
) -> list[TopCall]:
    rows = list(rows)
    found = connection.execute(query, {"calls": [row[1] for row in rows], **values}, prepare=False)
    others: dict[str, int] = dict(found.fetchall())
    return [TopCall(call, spots, others[call], latest) for _, call, spots, latest, _ in rows]


def _reached(since: datetime, spots: int, first: datetime) -> datetime:
    """Since when the spots of a window are summed up: its beginning, unless there are too many."""
    return first if spots >= NEWEST else since


def _window(since: datetime, until: datetime) -> dict[str, datetime]:
    return {"since": since, "until": until}


def _row(connection: Connection, query: LiteralString, values: dict[str, Any]) -> tuple[Any, ...]:
    """The one row of a query that has one whatever the tables hold."""
    [row] = connection.execute(query, values, prepare=False).fetchall()
    return row
