"""The table of spots: its rows, in the columns that are wanted."""

from collections.abc import Iterable, Mapping
from datetime import date, tzinfo
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from spotkeeper.db.search_wanted import Row
from spotkeeper.web import rows
from spotkeeper.web.shown import clock, distance, in_path, khz, metres, signal
from spotkeeper.web.spots.filters import countries

_GUESSED = Markup(' class="guessed" title="guessed from the frequency"')
_HIDDEN = Markup(" hidden")
_DAYS_KEPT = 64


class Table(NamedTuple):
    """How it is written: for whom, and today's date, which is left out."""

    columns: tuple[str, ...]
    zone: tzinfo
    units: str
    today: date

    def body(self, spots: Iterable[Row]) -> Markup:
        """A row for each."""
        names = countries()
        return rows.filled(self._pattern, (self._texts(spot, names) for spot in spots))

    @property
    def blank(self) -> Markup:
        """The row that shared/table.js fills in: of the spot ID and the DX CALL."""
        return rows.blank(self._pattern, id="ID", dx_path="CALL")

    @property
    def _pattern(self) -> rows.Pattern:
        return rows.pattern("spot_row.html", columns=self.columns)

    def _texts(self, spot: Row, names: Mapping[int, str]) -> dict[str, str]:
        """By the names of spot_row.html."""
        time, band, day = spot.time, spot.band, spot.time.date()
        return {
            "id": spot.id,
            "source": spot.source,
            "seconds": str(int(time.timestamp())),
            "day": "" if day == self.today else _small(day),
            "time": clock(time),
            "local": clock(time.astimezone(self.zone)) if "local" in self.columns else "",
            "khz": khz(spot.frequency_hz),
            "band": band or "",
            "metres": metres(band) if band else "–",
            "guessed": _GUESSED if spot.mode_source == "guessed" else "",
            "mode": spot.mode or "–",
            "dx_path": in_path(spot.dx),
            "dx": spot.dx,
            "country": names.get(spot.dx_dxcc or 0, ""),
            "spotter": spot.spotter,
            "unless_skimmer": _HIDDEN if spot.source == "human" else "",
            "distance": "" if spot.distance_km is None else distance(spot.distance_km, self.units),
            "bearing": "" if spot.bearing is None else f"{spot.bearing}°",
            "signal": signal(spot.snr_db, spot.wpm),
            "comment": spot.comment,
            "node": spot.node,
        }


@lru_cache(_DAYS_KEPT)
def _small(day: date) -> Markup:
    return Markup(f"<small>{day:%-d %b}</small> ")  # noqa: S704
