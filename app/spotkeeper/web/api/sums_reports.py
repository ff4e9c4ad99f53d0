"""Reports of a call, station by station."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from spotkeeper.db.callsign import Report
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.self_spots import is_self_spot

_ORDER = {band: number for number, band in enumerate(BANDS)}


class Station(NamedTuple):
    """One at the other end of reports, as the newest of them has it."""

    newest: Report
    spots: int
    best_snr_db: int | None
    bands: tuple[str, ...]
    grid: str | None
    """The newest that was said of it."""


class Stations(NamedTuple):
    """How many there are, and those with the most spots."""

    number: int
    listed: list[Station]


def of_others(call: str, reports: Sequence[Report]) -> Sequence[Report]:
    """Those of another station at the other end than the call itself."""
    itself = {other for other in {each.other for each in reports} if is_self_spot(call, other)}
    return [each for each in reports if each.other not in itself] if itself else reports


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
    grid = next((each.other_grid for each in reports if each.other_grid), None)
    return Station(reports[0], len(reports), best.snr_db if best else None, tuple(bands), grid)


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
