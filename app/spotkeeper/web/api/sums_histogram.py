"""Spots by frequency, in bins of equal width."""

from array import array
from bisect import bisect_left
from itertools import pairwise
from typing import NamedTuple

from spotkeeper.db.sums import Frequencies
from spotkeeper.spots.bands import edges_of

# Without a band: 160 m to 6 m.
SHORT_WAVE_HZ = (1_800_000, 54_000_000)


class Bin(NamedTuple):
    """From the lower edge to the upper one, which belongs to the next bin unless this is the last."""

    low_khz: float
    high_khz: float
    spots: int


def histogram(found: Frequencies, band: str | None, number: int) -> list[Bin]:
    """So many bins over the band, or over short wave."""
    low, high = edges_of(band) if band else SHORT_WAVE_HZ
    width = high - low
    first, end = bisect_left(found.hundred_hz, low // 100), bisect_left(found.hundred_hz, high // 100 + 1)
    spots = array("q", bytes(8 * number))
    for hundred_hz, count in zip(found.hundred_hz[first:end], found.spots[first:end], strict=True):
        spots[min((hundred_hz * 100 - low) * number // width, number - 1)] += count
    edges = [(low * number + index * width) / (1000 * number) for index in range(number + 1)]
    return [Bin(*pair, count) for pair, count in zip(pairwise(edges), spots, strict=True)]
