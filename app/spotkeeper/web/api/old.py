"""The paths of the API before this one, for the programs that use it: their names over the same sums.

Times are written as they were, "Sat, 18 Oct 2025 00:26:26 GMT", frequencies as text in kHz.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from flask import Response
from werkzeug.http import http_date

from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import End, Row, Wanted
from spotkeeper.web.access import public
from spotkeeper.web.api import sums_answers, sums_health, sums_read
from spotkeeper.web.api.blueprint import Blueprint
from spotkeeper.web.api.old_schemas import (
    OldActivityQuery,
    OldActivitySchema,
    OldBandsSchema,
    OldHealthSchema,
    OldHistogramQuery,
    OldHistogramSchema,
    OldRecentQuery,
    OldSpotsQuery,
    OldSpotsSchema,
    OldStatsSchema,
    OldTopQuery,
    OldTopSchema,
)
from spotkeeper.web.api.sums_answers import told
from spotkeeper.web.api.sums_fields import utc
from spotkeeper.web.api.sums_histogram import histogram
from spotkeeper.web.api.sums_read import StatsThen, Windowed
from spotkeeper.web.api.sums_schemas import NoQuery
from spotkeeper.web.database import reading

BANDS_HOURS = 24
NOT_KEPT = {"Cache-Control": "no-store"}
# The id of a spot was a number, and JavaScript has no larger ones.
_ID_BITS = 2**53 - 1

blueprint = Blueprint(
    "old", __name__, "The paths of the API before this one; new programs use /api/v1", url_prefix="/api"
)
blueprint.after_request(sums_answers.tell_how_long)


@blueprint.route("/health")
@public
@blueprint.doc(security=[])
@blueprint.response(200, OldHealthSchema)
@blueprint.alt_response(503, schema=OldHealthSchema, description="The database does not answer")
def health() -> tuple[dict[str, str], int, dict[str, str]]:
    """Tell whether the database answers"""
    if sums_health.is_ready():
        return {"status": "healthy", "database": "connected"}, 200, NOT_KEPT
    return {"status": "unhealthy", "database": "disconnected"}, 503, NOT_KEPT


@blueprint.route("/stats")
@blueprint.arguments(NoQuery, location="query")
@blueprint.response(200, OldStatsSchema)
@told(OldStatsSchema, lambda query: sums_read.stats())
def stats(_query: dict[str, Any], found: StatsThen) -> dict[str, Any]:
    """Count the store"""
    sums = found.sums
    return {
        "total": {
            "total_spots": sums.spots,
            "unique_dx_stations": sums.dx,
            "unique_spotters": sums.spotters,
            "earliest_spot": _date(sums.first),
            "latest_spot": _date(sums.latest),
        },
        "today": {
            "spots_today": sums.spots_today,
            "dx_stations_today": sums.dx_today,
            "spotters_today": sums.spotters_today,
        },
        "recent": {"spots_last_hour": sums.spots_last_hour, "active_spotters": sums.spotters_last_hour},
        "timestamp": utc(found.until),
    }


@blueprint.route("/spots")
@blueprint.arguments(OldSpotsQuery, location="query")
@blueprint.response(200, OldSpotsSchema)
def spots(query: dict[str, Any]) -> Response:
    """List spots, the newest first"""
    low, high = query.get("min_freq"), query.get("max_freq")
    wanted = Wanted(
        since=query.get("since"),
        until=query["until"] + timedelta(microseconds=1) if "until" in query else None,
        bands=_given(query, "band"),
        modes=_given(query, "mode"),
        dx=End(calls=_given(query, "dx_call")),
        spotter=End(calls=_given(query, "spotter_call")),
        min_hz=None if low is None else round(low * 1000),
        max_hz=None if high is None else round(high * 1000),
    )
    return _listed(wanted, query["limit"], query["offset"])


@blueprint.route("/spots/recent")
@blueprint.arguments(OldRecentQuery, location="query")
@blueprint.response(200, OldSpotsSchema)
def spots_recent(query: dict[str, Any]) -> Response:
    """List the spots of the last hours, the newest first"""
    return _listed(Wanted(since=datetime.now(UTC) - timedelta(hours=query["hours"])), query["limit"])


@blueprint.route("/bands")
@blueprint.arguments(NoQuery, location="query")
@blueprint.response(200, OldBandsSchema)
@told(OldBandsSchema, lambda query: sums_read.bands(BANDS_HOURS))
def bands(_query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """Sum up each band, of the last 24 hours"""
    return {
        "bands": [
            {
                "band": band.band,
                "spot_count": band.spots,
                "dx_stations": band.dx,
                "min_freq": _khz(band.lowest_hz),
                "max_freq": _khz(band.highest_hz),
                "latest_spot": _date(band.latest),
            }
            for band in found.sums
        ],
        "timestamp": utc(found.until),
    }


@blueprint.route("/frequency/histogram")
@blueprint.arguments(OldHistogramQuery, location="query")
@blueprint.response(200, OldHistogramSchema)
@told(OldHistogramSchema, lambda query: sums_read.frequencies(query["hours"]))
def frequency_histogram(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """Count spots by frequency"""
    bins = histogram(found.sums, query.get("band"), query["bins"])
    return {
        "histogram": [
            {
                "frequency_range": f"{part.low_khz:.1f}-{part.high_khz:.1f}",
                "count": part.spots,
                "center_freq": (part.low_khz + part.high_khz) / 2,
            }
            for part in bins
        ],
        "band": query.get("band"),
        "bins": query["bins"],
        "total_spots": sum(part.spots for part in bins),
        "timestamp": utc(found.until),
    }


@blueprint.route("/activity/hourly")
@blueprint.arguments(OldActivityQuery, location="query")
@blueprint.response(200, OldActivitySchema)
@told(OldActivitySchema, lambda query: sums_read.activity(query["hours"]))
def activity_hourly(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """Count spots and stations by the hour of the day; where several days have it, stations of the busiest"""
    zone = ZoneInfo(query["timezone"])
    by_hour: dict[int, dict[str, int]] = {}
    for counted in found.sums:
        hour = counted.hour.hour.astimezone(zone).hour
        row = by_hour.setdefault(hour, {"hour": hour, "spot_count": 0, "unique_dx": 0, "unique_spotters": 0})
        row["spot_count"] += counted.hour.spots
        row["unique_dx"] = max(row["unique_dx"], counted.dx or 0)
        row["unique_spotters"] = max(row["unique_spotters"], counted.spotters or 0)
    return {
        "hourly_activity": [by_hour[hour] for hour in sorted(by_hour)],
        "hours_analyzed": query["hours"],
        "timezone": query["timezone"],
        "timestamp": utc(found.until),
    }


@blueprint.route("/callsigns/top")
@blueprint.arguments(OldTopQuery, location="query")
@blueprint.response(200, OldTopSchema)
@told(OldTopSchema, lambda query: sums_read.top(query["hours"]))
def callsigns_top(query: dict[str, Any], found: Windowed) -> dict[str, Any]:
    """List the stations with most spots"""
    return {
        "top_spotted": [
            {
                "callsign": top.call,
                "times_spotted": top.spots,
                "spotted_by": top.others,
                "last_spotted": _date(top.latest),
            }
            for top in found.sums.spotted[: query["limit"]]
        ],
        "top_spotters": [
            {
                "callsign": top.call,
                "spot_count": top.spots,
                "stations_spotted": top.others,
                "last_activity": _date(top.latest),
            }
            for top in found.sums.spotters[: query["limit"]]
        ],
        "timestamp": utc(found.until),
    }


def _listed(wanted: Wanted, limit: int, offset: int = 0) -> Response:
    """What OldSpotsSchema describes, written without it: that takes four times as long."""
    with reading() as connection:
        found = search(connection, wanted, limit, skip=offset).spots
    content = {
        "spots": [_spot(row) for row in found],
        "count": len(found),
        "timestamp": utc(datetime.now(UTC)),
    }
    return Response(msgspec.json.encode(content), headers=NOT_KEPT, content_type="application/json")


def _spot(row: Row) -> dict[str, Any]:
    measured = None if row.snr_db is None else f"{row.snr_db} dB"
    return {
        "id": row.key & _ID_BITS,
        "timestamp": _date(row.time),
        "dx_call": row.dx,
        "frequency": _khz(row.frequency_hz),
        "spotter_call": row.spotter,
        "comment": row.comment,
        "mode": row.mode,
        "signal_report": row.report or measured,
        "grid_square": row.dx_grid,
        "band": row.band,
    }


def _given(query: dict[str, Any], name: str) -> tuple[str, ...]:
    return (query[name],) if name in query else ()


def _khz(frequency_hz: int) -> str:
    return f"{frequency_hz / 1000:.3f}"


@lru_cache(maxsize=1000)  # many spots are of the same minute
def _date(moment: datetime | None) -> str | None:
    return http_date(moment) if moment else None
