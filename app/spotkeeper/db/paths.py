"""The paths of an hour's spots, from whom to whom, as the map draws them.

All reports between two places on a band are one path: a place is a square of 4 characters, or what the
country file says of a call that tells no grid. So a map costs no more than there are places, however many
skimmers hear a station.
"""

from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_match import NothingMatches, match_of
from spotkeeper.db.search_wanted import Wanted

HOUR = timedelta(hours=1)
SLOT_MINUTES = 10
MOST = 2000
"""Paths of an hour; of more, those that people reported and then those reported most often."""


class Path(NamedTuple):
    """By its newest spot: the call, the square if a grid was told, the minute of the hour, the frequency."""

    dx: str
    dx_grid: str | None
    spotter: str
    spotter_grid: str | None
    minute: int
    frequency_hz: int
    band: str | None
    mode: str | None
    snr_db: int | None
    """The strongest of all its reports."""
    spots: int
    of_people: bool
    """Some of the spots are."""
    slots: int
    """A bit for each SLOT_MINUTES of the hour in which it was reported, the lowest for the first."""


class Paths(NamedTuple):
    """Those of an hour, and how many more there are."""

    paths: list[Path]
    left_out: int


def of_hour(connection: Connection, wanted: Wanted, hour: datetime) -> Paths:
    """Of the spots that fit `wanted`, whatever times it names, in the hour that begins then."""
    try:
        match = match_of(connection, wanted._replace(since=hour, until=hour + HOUR))
    except NothingMatches:
        return Paths([], 0)
    where: list[LiteralString] = ["time >= %(since)s", "time < %(until)s", *match.where]
    if wanted.source:
        where.append('source = %(source)s::"char"')
    if match.dx:
        where.append("dx = ANY(%(dx_calls)s)")
    if match.spotter:
        where.append("spotter = ANY(%(spotter_calls)s)")
    values = match.values | {"since": hour, "until": hour + HOUR, "source": match.sources[0]}
    query: LiteralString = f"""
        WITH heard AS MATERIALIZED (
            SELECT row_number() OVER () AS number, date_part('minute', time)::integer AS minute, source, dx,
                spotter, left(dx_grid, 4) AS dx_grid, left(spotter_grid, 4) AS spotter_grid, dx_place,
                spotter_place, hundred_hz, rest_hz, band, mode, snr_db
            FROM spot_rows WHERE {" AND ".join(where)}
        ), paths AS (
            SELECT max(minute::bigint << 32 | number) AS newest, max(snr_db) AS snr_db, count(*) AS spots,
                bool_or(source = 'h') AS of_people, bit_or(1 << minute / {SLOT_MINUTES}) AS slots,
                greatest(count(*) OVER () - {MOST}, 0) AS left_out
            FROM heard GROUP BY dx_grid, dx_place, spotter_grid, spotter_place, band
            ORDER BY of_people DESC, spots DESC, newest DESC LIMIT {MOST}
        )
        SELECT left_out, dx, dx_grid, spotter, spotter_grid, minute,
            spot_hz(hundred_hz, rest_hz) AS frequency_hz, bands.name AS band, modes.name AS mode,
            paths.snr_db, spots, of_people, slots
        FROM paths JOIN heard ON number = newest & 4294967295
        LEFT JOIN bands ON bands.id = band LEFT JOIN modes ON modes.id = mode
    """  # noqa: S608
    # The planner leaves out all months but that of the hour.
    rows = connection.execute(query, values, prepare=False).fetchall()
    return Paths([Path._make(row[1:]) for row in rows], rows[0][0] if rows else 0)
