"""Sums of API v1: the store, bands, frequencies, hours, stations, entities and the Sun."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from spotkeeper.db import sums
from spotkeeper.db.sums import Bulletin
from spotkeeper.web.api import sums_answers, sums_places, sums_read
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.sums_histogram import histogram
from spotkeeper.web.api.sums_schemas import (
    ActivityQuery,
    ActivitySchema,
    BandsSchema,
    DxccsSchema,
    HistogramQuery,
    HistogramSchema,
    HoursQuery,
    NoQuery,
    SolarQuery,
    SolarSchema,
    StatsSchema,
    TopQuery,
    TopSchema,
)
from spotkeeper.web.database import transaction

FIGURES_KEPT = timedelta(days=7)
TREND = timedelta(hours=24)

blueprint = Blueprint("sums", __name__, "Sums: what there is, how much, when and where")
blueprint.record(sums_read.add_to)
blueprint.record(sums_places.add_to)
blueprint.after_request(sums_answers.tell_how_long)


@blueprint.route("/stats")
@blueprint.arguments(NoQuery, location="query")
@blueprint.response(200, StatsSchema)
def stats(_query: dict[str, Any]) -> dict[str, Any]:
    """Count the store: all time, today and the last hour"""
    until, found = sums_read.stats()
    return {
        "until": until,
        "total": {
            "spots": found.spots,
            "dx": found.dx,
            "spotters": found.spotters,
            "first": found.first,
            "latest": found.latest,
        },
        "today": {
            "since": sums_read.midnight(until),
            "spots": found.spots_today,
            "dx": found.dx_today,
            "spotters": found.spotters_today,
        },
        "last_hour": {"spots": found.spots_last_hour, "spotters": found.spotters_last_hour},
    }


@blueprint.route("/bands")
@blueprint.arguments(HoursQuery, location="query")
@blueprint.response(200, BandsSchema)
def bands(query: dict[str, Any]) -> dict[str, Any]:
    """Sum up each band"""
    since, until, found = sums_read.bands(query["hours"])
    return {
        "since": since,
        "until": until,
        "bands": [
            {
                **band._asdict(),
                "machines": band.spots - band.people,
                "min_khz": band.lowest_hz / 1000,
                "max_khz": band.highest_hz / 1000,
            }
            for band in found
        ],
    }


@blueprint.route("/frequency/histogram")
@blueprint.arguments(HistogramQuery, location="query")
@blueprint.response(200, HistogramSchema)
def frequency_histogram(query: dict[str, Any]) -> dict[str, Any]:
    """Count spots by frequency"""
    since, until, found = sums_read.frequencies(query["hours"])
    band = query.get("band")
    bins = histogram(found, band, query["bins"])
    return {
        "since": since,
        "until": until,
        "band": band,
        "spots": sum(part.spots for part in bins),
        "bins": bins,
    }


@blueprint.route("/activity/hourly")
@blueprint.arguments(ActivityQuery, location="query")
@blueprint.response(200, ActivitySchema)
def activity_hourly(query: dict[str, Any]) -> dict[str, Any]:
    """Count spots and stations hour by hour"""
    zone = ZoneInfo(query["timezone"])
    _, until, found = sums_read.activity(query["hours"])
    rows = []
    for counted in found:
        start = counted.hour.hour.astimezone(zone)
        rows.append(
            {
                "start": start.isoformat(),
                "hour": start.hour,
                "spots": counted.hour.spots,
                "people": counted.hour.people,
                "machines": counted.hour.machines,
                "dx": counted.dx,
                "spotters": counted.spotters,
            }
        )
    return {"until": until, "timezone": query["timezone"], "hours": rows}


@blueprint.route("/callsigns/top")
@blueprint.arguments(TopQuery, location="query")
@blueprint.response(200, TopSchema)
def callsigns_top(query: dict[str, Any]) -> dict[str, Any]:
    """List the stations with most spots"""
    since, until, found = sums_read.top(query["hours"])
    return {
        "since": since,
        "until": until,
        "spotted": [
            {"call": top.call, "spots": top.spots, "spotters": top.others, "latest": top.latest}
            for top in found.spotted[: query["limit"]]
        ],
        "spotters": [
            {"call": top.call, "spots": top.spots, "dx": top.others, "latest": top.latest}
            for top in found.spotters[: query["limit"]]
        ],
    }


@blueprint.route("/dxcc")
@blueprint.arguments(HoursQuery, location="query")
@blueprint.response(200, DxccsSchema)
def dxcc(query: dict[str, Any]) -> dict[str, Any]:
    """List the DXCC entities that were spotted"""
    since, until, found = sums_read.dxcc(query["hours"])
    entities: defaultdict[int, dict[str, Any]] = defaultdict(
        lambda: {"spots": 0, "people": 0, "machines": 0, "bands": {}}
    )
    for row in found:
        entity = entities[row.dxcc]
        entity["people"] += row.people
        entity["machines"] += row.machines
        entity["spots"] += row.people + row.machines
        if row.band:
            entity["bands"][row.band] = row.people + row.machines
    listed = [
        {"dxcc": number, "name": sums_places.name_of(number), **entity} for number, entity in entities.items()
    ]
    listed.sort(key=lambda entity: (-entity["spots"], entity["dxcc"]))
    return {"since": since, "until": until, "dxcc": listed}


@blueprint.route("/solar")
@blueprint.arguments(SolarQuery, location="query")
@blueprint.response(200, SolarSchema)
def solar(query: dict[str, Any]) -> dict[str, Any]:
    """Tell solar flux, A and K"""
    until = datetime.now(UTC)
    since = until - timedelta(hours=query["hours"])
    with transaction() as connection:
        found = sums.bulletins(connection, min(since, until - FIGURES_KEPT))
    return {
        "until": until,
        **{name: _figure(found, name) for name in ("sfi", "a_index", "k_index")},
        "bulletins": [bulletin for bulletin in found if bulletin.time >= since],
    }


def _figure(bulletins: Sequence[Bulletin], name: str) -> dict[str, Any] | None:
    """The newest value, and its change over the day before it; of bulletins with the newest first."""
    told = [(row.time, value) for row in bulletins if (value := getattr(row, name)) is not None]
    if not told:
        return None
    time, value = told[0]
    day = [before for then, before in told[1:] if time - TREND <= then < time]
    return {"value": value, "time": time, "change": value - day[-1] if day else None}
