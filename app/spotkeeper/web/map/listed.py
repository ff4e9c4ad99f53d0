"""The rows of the list below the map."""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from spotkeeper.db.search_wanted import Row
from spotkeeper.web import rows
from spotkeeper.web.shown import clock, distance, in_path, khz, metres

PLACES = {"grid": "by grid", "country": "about: by country"}
_TEMPLATE = "map_row.html"
_SHOW = Markup('<button type="button" class="button quiet">Show</button>')


def body(spots: Iterable[Row], units: str, countries: Mapping[int, str]) -> Markup:
    """A row for each."""
    return rows.filled(rows.pattern(_TEMPLATE), (_texts(spot, units, countries) for spot in spots))


def blank() -> Markup:
    """The row that map/list.js of the frontend fills in."""
    return rows.blank(rows.pattern(_TEMPLATE), show=_SHOW)


def _texts(spot: Row, units: str, countries: Mapping[int, str]) -> dict[str, str]:
    """By the names of the template."""
    return {
        "time": clock(spot.time),
        "khz": khz(spot.frequency_hz),
        "band": spot.band or "",
        "metres": metres(spot.band) if spot.band else "–",
        "path": in_path(spot.dx),
        "dx": spot.dx,
        "country": countries.get(spot.dx_dxcc or 0, ""),
        "spotter": spot.spotter,
        "bearing": "–" if spot.bearing is None else f"{spot.bearing:03}°",
        "distance": "–" if spot.distance_km is None else distance(spot.distance_km, units),
        "place": PLACES[spot.place_source] if spot.place_source else "",
        "show": "",
    }
