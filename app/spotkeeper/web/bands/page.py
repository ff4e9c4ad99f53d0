"""GET /bands: how busy the bands are, by hour, by frequency and against what is usual."""

import gzip
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from flask import Response, current_app, make_response, render_template, request
from flask_login import current_user
from werkzeug.exceptions import BadRequest

from spotkeeper.db import user_settings
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.modes import VOICE
from spotkeeper.spots.places import middle_of
from spotkeeper.web.account.chosen import Chosen
from spotkeeper.web.api import sums_answers, sums_places
from spotkeeper.web.bands import sums
from spotkeeper.web.bands.asked import (
    ANYWHERE,
    DAYS,
    MODE_NAMES,
    MODES,
    SERIES,
    Asked,
    bounds,
    places,
    remembered,
)
from spotkeeper.web.bands.heat import ALWAYS, Panel, panels
from spotkeeper.web.bands.histogram import histogram
from spotkeeper.web.bands.usual import ENOUGH_DAYS, compare, headline
from spotkeeper.web.bands.waterfall import LENGTH, LISTED, drawing, stations
from spotkeeper.web.database import transaction
from spotkeeper.web.shown import CONTINENTS, metres

# A megabyte of it is a tenth of that then; nginx would take the time for each who asks.
GZIP_LEVEL = 6


def bands_page() -> Response:
    """The page; for htmx the part below its header.

    That part is written once a minute for all who ask the same.
    """
    chosen: Chosen = current_user.chosen
    asked, zone = _asked(chosen), chosen.zone
    usual = sums.usual()
    key = "charts of the bands", asked, zone.key
    charts = sums_answers.made().get(key, usual, lambda: _charts(asked, zone, usual))
    is_fragment = "HX-Request" in request.headers
    response = make_response(charts if is_fragment else render_template("bands.html", charts=charts))
    response.vary.add("HX-Request")
    return response


def _charts(asked: Asked, zone: ZoneInfo, usual: sums.Usual) -> str:
    now = datetime.now(UTC)
    spotters = places(asked.spotters)
    comparisons = compare(usual, asked.mode_classes, spotters)
    last_hour = dict.fromkeys(BANDS, 0)
    for part, spots in usual.now.items():
        if part.band and part.mode_class in asked.mode_classes and part.spotters in spotters:
            last_hour[part.band] += spots
    band = asked.band or max(BANDS, key=lambda name: last_hour[name])
    first = sums.first_hour() or now
    since, until = bounds(asked.period, now, first)
    return render_template(
        "bands_charts.html",
        asked=asked,
        band=band,
        bands=[(name, last_hour[name]) for name in BANDS if name in ALWAYS or last_hour[name]],
        most=max(last_hour.values()),
        continents=CONTINENTS,
        modes=MODES,
        names=_names(asked.by),
        series=SERIES,
        periods=DAYS | {month: f"{day:%B %Y}" for month, day in _months(first, now)},
        usual=usual,
        comparisons=comparisons,
        headline=headline(comparisons),
        voice="" if asked.mode else headline(compare(usual, (VOICE,), spotters)),
        enough_days=ENOUGH_DAYS,
        histogram=histogram(sums.recent(), asked.by, asked.mode_classes, spotters),
        stations=stations(sums.waterfall(LISTED), band, asked.mode_classes),
        since=since,
        runs=until == now,
        panels=_panels(asked, since, until) if since < until else [],
        zone=zone,
    )


def _panels(asked: Asked, since: datetime, until: datetime) -> list[Panel]:
    profiles, until = sums.profiles(since, until)
    continents = tuple(CONTINENTS) if asked.dx == ANYWHERE else (asked.dx,)
    return panels(profiles, since, until, asked.mode_classes, places(asked.spotters), continents)


def waterfall_data() -> Response:
    """What the canvas of the waterfall shows; written and packed once for all who ask for the same marks."""
    asked = _given()
    if not asked.band:
        raise BadRequest("band: say which one.")
    found = sums.waterfall(LENGTH)

    def pack() -> bytes:
        body = msgspec.json.encode(drawing(found, asked.band, asked.mode_classes))
        return gzip.compress(body, GZIP_LEVEL)

    packed = sums_answers.made().get(("waterfall", asked.band, asked.mode), found, pack)
    if request.accept_encodings.quality("gzip"):
        response = Response(packed, content_type="application/json")
        response.content_encoding = "gzip"
    else:
        response = Response(gzip.decompress(packed), content_type="application/json")
    response.vary.add("Accept-Encoding")
    return response


def _asked(chosen: Chosen) -> Asked:
    """What the address says, which the account keeps, or what it kept."""
    usual = _continent_of(chosen)
    if not request.args:
        asked = remembered(chosen.bands)
    else:
        asked = _given()
        if asked.spotters == usual:
            asked = asked._replace(spotters="")
        if asked.query() != chosen.bands and current_user.may("user"):
            with transaction() as connection:
                user_settings.save(connection, current_user.id, {"bands": asked.query()})
    return asked._replace(spotters=asked.spotters or usual)


def _given() -> Asked:
    try:
        return Asked.parse(request.args.to_dict(flat=False))
    except ValueError as error:
        raise BadRequest(str(error)) from None


def _continent_of(chosen: Chosen) -> str:
    """Where the account is, by its call or else by its grid; ANYWHERE when neither tells.

    The nearest call area, by which a grid tells it, may lie across the water, or the border of a continent.
    """
    if chosen.callsign and (place := sums_places.place_of(chosen.callsign)):
        return place.continent
    countries = current_app.extensions["countries"]
    if countries and (point := middle_of(chosen.grid.upper())):
        return str(countries.continent_at(point))
    return ANYWHERE


def _names(by: str) -> dict[str, str]:
    """Of the columns' parts."""
    return {"": "no band"} | {band: metres(band) for band in BANDS} if by == "band" else MODE_NAMES


def _months(first: datetime, now: datetime) -> list[tuple[str, datetime]]:
    """Those that have sums, the newest first."""
    found, day = [], now.replace(day=1)
    while (day.year, day.month) >= (first.year, first.month):
        found.append((f"{day:%Y-%m}", day))
        day = day.replace(year=day.year - (day.month == 1), month=(day.month - 2) % 12 + 1)
    return found
