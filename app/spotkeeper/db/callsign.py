"""What is known of one call: its row of table calls, and its newest spots."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, LiteralString, NamedTuple

from spotkeeper.db.connection import Connection

NEWEST = 2000
BUSY_SPOTS = 1000
MACHINES_READ = 20_000
NEAR = timedelta(hours=1)


class Known(NamedTuple):
    """Of all time: as DX (`spotted`) and as spotter (`spotting`). Bands are those it was spotted on."""

    first_spotted: datetime | None
    last_spotted: datetime | None
    first_spotting: datetime | None
    last_spotting: datetime | None
    spotted: int
    spotting: int
    bands: list[str]

    @property
    def is_busy(self) -> bool:
        """Whether it has so many spots that a few seconds add next to nothing."""
        return max(self.spotted, self.spotting) >= BUSY_SPOTS


class Report(NamedTuple):
    """A spot by the call at its other end: the spotter's where the call in question is the DX, else the DX's.

    `grid` is the one that was said of the call in question.
    """

    time: datetime
    other: str
    band: str | None
    mode: str | None
    snr_db: int | None
    distance_km: int | None
    bearing: int | None
    other_grid: str | None
    grid: str | None
    other_dxcc: int | None
    other_continent: str | None
    by_machine: bool


class Reports(NamedTuple):
    """The newest first: all that there are from `since` on. Where that is later than what was asked for, some
    of its minute may be missing.
    """

    since: datetime
    found: list[Report]


def known(connection: Connection, call: str) -> Known | None:
    """None when it was never heard of. Reads one row."""
    row = connection.execute(
        """
        SELECT first_spotted, last_spotted, first_spotting, last_spotting, spotted, spotting,
            ARRAY(SELECT name FROM bands WHERE calls.bands & band_bit(id) <> 0 ORDER BY id::text COLLATE "C")
        FROM calls WHERE call = %s
        """,
        [call],
    ).fetchone()
    return Known(*row) if row else None


def heard_by(connection: Connection, call: str, since: datetime, until: datetime) -> Reports:
    """The spots of the call, at most NEWEST. Reads those, by the index of the DX."""
    found = _read(
        connection,
        f"""
        SELECT time, spotter AS other, band, mode, snr_db, distance_km, bearing, spotter_grid AS other_grid,
            dx_grid AS grid, spotter_place AS place, source
        FROM spot_rows WHERE dx = %(call)s AND time >= %(since)s AND time <= %(until)s
        ORDER BY time DESC LIMIT {NEWEST}
        """,  # noqa: S608
        {"call": call, "since": since, "until": until},
    )
    return Reports(_reached(found, since), found)


def hears(connection: Connection, call: str, since: datetime, until: datetime) -> Reports:
    """The spots by the call, at most NEWEST.

    Those of people are found by their index. The spotters of machines have none: of the hour before `until`
    the newest MACHINES_READ spots are looked through, and of a skimmer nothing older is told.
    """
    values = {"call": call, "since": since, "until": until, "near": max(since, until - NEAR)}
    columns: LiteralString = """
        time, dx AS other, band, mode, snr_db, distance_km, bearing, dx_grid AS other_grid,
        spotter_grid AS grid, dx_place AS place, source
    """
    found = _read(
        connection,
        f"""
        SELECT * FROM (
            (SELECT {columns} FROM spot_rows
             WHERE source = 'h' AND spotter = %(call)s AND time >= %(since)s AND time <= %(until)s
             ORDER BY time DESC LIMIT {NEWEST})
            UNION ALL
            (SELECT {columns} FROM (
                SELECT * FROM spot_rows WHERE source = 'm' AND time >= %(near)s AND time <= %(until)s
                ORDER BY time DESC LIMIT {MACHINES_READ}
             ) newest WHERE spotter = %(call)s)
        ) both_kinds ORDER BY time DESC LIMIT {NEWEST}
        """,  # noqa: S608
        values,
    )
    reached = _reached(found, since)
    if any(each.by_machine for each in found):
        reached = max(reached, _machines_since(connection, values))
    return Reports(reached, [each for each in found if each.time >= reached])


def _reached(found: Sequence[Report], since: datetime) -> datetime:
    return found[-1].time if len(found) == NEWEST else since


def _machines_since(connection: Connection, values: dict[str, Any]) -> datetime:
    """From when on those of machines were looked through."""
    row = connection.execute(
        f"""
        SELECT time FROM spot_rows WHERE source = 'm' AND time >= %(near)s AND time <= %(until)s
        ORDER BY time DESC LIMIT 1 OFFSET {MACHINES_READ - 1}
        """,  # noqa: S608
        values,
        prepare=False,
    ).fetchone()
    oldest: datetime = row[0] if row else values["near"]
    return oldest


def _read(connection: Connection, query: LiteralString, values: dict[str, Any]) -> list[Report]:
    rows = connection.cursor(binary=True).execute(
        f"""
        SELECT time, other, bands.name, modes.name, snr_db, distance_km, bearing, other_grid, grid, dxcc,
            continent, source = 'm'
        FROM ({query}) found
        LEFT JOIN bands ON bands.id = band
        LEFT JOIN modes ON modes.id = mode
        LEFT JOIN places ON places.id = place
        ORDER BY time DESC, other
        """,  # noqa: S608
        values,
        prepare=False,
    )
    return [Report._make(row) for row in rows.fetchall()]
