"""The bins of a histogram, and the frequencies between them."""

from array import array
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from spotkeeper.db.sums import Frequencies
from spotkeeper.spots.bands import BANDS, edges_of
from spotkeeper.web.api.sums_histogram import SHORT_WAVE_HZ, histogram

MOST_BINS = 200


def heard(*hundred_hz: int) -> Frequencies:
    """A spot on each."""
    return Frequencies(datetime.now(UTC), array("i", hundred_hz), array("i", [1] * len(hundred_hz)))


@pytest.mark.parametrize("band", [None, *BANDS])
def test_what_lies_between_two_bins_is_of_the_upper_one(band: str | None) -> None:
    low, high = edges_of(band) if band else SHORT_WAVE_HZ
    for number in range(1, MOST_BINS + 1):
        # Edges between hundreds of Hz are no frequencies that are told apart.
        edges = [
            (index, hz // (100 * number))
            for index in range(number + 1)
            if (hz := low * number + index * (high - low)) % (100 * number) == 0
        ]
        expected = [0] * number
        for index, _ in edges:
            expected[min(index, number - 1)] += 1
        bins = histogram(heard(*(hundred_hz for _, hundred_hz in edges)), band, number)
        assert [part.spots for part in bins] == expected, number
        for index, hundred_hz in edges[:-1]:
            assert bins[index].low_khz == hundred_hz / 10, number


def test_a_frequency_that_floats_put_into_the_bin_below() -> None:
    bins = histogram(heard(142_500), "20m", 21)
    [part] = [part for part in bins if part.spots]
    assert (part.low_khz, round(part.high_khz, 3)) == (14250.0, 14266.667)
    assert all(one.high_khz == other.low_khz for one, other in pairwise(bins))
