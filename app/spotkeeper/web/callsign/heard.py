"""How a call is heard, band by band."""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

from spotkeeper.db.callsign import Report
from spotkeeper.spots.bands import BANDS

LEVELS = 8


class OnBand(NamedTuple):
    """The spots of a band: by how many stations, the strongest and the farthest of them."""

    band: str
    spots: int
    stations: int
    strongest: Report | None
    """None where nobody measured."""
    farthest: Report | None
    """None where no place is known."""
    hours: list[tuple[int, int]]
    """Of UTC, 24: how many spots, and the level from 0 for none to LEVELS for the most of all bands."""


def by_band(reports: Sequence[Report]) -> list[OnBand]:
    """Of bands with spots, in their order."""
    rows = {band: [each for each in reports if each.band == band] for band in BANDS}
    by_hour = {band: [0] * 24 for band in BANDS}
    for each in reports:
        if each.band:
            by_hour[each.band][each.time.hour] += 1
    most = max(map(max, by_hour.values()))
    return [
        OnBand(
            band,
            len(of_band),
            len({each.other for each in of_band}),
            strongest(of_band),
            farthest(of_band),
            [(spots, ceil(LEVELS * sqrt(spots / most))) for spots in by_hour[band]],
        )
        for band, of_band in rows.items()
        if of_band
    ]


def farthest(reports: Sequence[Report]) -> Report | None:
    """The newest of those from there."""
    return max(
        (each for each in reports if each.distance_km is not None),
        key=lambda each: each.distance_km or 0,
        default=None,
    )


def strongest(reports: Sequence[Report]) -> Report | None:
    """The newest of those as strong."""
    return max(
        (each for each in reports if each.snr_db is not None),
        key=lambda each: each.snr_db or 0,
        default=None,
    )
