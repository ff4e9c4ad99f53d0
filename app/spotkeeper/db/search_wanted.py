"""What can be searched for among the spots, and what a search finds."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from spotkeeper.db.identity import spot_id

Source = Literal["human", "machine"]


class End(NamedTuple):
    """One end of the path, DX or spotter. Each field that is given must hold, for one of its values."""

    calls: Sequence[str] = ()
    prefixes: Sequence[str] = ()
    """With which the call begins."""
    dxcc: Sequence[int] = ()
    continents: Sequence[str] = ()
    cq_zones: Sequence[int] = ()
    itu_zones: Sequence[int] = ()
    grids: Sequence[str] = ()
    """With which the locator begins."""


class Wanted(NamedTuple):
    """Which spots: those for which everything that is given holds. Words are those of view spots."""

    since: datetime | None = None
    """Inclusive."""
    until: datetime | None = None
    """Exclusive."""
    source: Source | None = None
    bands: Sequence[str] = ()
    modes: Sequence[str] = ()
    mode_source: Literal["said", "guessed"] | None = None
    dx: End = End()
    spotter: End = End()
    min_hz: int | None = None
    max_hz: int | None = None
    min_km: int | None = None
    max_km: int | None = None
    text: str = ""
    """Part of the comment, in capitals or not."""


class Position(NamedTuple):
    """A place in the order of the answers, the newest first: behind that spot.

    Without a key: behind all spots of that time and newer ones, that is, what is older than `time`.
    """

    time: datetime
    key: int | None = None
    source: Source | None = None


class Row(NamedTuple):
    """A spot as view spots has it; times in UTC."""

    time: datetime
    key: int
    dx: str
    spotter: str
    frequency_hz: int
    band: str | None
    mode: str | None
    mode_source: Literal["said", "guessed"] | None
    source: Source
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
    place_source: Literal["grid", "country"] | None
    propagation: str | None
    satellite: str | None
    qsx_hz: int | None
    refs: list[str] | None
    beacon: bool
    node: str
    recovered: bool
    received: datetime | None

    @property
    def id(self) -> str:
        """As the API names the spot."""
        return spot_id(self.time, self.key)

    @property
    def position(self) -> Position:
        """Behind this spot."""
        return Position(self.time, self.key, self.source)


class Found(NamedTuple):
    """Spots, the newest first; `next` is where to go on, None when there is no more.

    Everything not older than `searched_to` was looked at; None stands for the beginning.
    """

    spots: list[Row]
    next: Position | None
    searched_to: datetime | None
