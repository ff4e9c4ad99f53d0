"""How a search goes back in time: range by range, each with as many rows as can be read in a moment.

Rows in the order of time are read fast, six million a second from memory, but a rare thing in years of them
is not found so. The sums tell which hours to look into; calls have an index; of a skimmer's call the index
of stretches tells the months that have none of it.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, LiteralString, NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_match import Calls, Match, SourceKey

Way = Literal["time", "dx", "spotter", "stretches"]
"""By what the rows of a source are found: in the order of time, by the index of the DX or of the spotter, or
by the index that tells which stretches of the table hold a spotter."""

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)
"""From what is just outside a range to what is its last."""

FIRST_HOURS, MOST_HOURS = 6, 96
"""Of which all sums are read at once, some hundreds for each."""
PROBED_HOURS = 1000
"""Of which is asked at once whether they have a certain sum."""
PROBES = 8
"""Certain sums of an hour that are looked up; of more all are read."""
BUSIEST = 5
"""Of several calls of spotters those are asked for first."""
MOST_ASKED = 20
"""Of more calls of spotters it is not asked which months they have reported in: that takes 1 ms for each."""
FEW_SPOTS = 300
"""Of a spotter with no more than these the stretches that hold it are read whole."""


class Pace:
    """How fast the search gets on, and when it has to end.

    At least one range is read, so that every search gets on. A row of an index of calls costs as much as ten
    in the order of time, for it may lie anywhere.
    """

    RANGE_SECONDS = 0.05
    LEAST_ROWS, MOST_ROWS = 5_000, 400_000

    def __init__(self, seconds: float = 0.1, rows: int = 10_000) -> None:
        self.rows = rows
        self._end = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """Until the search has to end; 0 when it has to."""
        return max(self._end - time.monotonic(), 0)

    def took(self, rows: int, seconds: float) -> None:
        """A range of so many rows took so long: the next one may have more, or has to have fewer."""
        fitting = rows * self.RANGE_SECONDS / max(seconds, 1e-4)
        # Up in steps, for a range that had enough matches was not read to its end.
        self.rows = round(min(max(fitting, self.LEAST_ROWS), 4 * self.rows, self.MOST_ROWS))


@dataclass
class Lane:
    """The rows of one source and how they are found."""

    source: SourceKey
    way: Way


class Range(NamedTuple):
    """Times from `low` to before `high`. Whatever lies between the `low` of the range before and this `high`
    has no match. `rows` is how many are to be read, more or less.
    """

    low: datetime
    high: datetime
    lanes: list[Lane]
    rows: int = 0


def ranges(
    connection: Connection, match: Match, low: datetime, high: datetime, pace: Pace
) -> Iterator[Range]:
    """From `high` backward; the last one ends at `low`."""
    lanes = [Lane(source, _way(match, source)) for source in match.sources]
    if all(lane.way != "time" for lane in lanes):
        yield from _by_calls(connection, match, lanes, low, high, pace)
    elif match.spotter:
        yield from _by_months(connection, match, match.spotter, lanes, low, high, pace)
    elif match.where:
        yield from _by_hours(connection, match, lanes, low, high, pace)
    else:
        yield from _in_order(lanes, low, high)


def _way(match: Match, source: SourceKey) -> Way:
    """Of two ends by calls that of which there are fewer spots. Machines have no index of spotters."""
    by_spotter = match.spotter if source == "h" else None
    if match.dx and (by_spotter is None or match.dx.spots <= by_spotter.spots):
        return "dx"
    return "spotter" if by_spotter else "time"


def _in_order(lanes: list[Lane], low: datetime, high: datetime) -> Iterator[Range]:
    """Where every row matches: calendar months, for a plan over all parts of the table takes long to make."""
    months = 1
    while high > low:
        start = high
        for _ in range(months):
            start = _month(start - INSTANT)
        yield Range(max(low, start), high, lanes)
        high = start
        months *= 2


def _by_calls(
    connection: Connection, match: Match, lanes: list[Lane], low: datetime, high: datetime, pace: Pace
) -> Iterator[Range]:
    """Ranges in which no call has too many rows."""
    while high > low:
        rows = max(pace.rows // 10, 1)
        start = max([low, *(_reach(connection, match, lane, low, high, rows) for lane in lanes)])
        yield Range(start, high, lanes, 10 * rows)
        high = start


def _reach(
    connection: Connection, match: Match, lane: Lane, low: datetime, high: datetime, rows: int
) -> datetime:
    """Down to where the calls of the lane have so many rows."""
    calls = match.dx if lane.way == "dx" else match.spotter
    if calls is None or calls.spots <= rows:
        return low
    query: LiteralString = f"""
        SELECT max(reached.time) FROM unnest(%(calls)s::text[]) AS named (call) CROSS JOIN LATERAL (
            SELECT time FROM spot_rows
            WHERE source = %(source)s::"char" AND {lane.way} = named.call COLLATE "C"
                AND time >= %(low)s AND time < %(high)s
            ORDER BY time DESC OFFSET %(rows)s LIMIT 1
        ) AS reached
    """  # noqa: S608
    values = {
        "calls": calls.calls,
        "source": lane.source,
        "low": low,
        "high": high,
        "rows": max(rows // len(calls.calls), 1),
    }
    [(reached,)] = connection.execute(query, values, prepare=False)
    return reached or low


def _by_months(
    connection: Connection,
    match: Match,
    spotter: Calls,
    lanes: list[Lane],
    low: datetime,
    high: datetime,
    pace: Pace,
) -> Iterator[Range]:
    """Where a spotter has to be found among machines' spots: calendar months, as the table is parted."""
    others = [lane for lane in lanes if lane.way != "time"]
    is_rare = spotter.spots <= FEW_SPOTS
    if is_rare:
        connection.execute("SET LOCAL enable_bitmapscan = on")
    while high > low:
        month = _month(high - INSTANT)
        start = max(low, month)
        if is_rare:
            yield Range(start, high, [*others, Lane("m", "stretches")])
        elif _is_heard_from(connection, spotter, month):
            yield from _by_hours(connection, match, lanes, start, high, pace)
        else:
            yield Range(start, high, others)
        high = start


