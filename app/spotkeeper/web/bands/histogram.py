"""Spots by hour as stacked columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.modes import CLASSES
from spotkeeper.web.bands.sums import HOUR, SHOWN_HOURS, Part, Recent

HEIGHT = 100
_MARGIN = 0.06
_STEPS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100)


class Series(NamedTuple):
    """A band or a class of modes: its spots by hour, and its part of the columns as an SVG path."""

    name: str
    spots: list[int]
    path: str


class Columns(NamedTuple):
    """Those of people, or of machines."""

    series: list[Series]
    totals: list[int]
    top: int
    """Of the scale."""


class Histogram(NamedTuple):
    """`hours` are those of both."""

    hours: list[datetime]
    people: Columns
    machines: Columns

    @property
    def names(self) -> list[str]:
        """Of all series."""
        given = {each.name for each in (*self.people.series, *self.machines.series)}
        return [name for name in (*BANDS, *CLASSES, "") if name in given]


def histogram(found: Recent, by: str, mode_classes: Sequence[str], spotters: Sequence[str]) -> Histogram:
    """By "band" or by "mode"."""

    def columns(side: dict[Part, list[int]]) -> Columns:
        names = (*BANDS, "") if by == "band" else CLASSES
        sums = {name: [0] * SHOWN_HOURS for name in names}
        for part, hours in side.items():
            if part.mode_class in mode_classes and part.spotters in spotters:
                name = part.band if by == "band" else part.mode_class
                sums[name] = [one + other for one, other in zip(sums[name], hours, strict=True)]
        return _stacked({name: spots for name, spots in sums.items() if any(spots)})

    hours = [found.since + number * HOUR for number in range(SHOWN_HOURS)]
    return Histogram(hours, columns(found.people), columns(found.machines))


def _stacked(sums: dict[str, list[int]]) -> Columns:
    totals = [sum(spots) for spots in zip(*sums.values(), strict=True)] or [0] * SHOWN_HOURS
    top = _round_up(max(totals))
    below = [0] * SHOWN_HOURS
    series = []
    for name, spots in sums.items():
        above = [one + other for one, other in zip(below, spots, strict=True)]
        series.append(Series(name, spots, _path(below, above, top)))
        below = above
    return Columns(series, totals, top)


def _path(below: Sequence[int], above: Sequence[int], top: int) -> str:
    width = 1 - 2 * _MARGIN
    return "".join(
        f"M{column + _MARGIN:g} {_y(high, top)}h{width:g}V{_y(low, top)}h-{width:g}z"
        for column, (low, high) in enumerate(zip(below, above, strict=True))
        if high > low
    )


def _y(spots: int, top: int) -> str:
    return f"{HEIGHT - HEIGHT * spots / top:.4g}"


def _round_up(number: int) -> int:
    """To a round number that is not less."""
    power: int = 10 ** max(len(str(number)) - 2, 0)
    return next(
        step * power for step in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100) if step * power >= number
    )
