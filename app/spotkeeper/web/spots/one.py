"""GET /spots/<id>: a spot with everything that is stored of it, and who else heard the same."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from flask import render_template
from flask_login import current_user
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from spotkeeper.db import one_spot
from spotkeeper.db.identity import read_spot_id
from spotkeeper.db.search_wanted import Row
from spotkeeper.spots.places import middle_of, way
from spotkeeper.web import rows
from spotkeeper.web.api.sums_places import name_of, position_of
from spotkeeper.web.database import reading
from spotkeeper.web.shown import clock, distance, in_path, signal

AROUND = timedelta(minutes=10)
WITHIN_HZ = 1000
MOST_OTHERS = 200
_CURRENT = Markup(' aria-current="true"')
_SKIMMER = Markup(' <span class="skimmer">skimmer</span>')
PAGES = {
    "POTA": "https://pota.app/#/park/",
    "SOTA": "https://www.sotadata.org.uk/en/summit/",
    "WWFF": "https://wwff.co/directory/?showRef=",
}
"""Where the programmes tell of a reference; IOTA has no address for each."""


class Reference(NamedTuple):
    """Of a programme, such as POTA; `address` is empty where there is none."""

    programme: str
    number: str
    address: str


class Way(NamedTuple):
    """From the account's grid to the DX: kilometres, degrees, and whether the DX is known by its grid."""

    kilometres: int
    bearing: int
    source: str


def spot(spot_id: str) -> str:
    """The page."""
    try:
        time, key = read_spot_id(spot_id)
    except (ValueError, OverflowError):
        raise NotFound("There is no such spot. An address of a spot is copied whole.") from None
    with reading() as connection:
        found = one_spot.spot(connection, time, key)
        if found is None:
            raise NotFound("There is no such spot. It may have been too old to be kept.")
        others = one_spot.also_heard(connection, found, AROUND, MOST_OTHERS, WITHIN_HZ)
    heard = sorted([found, *others], key=lambda other: (other.time, other.key), reverse=True)
    return render_template(
        "spot.html",
        spot=found,
        heard=_rows(heard, found),
        spotters=len({other.spotter for other in heard}),
        others_missing=len(others) == MOST_OTHERS,
        country=_country,
        references=[_reference(text) for text in found.refs or ()],
        from_here=_from_here(found),
        zone=current_user.chosen.zone,
        units=current_user.chosen.units,
    )


def _rows(heard: Iterable[Row], shown: Row) -> Markup:
    """One for each, that of the page's own spot marked."""
    units = current_user.chosen.units
    texts = (
        {
            "current": _CURRENT if spot.id == shown.id and spot.source == shown.source else "",
            "id": spot.id,
            "time": clock(spot.time),
            "path": in_path(spot.spotter),
            "spotter": spot.spotter,
            "skimmer": _SKIMMER if spot.source == "machine" else "",
            "country": _country(spot.spotter_dxcc),
            "distance": "" if spot.distance_km is None else distance(spot.distance_km, units),
            "signal": signal(spot.snr_db, spot.wpm) or spot.report or "",
        }
        for spot in heard
    )
    return rows.filled(rows.pattern("spot_heard.html"), texts)


def _country(dxcc: int | None) -> str:
    return (name_of(dxcc) or str(dxcc)) if dxcc else ""


def _reference(text: str) -> Reference:
    programme, _, number = text.partition(":")
    page = PAGES.get(programme)
    return Reference(programme, number, f"{page}{number}" if page else "")


def _from_here(spot: Row) -> Way | None:
    """None where one end is not known."""
    here = middle_of(current_user.chosen.grid.upper())
    there = position_of(spot.dx, spot.dx_grid)
    if here is None or there is None:
        return None
    kilometres, bearing = way(here, there.point)
    return None if kilometres is None or bearing is None else Way(kilometres, bearing, there.source)
