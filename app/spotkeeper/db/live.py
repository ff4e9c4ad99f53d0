"""View spots as the live listeners follow it: what a commit has added, in the order in which it was heard."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, LiteralString, NamedTuple

import msgspec

from spotkeeper.db.connection import Connection
from spotkeeper.db.identity import spot_id
from spotkeeper.db.search_wanted import Source

# The years from 1970 to 9999: what PostgreSQL and Python both can tell.
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]


class LiveSpot(msgspec.Struct, frozen=True):
    """A spot as it is published, in the form of the API: times in UTC, frequencies in kHz, distance in km."""

    id: str
    time: datetime
    dx: str
    spotter: str
    frequency_khz: float
    band: str | None
    mode: str | None
    mode_source: str | None
    source: str
    snr_db: int | None
    wpm: int | None
    report: str | None
    comment: str
    dx_grid: str | None
    spotter_grid: str | None
    dx_dxcc: int | None
    dx_continent: str | None
    dx_cq_zone: int | None
    dx_itu_zone: int | None
    spotter_dxcc: int | None
    spotter_continent: str | None
    spotter_cq_zone: int | None
    spotter_itu_zone: int | None
    distance_km: int | None
    bearing: int | None
    place_source: str | None
    propagation: str | None
    satellite: str | None
    qsx_khz: float | None
    references: list[str]
    beacon: bool
    node: str
    recovered: bool
    received: datetime

    @property
    def word(self) -> str:
        """As of its Name."""
        return f"{self.id}-{self.source}"


class Name(NamedTuple):
    """What tells a spot from all others, and when its line was read from the socket."""

    received: datetime
    time: datetime
    key: int
    source: Source

    @property
    def word(self) -> str:
        """All but `received`: a human's spot and a skimmer's may have the same id."""
        return f"{spot_id(self.time, self.key)}-{self.source}"


class Window(NamedTuple):
    """A span of spots' times (Unix seconds) and one of their reception (Unix milliseconds), ends included."""

    first: int
    last: int
    first_received: int
    last_received: int

    @classmethod
    def parse(cls, payload: str) -> "Window | None":
        """Of a NOTIFY spots; None when the spots are of so long ago that they are no news.

        Raises ValueError when it is none.
        """
        told = msgspec.json.decode(
            payload, type=tuple[_Seconds, _Seconds, _Milliseconds | None, _Milliseconds | None]
        )
        first, last, first_received, last_received = told
        if first_received is None or last_received is None:
            return None
        return cls(first, last, first_received, last_received)

    def around(self, other: "Window") -> "Window":
        """The least that holds both."""
        return Window(
            min(self.first, other.first),
            max(self.last, other.last),
            min(self.first_received, other.first_received),
            max(self.last_received, other.last_received),
        )


_IN_WINDOW: LiteralString = """
    time BETWEEN to_timestamp(%(first)s) AND to_timestamp(%(last)s)
    AND time + delay_ms * interval '1 millisecond'
        BETWEEN to_timestamp(%(first_received)s / 1000.0) AND to_timestamp(%(last_received)s / 1000.0)
"""
_NAMES: LiteralString = f"""
    SELECT count(*) OVER (), time + delay_ms * interval '1 millisecond' AS received, time,
        spot_key(dx, spotter, hundred_hz, rest_hz) AS key,
        CASE source WHEN 'm' THEN 'machine' ELSE 'human' END AS source
    FROM spot_rows WHERE {_IN_WINDOW} ORDER BY received DESC, time DESC, key DESC, source LIMIT %(limit)s
"""  # noqa: S608
_SPOTS: LiteralString = """
    SELECT time, key, dx, spotter, frequency_hz / 1000.0::float8, band, mode, mode_source, source, snr_db,
        wpm, report, comment, dx_grid, spotter_grid, dx_dxcc, dx_continent, dx_cq_zone, dx_itu_zone,
        spotter_dxcc, spotter_continent, spotter_cq_zone, spotter_itu_zone, distance_km, bearing,
        place_source, propagation, satellite, qsx_hz / 1000.0::float8, coalesce(refs, '{}'), beacon, node,
        recovered, received
    FROM spots WHERE time BETWEEN %(first)s AND %(last)s AND key = ANY(%(keys)s)
"""


def newest_received(connection: Connection, since: datetime) -> datetime | None:
    """When the newest line was read, of the spots with a time from `since` on."""
    [(newest,)] = connection.execute(
        "SELECT max(time + delay_ms * interval '1 millisecond') FROM spot_rows WHERE time >= %s", [since]
    ).fetchall()
    return newest  # type: ignore[no-any-return]


def names_in(connection: Connection, window: Window, limit: int) -> tuple[list[Name], int]:
    """The newest `limit` of the window, in the order in which they were read; and how many are older."""
    rows = connection.execute(_NAMES, window._asdict() | {"limit": limit}).fetchall()
    older = rows[0][0] - len(rows) if rows else 0
    return [Name(*row) for _, *row in reversed(rows)], older


def spots_named(connection: Connection, names: Sequence[Name]) -> list[tuple[Name, LiveSpot]]:
    """The spots with their names, in the order of these; without those that were removed meanwhile."""
    if not names:
        return []
    times = [name.time for name in names]
    rows = connection.execute(
        _SPOTS, {"first": min(times), "last": max(times), "keys": [name.key for name in names]}
    )
    found = [LiveSpot(spot_id(time, key), time, *spot) for time, key, *spot in rows]
    spots = {spot.word: spot for spot in found}
    return [(name, spots[name.word]) for name in names if name.word in spots]
