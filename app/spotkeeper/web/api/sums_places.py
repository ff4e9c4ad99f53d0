"""Where calls and grids are, for the sums: the country file, read once for all requests."""

import logging
from pathlib import Path
from typing import NamedTuple

from flask import current_app
from flask.blueprints import BlueprintSetupState

from spotkeeper.spots.countries import Countries, Place
from spotkeeper.spots.places import Point, middle_of

log = logging.getLogger(__name__)


class Position(NamedTuple):
    """A point, and how it is known."""

    point: Point
    source: str


def add_to(state: BlueprintSetupState) -> None:
    """Read the country file; without it nothing is known by its call, which the journal tells."""
    path: Path = state.app.config["COUNTRY_FILE"]
    countries = None
    try:
        countries = Countries(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        log.warning("the API knows no countries: cannot use scraper.country_file: %s", error)
    state.app.extensions["countries"] = countries


def place_of(call: str) -> Place | None:
    """What the country file says of the call."""
    countries: Countries | None = current_app.extensions["countries"]
    return countries.find(call) if countries else None


def name_of(dxcc: int) -> str | None:
    """The name of the DXCC entity."""
    countries: Countries | None = current_app.extensions["countries"]
    return countries.names.get(dxcc) if countries else None


def position_of(call: str, grid: str | None) -> Position | None:
    """By the grid if one is given, else the middle of the country."""
    if grid and (point := middle_of(grid.upper())):
        return Position(point, "grid")
    place = place_of(call)
    return Position(place.point, "country") if place else None
