"""The bands of the form of filters, a tile each."""

from collections.abc import Mapping
from typing import NamedTuple

from spotkeeper.spots.bands import BANDS
from spotkeeper.web.spots.filters import USUAL_BANDS, Filters

LEAST_LEVEL = 3
_THOUSANDS_FROM = 10_000


class Tile(NamedTuple):
    """A band, and how many spots it has; texts, which are empty where that is not known."""

    band: str
    is_chosen: bool
    is_silent: bool = False
    spots: str = ""
    unit: str = ""
    level: float = 0
    """Percent of the busiest band."""


def tiles(filters: Filters, numbers: Mapping[str | None, int] | None) -> list[Tile]:
    """The usual bands, those that are chosen, and those with spots."""
    chosen = frozenset(filters["band"])
    if numbers is None:
        return [Tile(band, band in chosen) for band in BANDS if band in USUAL_BANDS or band in chosen]
    most = max(numbers.values(), default=0)
    return [
        _tile(band, band in chosen, numbers.get(band, 0), most)
        for band in BANDS
        if band in USUAL_BANDS or band in chosen or band in numbers
    ]


def _tile(band: str, is_chosen: bool, number: int, most: int) -> Tile:
    return Tile(
        band,
        is_chosen,
        is_silent=number == 0,
        spots=str(number) if number < _THOUSANDS_FROM else f"{number // 1000}k",
        unit=" spot" if number == 1 else " spots",
        level=round(max(100 * number / most, LEAST_LEVEL), 1) if number else 0,
    )
