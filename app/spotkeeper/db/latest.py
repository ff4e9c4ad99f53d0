"""The latest of tables spots and solar, as the dashboard shows them."""

from collections import Counter
from datetime import datetime
from typing import LiteralString, NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_match import Match, NothingMatches, match_of
from spotkeeper.db.search_wanted import Wanted


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


def counts(
    connection: Connection, wanted: Wanted, until: datetime | None = None, hours_from: datetime | None = None
) -> Counter[str | None]:
    """By band, whatever bands are wanted, and None for those in none; reads each spot since `wanted.since`.

    Those from `until` on are not read; the hours from `hours_from` on are counted by their sums instead,
    which know nothing but source, mode and continents.
    """
    try:
        match = match_of(connection, wanted._replace(bands=(), until=until))
    except NothingMatches:
        return Counter()
    query: LiteralString = f"""
        SELECT bands.name, sum(spots)::bigint FROM (
            SELECT band, count(*) AS spots FROM spot_rows
            WHERE time >= %(since)s AND time < %(until)s AND {" AND ".join(_of_rows(match))} GROUP BY band
            UNION ALL
            SELECT band, sum(spots) FROM hours
            WHERE hour >= %(hours_from)s AND {" AND ".join(_of_hours(match))} GROUP BY band
        ) AS counted LEFT JOIN bands ON bands.id = band GROUP BY bands.name
    """  # noqa: S608
    values = match.values | match.hours
    values |= {"sources": match.sources, "since": wanted.since}
    values |= {"until": until or "infinity", "hours_from": hours_from or "infinity"}
    return Counter(dict(connection.execute(query, values, prepare=False).fetchall()))


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
