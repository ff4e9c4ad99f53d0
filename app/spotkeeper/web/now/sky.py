"""Sun and solar figures, as the page shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import log
from typing import Any, NamedTuple

from spotkeeper.spots import sun
from spotkeeper.spots.places import Point
from spotkeeper.web.now.here import MIDDLES
from spotkeeper.web.now.tiles import HIGHEST_KHZ, Tile
from spotkeeper.web.shown import CONTINENTS

STEP = timedelta(minutes=30)
LOWEST_KHZ = 1800
# Bulletins come every hour or third hour, and some are missed.
NEARLY_A_DAY = timedelta(hours=20)


class End(NamedTuple):
    """A continent, the Sun in its middle, and the bands on which its voices are heard near."""

    name: str
    degrees: int
    light: sun.Light
    bands: Sequence[str]


class Day(NamedTuple):
    """The user's own: the Sun's height now, its times, and its way from midnight to midnight of the Sun."""

    degrees: int
    light: sun.Light
    times: sun.Day
    way: Sequence[int]
    """Degrees, in steps of half an hour, 49 of them."""
    passed: float
    """The part of the way that lies behind, from 0 to 1."""


def ends(now: datetime, tiles: Sequence[Tile]) -> list[End]:
    """Continents with voices first, and Antarctica only then."""
    found = []
    for code, point in MIDDLES.items():
        name = CONTINENTS[code]
        height = sun.elevation(point, now)
        bands = [tile.band for tile in tiles if name in tile.continents and tile.name == tile.band]
        if bands or code != "AN":
            found.append(End(name, round(height), sun.light(height), bands))
    return sorted(found, key=lambda end: not end.bands)


def day(point: Point, now: datetime) -> Day:
    """The one whose noon is nearest."""
    height = sun.elevation(point, now)
    times = sun.day(point, now)
    begin = times.noon - timedelta(hours=12)
    way = [round(sun.elevation(point, begin + step * STEP)) for step in range(49)]
    return Day(round(height), sun.light(height), times, way, (now - begin) / timedelta(days=1))


def trend(figure: Mapping[str, Any], now: datetime) -> str:
    """Where a figure goes, as "▲ 12 in a day"; `figure` is one of sums.figure."""
    since, change = figure["since"], figure["change"]
    if since is None:
        return "no trend yet"
    is_a_day = figure["time"] - since >= NEARLY_A_DAY
    clock = f"{since:%H:%M}" if since.date() == now.date() else f"{since:%-d %b %H:%M}"
    over = "in a day" if is_a_day else f"since {clock} UTC"
    if change:
        return f"{'▲' if change > 0 else '▼'} {abs(change)} {over}"
    return "= steady" if is_a_day else f"= steady {over}"


def along(khz: float) -> float:
    """Where the frequency stands between 1.8 and 54 MHz, from 0 to 1, each octave as wide as the others."""
    return log(khz / LOWEST_KHZ) / log(HIGHEST_KHZ / LOWEST_KHZ)
