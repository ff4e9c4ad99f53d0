"""The search among the spots: any conditions together, at a bounded cost whatever they are.

A search goes back in time from the newest spot by ranges (search_ranges.py) until it has found enough or its
time is used up; then it says how far it came and where to go on. Most find enough in the first range. Those
that go on do so LONG_AT_ONCE at a time in a process, and wait for that as long as they may search, so that
they do not hold up the others.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any, LiteralString

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_match import Match, NothingMatches, match_of
from spotkeeper.db.search_ranges import HOUR, INSTANT, Lane, Pace, Range, ranges
from spotkeeper.db.search_wanted import Found, Position, Wanted
from spotkeeper.db.search_words import COLUMNS, WITH_MODES, in_words

LONG_AT_ONCE = 2
turns = BoundedSemaphore(LONG_AT_ONCE)
"""Held by those that go on."""

_KEY: LiteralString = "spot_key(dx, spotter, hundred_hz, rest_hz)"
_COLUMNS: LiteralString = """
    time, hundred_hz, rest_hz, delay_ms, dx_place, spotter_place, node, snr_db, wpm, distance_km, bearing,
    source, band, mode, guessed, by_grid, recovered, beacon, dx, spotter, comment, dx_grid, spotter_grid,
    report, propagation, satellite, qsx_hz, refs, late
"""
_ORDER: LiteralString = f"ORDER BY time DESC, {_KEY} DESC"


def search(
    connection: Connection,
    wanted: Wanted,
    limit: int,
    after: Position | None = None,
    pace: Pace | None = None,
    skip: int = 0,
) -> Found:
    """The newest `limit` spots that match, behind `after` and the `skip` next ones; fewer when the time of
    `pace` is used up.

    Spots that come in later do not move those of the answer; one that comes late, with a time before
    `after`, is found on the way.
    """
    try:
        match = match_of(connection, wanted)
        low, high = _bounds(connection, match, after)
    except NothingMatches:
        return Found([], None, wanted.since)
    pace = pace or Pace()
    end = skip + limit
    found: list[tuple[Any, ...]] = []
    with (
        _by_indexes(connection, match),
        closing(_in_turn(ranges(connection, match, low, high, pace), low, pace)) as parts,
    ):
        for part in parts:
            # One more than is wanted, to know whether there is one.
            missing = end + 1 - len(found)
            found += _fetch(connection, match, part, missing, after, pace)
            if len(found) > end:
                spots = in_words(connection, found[skip:end])
                return Found(spots, spots[-1].position, spots[-1].time)
    spots = in_words(connection, found[skip:])
    if part.low > low:
        return Found(spots, Position(part.low), part.low)
    return Found(spots, None, wanted.since)


def _in_turn(parts: Iterator[Range], low: datetime, pace: Pace) -> Generator[Range]:
    """Those for which there is time: the first one at least, others when it is this search's turn."""
    first = next(parts)
    yield first
    if first.low == low or not turns.acquire(timeout=pace.seconds_left):
        return
    try:
        while pace.seconds_left and (part := next(parts, None)):
            yield part
    finally:
        turns.release()


@contextmanager
def _by_indexes(connection: Connection, match: Match) -> Iterator[None]:
    """Within it rows are found by the indexes of calls and times, whole tables or their indexes of stretches
    are not read. Where every row matches the planner does so by itself; that saves a transaction.
    """
    if match.is_everything:
        yield
    else:
        with connection.transaction():
            connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
            yield


def _bounds(connection: Connection, match: Match, after: Position | None) -> tuple[datetime, datetime]:
    """The times between which there may be a match. Raises NothingMatches when there are none."""
    [(first, last)] = connection.execute("SELECT min(hour), max(hour) FROM hours")
    if first is None:
        raise NothingMatches
    low = max(filter(None, (first, match.since)))
    ends = [last + HOUR, match.until]
    if after:
        ends.append(after.time if after.key is None else after.time + INSTANT)
    high = min(filter(None, ends))
    if low >= high:
        raise NothingMatches
    return low, high


def _fetch(
    connection: Connection, match: Match, part: Range, limit: int, after: Position | None, pace: Pace
) -> list[tuple[Any, ...]]:
    """Rows of COLUMNS."""
    if not part.lanes:
        return []
    values = match.values | {"low": part.low, "high": part.high, "limit": limit}
    if after and (after.key is None or after.time >= part.high):
        after = None
    elif after:
        values |= {"after_time": after.time, "after_key": after.key}
    lanes = [_lane(match, lane, after) for lane in part.lanes]
    query: LiteralString = f"""
        SELECT {COLUMNS} FROM (
            SELECT * FROM ({" UNION ALL ".join(f"({lane})" for lane in lanes)}) AS lanes
            ORDER BY time DESC, key DESC, source LIMIT %(limit)s
        ) AS found {WITH_MODES} ORDER BY time DESC, key DESC, source
    """  # noqa: S608
    start = time.monotonic()
    with connection.cursor(binary=True) as cursor:
        # A plan made for any range would not know how small this one is.
        rows = cursor.execute(query, values, prepare=False).fetchall()
    if part.rows:
        pace.took(part.rows, time.monotonic() - start)
    return rows


def _lane(match: Match, lane: Lane, after: Position | None) -> LiteralString:
    """The first rows of one source, with their keys."""
    where: list[LiteralString] = [
        f"source = '{lane.source}'",
        "time >= %(low)s",
        "time < %(high)s",
        *match.where,
    ]
    for end, calls in (("dx", match.dx), ("spotter", match.spotter)):
        if calls and lane.way == end:
            where.append(f'{end} = named.call COLLATE "C"')
        elif calls:
            where.append(f"{end} = ANY(%({end}_calls)s)")
    if after:
        # Of two spots with the same key people's comes first.
        compared = "<=" if after.source == "human" and lane.source == "m" else "<"
        where.append(f"(time, {_KEY}) {compared} (%(after_time)s, %(after_key)s)")
    rows: LiteralString = f"SELECT {_COLUMNS}, {_KEY} AS key FROM spot_rows WHERE {' AND '.join(where)}"  # noqa: S608
    if lane.way == "stretches":
        return f"WITH every AS MATERIALIZED ({rows}) SELECT * FROM every"  # noqa: S608
    rows += f" {_ORDER} LIMIT %(limit)s"
    if lane.way == "time":
        return rows
    return f"""SELECT named_rows.* FROM unnest(%({lane.way}_calls)s::text[]) AS named (call)
        CROSS JOIN LATERAL ({rows}) AS named_rows"""  # noqa: S608