def _is_heard_from(connection: Connection, spotter: Calls, month: datetime) -> bool:
    """Whether a machine of these calls may have reported in the month. Of many calls that is not asked."""
    if len(spotter.calls) > MOST_ASKED:
        return True
    # Each call takes its time, and a skimmer is mostly among the busiest.
    parts = spotter.calls[:BUSIEST], spotter.calls[BUSIEST:]
    # So that the planner takes the index of stretches, and not the order of time in the hope of an early end.
    connection.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = on")
    heard = any(_is_one_heard_from(connection, calls, month) for calls in parts if calls)
    connection.execute("SET LOCAL enable_indexscan = on; SET LOCAL enable_bitmapscan = off")
    return heard


def _is_one_heard_from(connection: Connection, calls: list[str], month: datetime) -> bool:
    next_month = (month + timedelta(days=31)).replace(day=1)
    [(heard,)] = connection.execute(
        """SELECT EXISTS (SELECT FROM spot_rows
            WHERE source = 'm' AND spotter = ANY(%s) AND time >= %s AND time < %s)""",
        [calls, month, next_month],
        prepare=False,
    )
    return bool(heard)


class _Part(NamedTuple):
    """Of the time, with so many rows and perhaps a match."""

    low: datetime
    high: datetime
    rows: int


def _by_hours(
    connection: Connection, match: Match, lanes: list[Lane], low: datetime, high: datetime, pace: Pace
) -> Iterator[Range]:
    """Hours that may have a match, as many together as have the rows of a range; of fuller ones parts."""
    probe = _probe(match)
    most = FIRST_HOURS
    while high > low:
        if probe:
            hours, read_to = _probed(connection, match, probe, low, high, most)
        else:
            hours = [_start(high - INSTANT) - n * HOUR for n in range(most)]
            read_to = max(low, hours[-1])
        most = min(2 * most, MOST_HOURS)
        pending: Range | None = None
        for part in _fitting(_summed(connection, match, lanes, hours), read_to, high, pace):
            if pending and (pending.low > part.high or pending.rows + part.rows > pace.rows):
                yield pending
                pending = None
            whole, rows = (pending.high, pending.rows) if pending else (part.high, 0)
            pending = Range(part.low, whole, lanes, rows + part.rows)
        if pending:
            yield pending
        high = read_to
        yield Range(high, high, [])


