"""A search in the terms of table spot_rows, and what the sums tell of it before a row is read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, LiteralString, NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.search_wanted import End, Source, Wanted
from spotkeeper.spots.bands import bands_within
from spotkeeper.spots.comment import MODES
from spotkeeper.spots.folding import folded

MOST_CALLS = 200
"""More calls are not looked up one by one."""

SourceKey = Literal["h", "m"]
SOURCES: dict[SourceKey, Source] = {"h": "human", "m": "machine"}

_HZ: LiteralString = "spot_hz(hundred_hz, rest_hz)"
_HIGHEST_HZ = 2**40
_EVERY_COMMENT: LiteralString = (
    "spot_comment(comment, source, (SELECT name FROM modes WHERE id = mode), snr_db, wpm)"
)
# Words that are not stored, for spot_comment() makes them.
_USUAL_WORDS = tuple(map(folded, (*MODES, "dB", "WPM", "CQ")))
_NUMBER = re.compile(r"-?[0-9]*")
_LIKE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})
_MINUTE = timedelta(minutes=1)


class NothingMatches(Exception):
    """There is no such spot, and no row had to be read to know that."""


class Calls(NamedTuple):
    """Calls that are looked for, the busiest first: in how many spots they stand at that end."""

    calls: list[str]
    spots: int
    first: datetime
    last: datetime


@dataclass
class Match:
    """Which rows match: all conditions, and the parameters in them."""

    sources: list[SourceKey]
    since: datetime | None
    until: datetime | None
    """Exclusive."""
    where: list[LiteralString] = field(default_factory=list)
    """Besides source, time, and the calls of `dx` and `spotter`."""
    values: dict[str, Any] = field(default_factory=dict)
    dx: Calls | None = None
    spotter: Calls | None = None
    hours: dict[LiteralString, list[Any]] = field(default_factory=dict)
    """By columns of table hours: what rows must have there to count a match."""
    dxcc: list[int] | None = None
    """The entities of which the DX has one."""

    @property
    def is_everything(self) -> bool:
        """Whether every row of its sources and times matches."""
        return not (self.where or self.dx or self.spotter)

    def narrow(self, first: datetime, last: datetime) -> None:
        """Nothing matches before `first` and after the minute of `last`."""
        self.since = first if self.since is None else max(self.since, first)
        end = last + _MINUTE
        self.until = end if self.until is None else min(self.until, end)


def match_of(connection: Connection, wanted: Wanted) -> Match:
    """Raises NothingMatches when that can be told already."""
    match = Match(
        [key for key, name in SOURCES.items() if wanted.source in (None, name)], wanted.since, wanted.until
    )
    _add_bands(connection, match, wanted)
    _add_mode(connection, match, wanted)
    _add_distance(match, wanted)
    _add_text(match, wanted.text)
    match.dx = _add_end(connection, match, "dx", wanted.dx)
    match.spotter = _add_end(connection, match, "spotter", wanted.spotter)
    if match.since and match.until and match.since >= match.until:
        raise NothingMatches
    return match


def _add_bands(connection: Connection, match: Match, wanted: Wanted) -> None:
    if wanted.bands:
        match.values["bands"] = match.hours["band"] = _keys(connection, "bands", wanted.bands)
        match.where.append('band = ANY(%(bands)s::text[]::"char"[])')
    if wanted.min_hz is None and wanted.max_hz is None:
        return
    low = 0 if wanted.min_hz is None else wanted.min_hz
    high = _HIGHEST_HZ if wanted.max_hz is None else wanted.max_hz
    match.values |= {"min_hz": low, "max_hz": high}
    match.where.append(f"{_HZ} BETWEEN %(min_hz)s AND %(max_hz)s")
    within = bands_within(low, high)
    # What lies in no band is summed under ''.
    possible = ["", *_keys(connection, "bands", within)] if within else [""]
    match.hours["band"] = [key for key in match.hours.get("band", possible) if key in possible]
    if not match.hours["band"]:
        raise NothingMatches


def _add_mode(connection: Connection, match: Match, wanted: Wanted) -> None:
    if wanted.modes:
        match.values["modes"] = match.hours["mode"] = _keys(connection, "modes", wanted.modes)
        match.where.append('mode = ANY(%(modes)s::text[]::"char"[])')
    if wanted.mode_source == "guessed":
        match.where.append("guessed")
    elif wanted.mode_source == "said":
        match.where.append("mode IS NOT NULL AND guessed IS NOT TRUE")


def _add_distance(match: Match, wanted: Wanted) -> None:
    if wanted.min_km is not None:
        match.where.append("distance_km >= %(min_km)s")
    if wanted.max_km is not None:
        match.where.append("distance_km <= %(max_km)s")
    match.values |= {"min_km": wanted.min_km, "max_km": wanted.max_km}


def _add_text(match: Match, text: str) -> None:
    if text:
        match.values["text"] = f"%{text.translate(_LIKE)}%"
        match.where.append(f"{_EVERY_COMMENT if _may_be_usual(text) else 'comment'} ILIKE %(text)s")


def _may_be_usual(text: str) -> bool:
    """Whether its beginning may be what spot_comment() adds; to make that for each row takes time."""
    return all(
        _NUMBER.fullmatch(word) or any(word in usual for usual in _USUAL_WORDS)
        for word in folded(text).split()[:1]
    )


def _add_end(
    connection: Connection, match: Match, end: Literal["dx", "spotter"], wanted: End
) -> Calls | None:
    values = match.values
    places: list[LiteralString] = []
    for column, given in (
        ("dxcc", wanted.dxcc),
        ("continent", wanted.continents),
        ("cq_zone", wanted.cq_zones),
        ("itu_zone", wanted.itu_zones),
    ):
        if given:
            values[f"{end}_{column}"] = list(given)
            places.append(f"{column} = ANY(%({end}_{column})s)")
    if places:
        _add_places(connection, match, end, " AND ".join(places))
    if wanted.grids:
        values[f"{end}_grids"] = list(wanted.grids)
        match.where.append(f"{end}_grid ^@ ANY(%({end}_grids)s)")
    if wanted.calls or wanted.prefixes:
        return _find_calls(connection, match, end, wanted)
    return None


def _add_places(
    connection: Connection, match: Match, end: Literal["dx", "spotter"], where: LiteralString
) -> None:
    columns: LiteralString = "array_agg(id), array_agg(DISTINCT dxcc), array_agg(DISTINCT continent)"
    query: LiteralString = f"SELECT {columns} FROM places WHERE {where}"  # noqa: S608
    [(ids, entities, continents)] = connection.execute(query, match.values)
    if ids is None:
        raise NothingMatches
    match.values[f"{end}_places"] = ids
    match.where.append(f"{end}_place = ANY(%({end}_places)s::smallint[])")
    match.hours[f"{end}_continent"] = continents
    if end == "dx":
        match.dxcc = entities


def _find_calls(
    connection: Connection, match: Match, end: Literal["dx", "spotter"], wanted: End
) -> Calls | None:
    """None when there are too many; then they are a condition of `match`."""
    column: LiteralString = "spotted" if end == "dx" else "spotting"
    values: dict[str, Any] = {"calls": list(wanted.calls)}
    named: list[LiteralString] = []
    if wanted.calls:
        named.append("call = ANY(%(calls)s)")
    if wanted.prefixes:
        ranges: list[LiteralString] = []
        for number, prefix in enumerate(wanted.prefixes):
            values |= {f"low{number}": prefix, f"high{number}": prefix[:-1] + chr(ord(prefix[-1]) + 1)}
            ranges.append(f"call >= %(low{number})s AND call < %(high{number})s")
        named.append(f"({' OR '.join(ranges)})")
    query: LiteralString = (
        f"SELECT call, {column}, first_{column}, last_{column} FROM calls"  # noqa: S608
        f" WHERE {column} > 0 AND {' AND '.join(named)}"
    )
    if not wanted.calls:
        query += f" LIMIT {MOST_CALLS + 1}"
    found = connection.execute(query, values).fetchall()
    if not found:
        raise NothingMatches
    if len(found) > MOST_CALLS and not wanted.calls:
        match.values[f"{end}_prefixes"] = list(wanted.prefixes)
        match.where.append(f"{end} ^@ ANY(%({end}_prefixes)s)")
        return None
    found.sort(key=lambda call: -call[1])
    calls, times, firsts, lasts = zip(*found, strict=True)
    match.values[f"{end}_calls"] = list(calls)
    match.narrow(min(firsts), max(lasts))
    return Calls(list(calls), sum(times), min(firsts), max(lasts))


def _keys(connection: Connection, table: LiteralString, names: Iterable[str]) -> list[str]:
    """Of table bands or modes. Raises NothingMatches when none of the names has one."""
    query: LiteralString = f"SELECT id::text FROM {table} WHERE name = ANY(%s)"  # noqa: S608
    keys = [key for (key,) in connection.execute(query, [list(names)])]
    if not keys:
        raise NothingMatches
    return keys
