"""Sums of API v1: the store, bands, frequencies, hours, stations, entities and the Sun."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from spotkeeper.db.sums import Bulletin
from spotkeeper.web.api import sums_answers, sums_places, sums_read
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.sums_answers import told
from spotkeeper.web.api.sums_histogram import histogram
from spotkeeper.web.api.sums_read import StatsThen, Windowed
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

TREND = timedelta(hours=24)

blueprint = Blueprint("sums", __name__, "Sums: what there is, how much, when and where")
blueprint.record(sums_read.add_to)
blueprint.record(sums_places.add_to)
blueprint.record(sums_answers.add_to)
blueprint.after_request(sums_answers.tell_how_long)


@blueprint.route("/stats")
@blueprint.arguments(NoQuery, location="query")
@blueprint.response(200, StatsSchema)
@told(StatsSchema, lambda query: sums_read.stats())
def stats(_query: dict[str, Any], found: StatsThen) -> dict[str, Any]:
    """Count the store: all time, today and the last hour"""
    sums = found.sums
    return {
        "until": found.until,
        "total": {
            "spots": sums.spots,
            "dx": sums.dx,
            "spotters": sums.spotters,
            "first": sums.first,
            "latest": sums.latest,
        },
        "today": {
            "since": sums_read.midnight(found.until),
            "spots": sums.spots_today,
            "dx": sums.dx_today,
            "spotters": sums.spotters_today,
        },
        "last_hour": {"spots": sums.spots_last_hour, "spotters": sums.spotters_last_hour},
    }


@blueprint.route("/bands")
@blueprint.arguments(HoursQuery, location="query")
@blueprint.response(200, BandsSchema)
@told(BandsSchema, lambda query: sums_read.bands(query["hours"]))
def bands(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """Sum up each band"""
    return {
        "since": found.since,
        "until": found.until,
        "bands": [
            {
                **band._asdict(),
                "machines": band.spots - band.people,
                "min_khz": band.lowest_hz / 1000,
                "max_khz": band.highest_hz / 1000,
            }
            for band in found.sums
        ],
    }


@blueprint.route("/frequency/histogram")
@blueprint.arguments(HistogramQuery, location="query")
@blueprint.response(200, HistogramSchema)
@told(HistogramSchema, lambda query: sums_read.frequencies(query["hours"]))
def frequency_histogram(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """Count spots by frequency"""
    band = query.get("band")
    bins = histogram(found.sums, band, query["bins"])
    return {
        "since": found.since,
        "until": found.until,
        "band": band,
        "spots": sum(part.spots for part in bins),
        "bins": bins,
    }


@blueprint.route("/activity/hourly")
@blueprint.arguments(ActivityQuery, location="query")
@blueprint.response(200, ActivitySchema)
@told(ActivitySchema, lambda query: sums_read.activity(query["hours"]))
def activity_hourly(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """Count spots and stations hour by hour"""
    zone = ZoneInfo(query["timezone"])
    rows = []
    for counted in found.sums:
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
    return {"until": found.until, "timezone": query["timezone"], "hours": rows}


@blueprint.route("/callsigns/top")
@blueprint.arguments(TopQuery, location="query")
@blueprint.response(200, TopSchema)
@told(TopSchema, lambda query: sums_read.top(query["hours"]))
def callsigns_top(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """List the stations with most spots"""
    return {
        "since": found.since,
        "until": found.until,
        "spotted": [
            {"call": top.call, "spots": top.spots, "spotters": top.others, "latest": top.latest}
            for top in found.sums.spotted[: query["limit"]]
        ],
        "spotters": [
            {"call": top.call, "spots": top.spots, "dx": top.others, "latest": top.latest}
            for top in found.sums.spotters[: query["limit"]]
        ],
    }


@blueprint.route("/dxcc")
@blueprint.arguments(HoursQuery, location="query")
@blueprint.response(200, DxccsSchema)
@told(DxccsSchema, lambda query: sums_read.dxcc(query["hours"]))
def dxcc(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """List the DXCC entities that were spotted"""
    entities: defaultdict[int, dict[str, Any]] = defaultdict(
        lambda: {"spots": 0, "people": 0, "machines": 0, "bands": {}}
    )
    for row in found.sums:
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
    return {"since": found.since, "until": found.until, "dxcc": listed}


@blueprint.route("/solar")
@blueprint.arguments(SolarQuery, location="query")
@blueprint.response(200, SolarSchema)
@told(SolarSchema, lambda query: sums_read.solar(query["hours"]))
def solar(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """Tell solar flux, A and K"""
    return {
        "until": found.until,
        **{name: figure(found.sums, name) for name in ("sfi", "a_index", "k_index")},
        "bulletins": [bulletin for bulletin in found.sums if bulletin.time >= found.since],
    }


def figure(bulletins: Sequence[Bulletin], name: str) -> dict[str, Any] | None:
    """The newest value, and its change over the day before it; of bulletins with the newest first.

    Each kind measures at a place of its own, so that the K of one says nothing of that of the other.
    """
    told = [row for row in bulletins if getattr(row, name) is not None]
    if not told:
        return None
    last, value = told[0], getattr(told[0], name)
    day = [row for row in told if row.kind == last.kind and last.time - TREND <= row.time < last.time]
    since, change = (day[-1].time, value - getattr(day[-1], name)) if day else (None, None)
    return {"value": value, "time": last.time, "since": since, "change": change}
