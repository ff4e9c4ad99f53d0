"""The rows of the tables of a call."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from spotkeeper.db.search_wanted import Row
from spotkeeper.web import rows
from spotkeeper.web.api.sums_reports import Station
from spotkeeper.web.callsign.heard import OnBand
from spotkeeper.web.shown import clock, distance, in_path, khz, metres, signal

_KEPT = 1024


class Tables(NamedTuple):
    """How they are written: at what time, whose date is left out, and for whom."""

    now: datetime
    units: str
    countries: Mapping[int, str]

    def hours(self, band: OnBand) -> Markup:
        """The cells of a band, one for each hour."""
        cells = [_hour(spots, level, hour == self.now.hour) for hour, (spots, level) in enumerate(band.hours)]
        return Markup("".join(cells))  # noqa: S704

    def stations(self, found: Iterable[Station]) -> Markup:
        """A row for each."""
        return rows.filled(rows.pattern("callsign_station.html"), map(self._station, found))

    def newest(self, spots: Iterable[Row]) -> Markup:
        """A row for each."""
        return rows.filled(rows.pattern("callsign_newest.html"), map(self._spot, spots))

    def _station(self, station: Station) -> dict[str, str]:
        newest = station.newest
        return {
            "path": in_path(newest.other),
            "call": newest.other,
            "country": self.countries.get(newest.other_dxcc or 0, "–"),
            "continent": _small(newest.other_continent or ""),
            "distance": "–" if newest.distance_km is None else distance(newest.distance_km, self.units),
            "snr": signal(station.best_snr_db, None) or "–",
            "bands": _chips(station.bands),
            "spots": str(station.spots),
            "time": clock(newest.time),
            "day": self._day(newest.time),
        }

    def _spot(self, spot: Row) -> dict[str, str]:
        return {
            "id": spot.id,
            "time": clock(spot.time),
            "day": self._day(spot.time),
            "khz": khz(spot.frequency_hz),
            "band": _chips((spot.band,)) if spot.band else "–",
            "mode": spot.mode or "–",
            "path": in_path(spot.spotter),
            "spotter": spot.spotter,
            "signal": signal(spot.snr_db, spot.wpm) or spot.report or "–",
            "comment": spot.comment,
        }

    def _day(self, time: datetime) -> Markup:
        """Nothing of today, and the year where it is another one."""
        if time.date() == self.now.date():
            return _small("")
        return _small(time.strftime("%-d %b" if time.year == self.now.year else "%-d %b %Y"))


@lru_cache(_KEPT)
def _hour(spots: int, level: int, is_now: bool) -> Markup:
    now = Markup(' class="now"') if is_now else ""
    return Markup('<td data-level="{}"{}><span>{}</span></td>').format(level, now, spots)


@lru_cache(_KEPT)
def _chips(bands: tuple[str, ...]) -> Markup:
    chip = Markup('<span class="chip" data-band="{}">{}</span>')
    return Markup(" ").join(chip.format(band, metres(band)) for band in bands)


@lru_cache(_KEPT)
def _small(text: str) -> Markup:
    return Markup(" <small>{}</small>").format(text) if text else Markup("")
