"""How a call is heard, band by band."""

from collections import Counter
from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

from spotkeeper.db.callsign import Report
from spotkeeper.web.api.sums_reports import farthest, in_order, strongest

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
    rows: dict[str, list[Report]] = {}
    for each in reports:
        if each.band:
            rows.setdefault(each.band, []).append(each)
    by_hour = {band: Counter(each.time.hour for each in of_band) for band, of_band in rows.items()}
    most = max((max(hours.values()) for hours in by_hour.values()), default=0)
    return [
        OnBand(
            band,
            len(rows[band]),
            len({each.other for each in rows[band]}),
            strongest(rows[band]),
            farthest(rows[band]),
            [(by_hour[band][hour], ceil(LEVELS * sqrt(by_hour[band][hour] / most))) for hour in range(24)],
        )
        for band in in_order(rows)
    ]
