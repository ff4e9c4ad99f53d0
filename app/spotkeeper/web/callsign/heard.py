"""How a call is heard: band by band, and station by station."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import ceil, sqrt
from typing import NamedTuple

from spotkeeper.db.callsign import Report
from spotkeeper.spots.bands import BANDS

LEVELS = 8
_ORDER = {band: number for number, band in enumerate(BANDS)}


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


class Station(NamedTuple):
    """One at the other end of reports, as the newest of them has it."""

    newest: Report
    spots: int
    best_snr_db: int | None
    bands: tuple[str, ...]


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


class Stations(NamedTuple):
    """How many there are, and those with the most spots."""

    number: int
    listed: list[Station]


def by_station(reports: Iterable[Report], most: int) -> Stations:
    """Of reports with the newest first; at most so many are listed."""
    rows: dict[str, list[Report]] = {}
    for each in reports:
        rows.setdefault(each.other, []).append(each)
    busiest = sorted(rows.items(), key=lambda station: (-len(station[1]), station[0]))
    return Stations(len(rows), [_station(of_station) for _, of_station in busiest[:most]])


def _station(reports: Sequence[Report]) -> Station:
    best = strongest(reports)
    bands = in_order({each.band for each in reports if each.band})
    return Station(reports[0], len(reports), best.snr_db if best else None, tuple(bands))


def in_order(bands: Iterable[str]) -> list[str]:
    """By the length of their waves."""
    return sorted(bands, key=_ORDER.__getitem__)


def farthest(reports: Iterable[Report]) -> Report | None:
    """The newest of those from there."""
    found, most = None, -1
    for each in reports:
        if each.distance_km is not None and each.distance_km > most:
            found, most = each, each.distance_km
    return found


def strongest(reports: Iterable[Report]) -> Report | None:
    """The newest of those as strong."""
    found, most = None, -(2**15)
    for each in reports:
        if each.snr_db is not None and each.snr_db > most:
            found, most = each, each.snr_db
    return found
