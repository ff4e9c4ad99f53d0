"""The latest of tables spots and solar, as the dashboard shows them."""

from collections import Counter
from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_match import Match, NothingMatches, match_of
from spotkeeper.db.search_ranges import HOUR
from spotkeeper.db.search_wanted import End, Wanted

READ_AT_MOST = timedelta(hours=1, minutes=1)
"""So long ago the spots themselves are counted; beyond, the sums of whole hours."""


def counts(connection: Connection, wanted: Wanted) -> Counter[str | None] | None:
    """By band, whatever bands are wanted, and None for those in none, since `wanted.since`.

    None when many spots would have to be read: for a long time and conditions that the sums do not know.
    """
    if wanted.since is None:
        return None
    read_to = datetime.max.replace(tzinfo=wanted.since.tzinfo)
    if _is_summed(wanted):
        read_to = _next_hour(wanted.since)
    elif datetime.now(wanted.since.tzinfo) - wanted.since > READ_AT_MOST:
        return None
    try:
        match = match_of(connection, wanted._replace(bands=()))
    except NothingMatches:
        return Counter()
    query: LiteralString = f"""
        SELECT bands.name, sum(spots)::bigint FROM (
            SELECT band, count(*) AS spots FROM spot_rows
            WHERE time >= %(since)s AND time < %(read_to)s AND {" AND ".join(_of_rows(match))} GROUP BY band
            UNION ALL
            SELECT band, sum(spots) FROM hours
            WHERE hour >= %(read_to)s AND {" AND ".join(_of_hours(match))} GROUP BY band
        ) AS counted LEFT JOIN bands ON bands.id = band GROUP BY bands.name
    """  # noqa: S608
    values = (
        match.values | match.hours | {"sources": match.sources, "since": wanted.since, "read_to": read_to}
    )
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


def _is_summed(wanted: Wanted) -> bool:
    """Whether table hours has all that is asked for."""
    return wanted == Wanted(
        since=wanted.since,
        source=wanted.source,
        bands=wanted.bands,
        modes=wanted.modes,
        dx=End(continents=wanted.dx.continents),
        spotter=End(continents=wanted.spotter.continents),
    )


def _next_hour(moment: datetime) -> datetime:
    start = moment.replace(minute=0, second=0, microsecond=0)
    return start if start == moment else start + HOUR


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
