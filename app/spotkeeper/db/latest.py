"""The latest of tables spots and solar, as the dashboard shows them."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_match import Match, NothingMatches, match_of
from spotkeeper.db.search_wanted import Wanted

AHEAD = timedelta(minutes=5)
"""So much may a node's clock be ahead."""


class Sum(NamedTuple):
    """How many spots some hours have of a kind; None and '' stand for what is not known."""

    source: str
    band: str | None
    mode: str | None
    dx_continent: str
    spotter_continent: str
    spots: int


def sums(connection: Connection, since: datetime, until: datetime) -> list[Sum]:
    """Of the full hours between the two. Reads table hours, some hundred rows for each."""
    rows = connection.execute(
        """
        SELECT CASE source WHEN 'm' THEN 'machine' ELSE 'human' END, bands.name, modes.name, dx_continent,
            spotter_continent, spots
        FROM (
            SELECT source, band, mode, dx_continent, spotter_continent, sum(spots)::bigint AS spots
            FROM hours WHERE hour >= %s AND hour < %s GROUP BY 1, 2, 3, 4, 5
        ) AS summed LEFT JOIN bands ON bands.id = band LEFT JOIN modes ON modes.id = mode
        """,
        [since, until],
        prepare=False,
    )
    return [Sum(*row) for row in rows]


def sums_of_spots(connection: Connection, since: datetime, until: datetime) -> list[Sum]:
    """The same of hours that are not full; reads each spot."""
    rows = connection.execute(
        """
        SELECT CASE source WHEN 'm' THEN 'machine' ELSE 'human' END, bands.name, modes.name,
            coalesce(dx.continent, ''), coalesce(spotter.continent, ''), sum(spots)::bigint
        FROM (
            SELECT source, band, mode, dx_place, spotter_place, count(*) AS spots
            FROM spot_rows WHERE time >= %s AND time < %s GROUP BY 1, 2, 3, 4, 5
        ) AS counted
        LEFT JOIN bands ON bands.id = band LEFT JOIN modes ON modes.id = mode
        LEFT JOIN places AS dx ON dx.id = dx_place LEFT JOIN places AS spotter ON spotter.id = spotter_place
        GROUP BY 1, 2, 3, 4, 5
        """,
        [since, until],
        prepare=False,
    )
    return [Sum(*row) for row in rows]


def counts(connection: Connection, wanted: Wanted) -> Counter[str | None]:
    """By band, whatever are wanted, and None for those in none. Reads each spot since `wanted.since`."""
    return _counted(
        connection,
        wanted,
        "SELECT band, count(*) AS spots FROM spot_rows WHERE time >= %(since)s",
        _of_rows,
    )


def counts_by_hours(connection: Connection, wanted: Wanted, since: datetime) -> Counter[str | None]:
    """The same of the hours from `since` on, by their sums, which know but source, mode and continents."""
    return _counted(
        connection,
        wanted._replace(since=since),
        "SELECT band, sum(spots) AS spots FROM hours WHERE hour >= %(since)s",
        _of_hours,
    )


def _counted(
    connection: Connection,
    wanted: Wanted,
    select: LiteralString,
    where: Callable[[Match], list[LiteralString]],
) -> Counter[str | None]:
    try:
        match = match_of(connection, wanted._replace(bands=()))
    except NothingMatches:
        return Counter()
    query: LiteralString = f"""
        SELECT bands.name, spots::bigint
        FROM ({" AND ".join([select, *where(match)])} GROUP BY band) AS counted
        LEFT JOIN bands ON bands.id = band
    """  # noqa: S608
    values = match.values | match.hours | {"sources": match.sources, "since": wanted.since}
    found: Counter[str | None] = Counter()
    for band, spots in connection.execute(query, values, prepare=False):
        found[band] += spots
    return found


def newest(connection: Connection) -> datetime | None:
    """The node's stamp of the newest spot, of whatever band. What is dated ahead hides no silence."""
    row = connection.execute(
        "SELECT time FROM spot_rows WHERE time <= now() + %s ORDER BY time DESC LIMIT 1", [AHEAD]
    ).fetchone()
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


def _of_rows(match: Match) -> list[LiteralString]:
    where: list[LiteralString] = ['source = ANY(%(sources)s::text[]::"char"[])', *match.where]
    if match.dx:
        where.append("dx = ANY(%(dx_calls)s)")
    if match.spotter:
        where.append("spotter = ANY(%(spotter_calls)s)")
    return where


def _of_hours(match: Match) -> list[LiteralString]:
    where: list[LiteralString] = ['source = ANY(%(sources)s::text[]::"char"[])']
    if "mode" in match.hours:
        where.append('mode = ANY(%(mode)s::text[]::"char"[])')
    for end in ("dx_continent", "spotter_continent"):
        if end in match.hours:
            where.append(f"{end} = ANY(%({end})s)")
    return where
