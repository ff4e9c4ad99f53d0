"""The last hour of each band against what it usually brings at this time of the day."""

from collections.abc import Sequence
from math import log2
from statistics import quantiles
from typing import NamedTuple

from spotkeeper.spots.bands import BANDS
from spotkeeper.web.bands.sums import Usual
from spotkeeper.web.shown import metres

ENOUGH_DAYS = 3
# Nothing to speak of: less than this in the hour is as good as none.
SILENCE = 0.5
ABOUT = 1.25
TELLING_TIMES, TELLING_SPOTS = 1.5, 10
# The bar's ends: so many times as busy as usual, and the same part of it.
MOST = 4
_MIDDLE, _HALF = 50, 48


class Comparison(NamedTuple):
    """Spots of the last hour on a band; of other days the quartiles."""

    band: str
    now: int
    low: float
    median: float
    high: float

    @property
    def ratio(self) -> float | None:
        """How many times as busy as usual; None when it usually is silent."""
        return self.now / self.median if self.median >= SILENCE else None

    @property
    def usual(self) -> str:
        """The median, with a decimal where it tells something."""
        return f"{self.median:,.0f}" if self.median >= 10 else f"{self.median:.1f}".removesuffix(".0")

    @property
    def words(self) -> str:
        """The comparison, to follow the band's name."""
        if self.ratio is None:
            return "usually silent at this hour" if self.now else "silent, as usual"
        if not self.now:
            return f"silent; usually {self.usual} spot{'' if self.usual == '1' else 's'} at this hour"
        if self.is_about:
            return "as busy as usual at this hour"
        if self.ratio < 1:
            return f"quiet, {100 * self.ratio:.0f} % of the usual at this hour"
        return f"{self.ratio:.{1 if self.ratio < 9.95 else 0}f} times as busy as usual at this hour"

    @property
    def is_about(self) -> bool:
        """Whether it is about as busy as usual."""
        return not self.now if self.ratio is None else 1 / ABOUT <= self.ratio <= ABOUT

    @property
    def bar(self) -> tuple[float, float]:
        """From left to right, of 100; the middle is what is usual."""
        ends = sorted((_MIDDLE, self._at(self.now)))
        return ends[0], ends[1]

    @property
    def range(self) -> tuple[float, float]:
        """Where half of the other days lie, of 100."""
        return self._at(self.low), self._at(self.high)

    @property
    def times(self) -> float:
        """The ratio, where silence counts as SILENCE spots."""
        return self.now / max(self.median, SILENCE)

    def _at(self, spots: float) -> float:
        times = min(max(spots / max(self.median, SILENCE), 1 / MOST), MOST)
        return round(_MIDDLE + _HALF * log2(times) / log2(MOST), 1)


def compare(found: Usual, mode_classes: Sequence[str], spotters: Sequence[str]) -> list[Comparison]:
    """Of the bands that have spots now or had some; none while there are less than ENOUGH_DAYS."""
    if found.days < ENOUGH_DAYS:
        return []
    comparisons = []
    for band in BANDS:
        now = sum(
            spots
            for part, spots in found.now.items()
            if part.band == band and part.mode_class in mode_classes and part.spotters in spotters
        )
        past = [
            days
            for part, days in found.past.items()
            if part.band == band and part.mode_class in mode_classes and part.spotters in spotters
        ]
        by_day = [sum(parts) for parts in zip(*past, strict=True)] or [0] * found.days
        low, median, high = quantiles(by_day, n=4, method="inclusive")
        if now or high >= SILENCE:
            comparisons.append(Comparison(band, now, low, median, high))
    return comparisons


def headline(comparisons: Sequence[Comparison]) -> str:
    """What differs most, up and down, in words; empty when there is nothing to compare."""
    if not comparisons:
        return ""
    near = [each for each in comparisons if 1 / TELLING_TIMES < each.times < TELLING_TIMES]
    telling = [
        each for each in comparisons if each not in near and abs(each.now - each.median) >= TELLING_SPOTS
    ]
    busier = [each for each in telling if each.now > each.median]
    quieter = [each for each in telling if each.now < each.median]
    if telling:
        said = [max(those, key=_weight) for those in (busier, quieter) if those]
        return ". ".join(f"{metres(each.band)}: {each.words}" for each in said) + "."
    if all(each.is_about for each in comparisons):
        return "Every band is about as busy as usual at this hour."
    if any(max(each.now, each.median) >= TELLING_SPOTS for each in near):
        return "No band with spots enough to tell is far from the usual at this hour."
    return "Too few spots to tell."


def _weight(each: Comparison) -> float:
    """So that neither a busy band that is a little off comes first nor one with a handful of spots."""
    return abs(each.now - each.median) * abs(log2(min(max(each.times, 1 / MOST), MOST)))