def _fitting(parts: Iterable[_Part], low: datetime, high: datetime, pace: Pace) -> Iterator[_Part]:
    """The same between `low` and `high`, in pieces of minutes that have no more rows than a range may."""
    for part in parts:
        minutes = (part.high - part.low) // MINUTE
        pieces = min(max(-(-part.rows // pace.rows), 1), minutes)
        edges = [part.low + minutes * n // pieces * MINUTE for n in range(pieces + 1)]
        for start, end in reversed(list(pairwise(edges))):
            if start < high and end > low:
                yield _Part(max(start, low), min(end, high), part.rows // pieces)


def _summed(connection: Connection, match: Match, lanes: list[Lane], hours: list[datetime]) -> list[_Part]:
    """Those of the hours that may have a match, by their sums, the newest first."""
    tests = [_one_of(column) for column in match.hours] or ["true"]
    query: LiteralString = f"""
        SELECT hour, sum(spots) FILTER (WHERE source = ANY(%(timed)s::text[]::"char"[]))
        FROM hours WHERE hour = ANY(%(these)s) AND {_one_of("source")}
        GROUP BY hour HAVING bool_or({" AND ".join(tests)}) ORDER BY hour DESC
    """  # noqa: S608
    timed = [lane.source for lane in lanes if lane.way == "time"]
    rows = connection.execute(query, _values(match) | {"timed": timed, "these": hours}, prepare=False)
    return [_Part(hour, hour + HOUR, spots or 0) for hour, spots in rows]


def _probe(match: Match) -> LiteralString | None:
    """A query for one sum of an hour that counts a match; None when it takes too many look-ups."""
    keys = len(match.sources) * len(match.hours.get("band", [""]))
    if match.dxcc and len(match.dxcc) * keys <= PROBES:
        tests = [_one_of(column) for column in ("source", "band") if column in ("source", *match.hours)]
        return f"""SELECT FROM dxcc_hours AS sums WHERE sums.hour = series.hour
            AND dxcc = ANY(%(dxcc)s::smallint[]) AND {" AND ".join(tests)} LIMIT 1"""
    if "band" in match.hours and keys <= PROBES:
        tests = [_one_of(column) for column in ("source", *match.hours)]
        return f"""SELECT FROM hours AS sums WHERE sums.hour = series.hour
            AND {" AND ".join(tests)} LIMIT 1"""
    return None


def _probed(
    connection: Connection,
    match: Match,
    probe: LiteralString,
    low: datetime,
    high: datetime,
    most: int,
) -> tuple[list[datetime], datetime]:
    """The next hours that have a match, the newest first; and how far down that was asked."""
    newest = _start(high - INSTANT)
    oldest = max(_start(low), newest - PROBED_HOURS * HOUR)
    # Joined in this way the hours are probed in their order, and none after the last one that is wanted.
    query: LiteralString = f"""
        SELECT series.hour FROM generate_series(%(newest)s, %(oldest)s, interval '-1 hour') AS series (hour)
        CROSS JOIN LATERAL ({probe}) AS found LIMIT {most}
    """  # noqa: S608
    values = _values(match) | {"dxcc": match.dxcc, "newest": newest, "oldest": oldest}
    found = [hour for (hour,) in connection.execute(query, values, prepare=False)]
    return found, max(low, found[-1] if len(found) == most else oldest)


def _one_of(column: LiteralString) -> LiteralString:
    kind = "text[]" if column.endswith("continent") else 'text[]::"char"[]'
    return f"{column} = ANY(%({'sources' if column == 'source' else column})s::{kind})"


def _values(match: Match) -> dict[str, Any]:
    return {"sources": match.sources, **match.hours}


def _start(moment: datetime) -> datetime:
    """Of its hour."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _month(moment: datetime) -> datetime:
    """The start of its month."""
    return _start(moment).replace(day=1, hour=0)
