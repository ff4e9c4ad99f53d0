"""GET /map: the page. Its script draws the paths; without it there is the list of them."""

from datetime import datetime
from typing import NamedTuple

from flask import current_app, make_response, render_template, request, url_for
from flask_login import current_user
from markupsafe import Markup
from werkzeug.exceptions import BadRequest, Forbidden
from werkzeug.wrappers import Response

from spotkeeper.db import latest, user_settings
from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import Wanted
from spotkeeper.spots.places import middle_of
from spotkeeper.web.api.sums_kept import MOMENT, Kept
from spotkeeper.web.api.sums_places import position_of
from spotkeeper.web.database import reading, transaction
from spotkeeper.web.map import listed, state
from spotkeeper.web.map.state import COLOURS, VIEWS, State
from spotkeeper.web.spots.filters import Filters, countries, remembered

ROWS = 60


class Centre(NamedTuple):
    """Of the map, in degrees, and what it is called."""

    longitude: float
    latitude: float
    name: str


def map_page() -> Response:
    """The page, or of a request by htmx the list alone; what the address does not say is as it was last."""
    account = current_user.chosen
    given = request.args.to_dict(flat=False)
    own = {name: given.pop(name)[0] for name in State._fields if name in given}
    try:
        last = remembered(account.filters) if not given else None
        filters = last or Filters.parse(given)
        shown = State.parse({**state.remembered(account.map).query(), **own})
    except ValueError as error:
        raise BadRequest(str(error)) from None
    changed: dict[str, object] = {}
    if given and filters.query() != account.filters:
        changed["filters"] = filters.query()
    if own and shown.query() != account.map:
        changed["map"] = shown.query()
    if changed and current_user.may("user"):
        with transaction() as connection:
            user_settings.save(connection, current_user.id, changed)
    kept: Kept = current_app.extensions["map"]
    key = filters.address, filters.wanted.since, account.units
    newest, rows = kept.get(key, MOMENT, lambda: _looked_up(filters.wanted, account.units), stale=0)
    is_fragment = "HX-Request" in request.headers
    response = make_response(
        render_template(
            "map_paths.html" if is_fragment else "map.html",
            is_fragment=is_fragment,
            filters=filters,
            shown=shown,
            rows=rows,
            blank=listed.blank(),
            newest=newest,
            centre=_centre(shown.grid),
            views=VIEWS,
            colours=COLOURS,
        )
    )
    response.vary.add("HX-Request")
    if is_fragment:
        response.headers["HX-Push-Url"] = url_for("map", **filters.query())  # type: ignore[arg-type]
    return response


def _looked_up(wanted: Wanted, units: str) -> tuple[datetime | None, Markup]:
    """When the newest spot of all was heard, and the list."""
    with reading() as connection:
        newest = latest.newest(connection)
        found = search(connection, wanted, ROWS).spots
    return newest, listed.body(found, units, countries())


def save() -> Response:
    """POST /map: how the map was left."""
    if not current_user.may("user"):
        raise Forbidden
    try:
        shown = State.parse({name: request.form[name] for name in State._fields if name in request.form})
    except ValueError as error:
        raise BadRequest(str(error)) from None
    with transaction() as connection:
        user_settings.save(connection, current_user.id, {"map": shown.query()})
    return Response(status=204)


def _centre(grid: str) -> Centre | None:
    """The grid, or the account's, or what is known of the account's callsign."""
    account = current_user.chosen
    for locator in (grid, account.grid):
        if locator and (point := middle_of(locator.upper())):
            return Centre(point.longitude, point.latitude, locator)
    position = position_of(account.callsign, None) if account.callsign else None
    return Centre(position.point.longitude, position.point.latitude, account.callsign) if position else None
