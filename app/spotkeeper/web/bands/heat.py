"""How busy each band is at each hour of the day, by the DX's continent."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil, sqrt
from typing import NamedTuple

from spotkeeper.db.activity import Profile
from spotkeeper.spots.bands import BANDS
from spotkeeper.web.bands.sums import HOUR

LEVELS = 8
ALWAYS = frozenset(BANDS[BANDS.index("160m") : BANDS.index("6m") + 1]) - {"60m", "8m"}

# Spots an hour, on a band that is not among them and is not the busiest.
WORTH_A_ROW = 1

# Of an hour, as which one that has just begun counts: else a single spot would be many an hour.
LEAST = 0.25


class Cell(NamedTuple):
    """Spots an hour; the level goes from 0 for none to LEVELS for the most of the panel."""

    spots: float
    level: int

    @property
    def text(self) -> str:
        """With a decimal where it tells something."""
        if 0 < self.spots < 0.05:
            return "<0.1"
        return f"{self.spots:,.0f}" if self.spots >= 10 or not self.spots else f"{self.spots:.1f}"


class Panel(NamedTuple):
    """Bands by 24 hours of UTC; the busiest cell is None of a panel without spots."""

    continent: str
    rows: dict[str, list[Cell]]
    busiest: tuple[str, int, Cell] | None


def panels(
    profiles: Sequence[Profile],
    since: datetime,
    until: datetime,
    mode_classes: Sequence[str],
    spotters: Sequence[str],
    continents: Sequence[str],
) -> list[Panel]:
    """One for each continent of the DX, those that have no spots left out where there are several.

    An hour that runs at the end counts by the part of it that has passed, LEAST of it at least.
    """
    times = _times(since, until)
    found = []
    for continent in continents:
        sums = [profile.of(mode_classes, spotters, (continent,)) for profile in profiles]
        rows = {
            band: [
                sum(hours) / often if often else 0
                for *hours, often in zip(*(each[band] for each in sums), times, strict=True)
            ]
            for band in BANDS
        }
        if len(continents) == 1 or any(map(any, rows.values())):
            found.append(_panel(continent, rows))
    return found


def _panel(continent: str, rows: dict[str, list[float]]) -> Panel:
    most = max(map(max, rows.values()))
    cells = {
        band: [Cell(spots, ceil(LEVELS * sqrt(spots / most)) if spots else 0) for spots in hours]
        for band, hours in rows.items()
        if band in ALWAYS or max(hours) >= min(WORTH_A_ROW, most) > 0
    }
    every = ((band, hour, cell) for band, hours in cells.items() for hour, cell in enumerate(hours))
    busiest = max(every, key=lambda each: each[2].spots)
    return Panel(continent, cells, busiest if most else None)


def _times(since: datetime, until: datetime) -> list[float]:
    """How often each hour of the day lies in between, of which the first is a full hour."""
    times = [0.0] * 24
    while since < until:
        times[since.hour] += min(max((until - since) / HOUR, LEAST), 1)
        since += HOUR
    return times
