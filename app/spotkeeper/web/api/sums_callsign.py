"""A callsign page for programs."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from flask import Response
from werkzeug.exceptions import BadRequest

from spotkeeper.db import callsign as table
from spotkeeper.db.callsign import Known, Reports
from spotkeeper.db.connection import Connection
from spotkeeper.spots.model import LONGEST_CALL
from spotkeeper.spots.places import middle_of, way
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.api import sums_answers, sums_places
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.sums_answers import Moment
from spotkeeper.web.api.sums_reports import Station, by_station, in_order, of_others
from spotkeeper.web.api.sums_schemas import CallQuery, CallSchema, CountrySchema
from spotkeeper.web.database import reading

STATIONS = 200
COUNTRY = tuple(CountrySchema().fields)
BUSY_KEPT_SECONDS = 5
# As spots have it: with slashes, and the SSID of those who spot by packet radio.
CALL = re.compile(r"[A-Za-z0-9]+([/-][A-Za-z0-9]+)*")
_NEVER = Known(None, None, None, None, 0, 0, [])
_PARAMETER = {
    "name": "call",
    "in": "path",
    "required": True,
    "description": "As it is sent, in capitals or not: EA8/DL1ABC",
    "schema": {"type": "string", "pattern": f"^{CALL.pattern}$", "maxLength": LONGEST_CALL},
}

blueprint = Blueprint("callsigns", __name__, "What is known of a call")
blueprint.after_request(sums_answers.tell_how_long)


@blueprint.route("/callsigns/<path:call>", parameters=[_PARAMETER], merge_slashes=False)
@blueprint.arguments(CallQuery, location="query")
@blueprint.response(200, CallSchema)
def callsign(query: dict[str, Any], call: str) -> Response:
    """Tell what is known of a call"""
    if not CALL.fullmatch(call) or len(call) > LONGEST_CALL:
        raise BadRequest(f"call: {shorten(call)} is not a callsign.")
    call = call.upper()
    now = datetime.now(UTC).replace(microsecond=0)
    with reading() as connection:
        known = table.known(connection, call) or _NEVER

        def written() -> bytes:
            # Without CallSchema, which takes longer than all the rest.
            found = _answer(connection, call, known, now, query["hours"], query.get("grid"))
            return msgspec.json.encode(found)

        if known.is_busy:
            key = "callsign", call, *sorted(query.items())
            body = sums_answers.made().get(key, Moment.of(now, BUSY_KEPT_SECONDS), written)
        else:
            body = written()
    return Response(body, content_type="application/json")


def _answer(
    connection: Connection, call: str, known: Known, until: datetime, hours: int, grid: str | None
) -> dict[str, Any]:
    """What CallSchema describes, with times as datetime; `grid` is where the way to the call begins."""
    since = until - timedelta(hours=hours)
    heard_by = hears = Reports(since, [])
    if known.last_spotted and known.last_spotted >= since:
        heard_by = table.heard_by(connection, call, since, min(until, known.last_spotted))
    if known.last_spotting and known.last_spotting >= since:
        hears = table.hears(connection, call, since, min(until, known.last_spotting))
    told = next((row.grid for row in (*heard_by.found, *hears.found) if row.grid), None)
    place = sums_places.place_of(call)
    return {
        "call": call,
        "until": until,
        "country": {name: getattr(place, name) for name in COUNTRY} if place else None,
        "grid": told,
        "way": _way(grid, call, told),
        "first_spotted": known.first_spotted,
        "last_spotted": known.last_spotted,
        "times_spotted": known.spotted,
        "first_spotting": known.first_spotting,
        "last_spotting": known.last_spotting,
        "times_spotting": known.spotting,
        "bands": known.bands,
        "heard_by": _side(call, heard_by),
        "hears": _side(call, hears),
    }


def _way(start: str | None, call: str, grid: str | None) -> dict[str, Any] | None:
    here = middle_of(start.upper()) if start else None
    there = sums_places.position_of(call, grid)
    if here is None or there is None:
        return None
    distance, bearing = way(here, there.point)
    if distance is None:
        return None
    return {"distance_km": distance, "bearing": bearing, "place_source": there.source}


def _side(call: str, read: Reports) -> dict[str, Any]:
    reports = of_others(call, read.found)
    by_hour = [0] * 24
    by_band: Counter[str] = Counter()
    for row in reports:
        by_hour[row.time.hour] += 1
        if row.band:
            by_band[row.band] += 1
    return {
        "since": read.since,
        "spots": len(reports),
        "by_band": {band: by_band[band] for band in in_order(by_band)},
        "by_hour": by_hour,
        "stations": [_told(station) for station in by_station(reports, STATIONS).listed],
    }


def _told(station: Station) -> dict[str, Any]:
    newest = station.newest
    return {
        "call": newest.other,
        "spots": station.spots,
        "latest": newest.time,
        "bands": station.bands,
        "best_snr_db": station.best_snr_db,
        "distance_km": newest.distance_km,
        "grid": station.grid,
        "dxcc": newest.other_dxcc,
        "continent": newest.other_continent,
    }
