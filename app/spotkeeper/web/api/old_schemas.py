"""The queries and answers of the old paths. Limits and what holds without a parameter are as they were."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields

from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.comment import MODES
from spotkeeper.web.account.chosen import shorten
from spotkeeper.web.api.spots_arguments import YEARS, Number, Whole, Word, call
from spotkeeper.web.api.sums_fields import zone
from spotkeeper.web.api.sums_read import LONGEST_HOURS

HIGHEST_KHZ = 100_000_000
LAST_OFFSET = 2000
# What is sure to be read; other forms of ISO 8601 are, too.
_USUAL_MOMENT = (
    "^(19[89][0-9]|20[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
    "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z?$"
)


class OldMoment(fields.Field[datetime]):
    """A time of ISO 8601; in UTC where it does not say."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        text = str(value)
        try:
            found = datetime.fromisoformat(text)
            moment = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(f"{shorten(text)} is not a time such as 2026-11-26T10:53:00Z.") from None
        if moment.year not in YEARS:
            raise ValidationError(f"{shorten(text)} is not of the years {YEARS[0]} to {YEARS[-1]}.")
        return moment


def _moment(text: str) -> OldMoment:
    return OldMoment(
        metadata={
            "type": "string",
            "pattern": _USUAL_MOMENT,
            "description": f"{text}: a time of ISO 8601, in UTC unless it says else",
        }
    )


def _hours() -> Whole:
    return Whole(1, LONGEST_HOURS, "How far back", load_default=24)


def _number() -> fields.Integer:
    return fields.Integer(required=True)


def _text(allow_none: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=allow_none)


class OldHealthSchema(Schema):
    """Whether it is well."""

    status = _text()
    database = _text()


class OldTotalSchema(Schema):
    """Of all time."""

    total_spots = _number()
    unique_dx_stations = _number()
    unique_spotters = _number()
    earliest_spot = _text(allow_none=True)
    latest_spot = _text(allow_none=True)


class OldTodaySchema(Schema):
    """Since midnight in UTC."""

    spots_today = _number()
    dx_stations_today = _number()
    spotters_today = _number()


class OldHourSchema(Schema):
    """Of the last 60 minutes."""

    spots_last_hour = _number()
    active_spotters = _number()


class OldStatsSchema(Schema):
    """What the store holds."""

    total = fields.Nested(OldTotalSchema, required=True)
    today = fields.Nested(OldTodaySchema, required=True)
    recent = fields.Nested(OldHourSchema, required=True)
    timestamp = _text()


class OldSpotsQuery(Schema):
    """Which spots."""

    limit = Whole(1, 1000, "How many at most", load_default=100)
    offset = Whole(0, LAST_OFFSET, "How many to pass over", load_default=0)
    band = Word(BANDS)
    min_freq = Number(HIGHEST_KHZ, "In kHz, inclusive")
    max_freq = Number(HIGHEST_KHZ, "In kHz, inclusive")
    dx_call = call()
    spotter_call = call()
    mode = Word(MODES)
    since = _moment("From then on")
    until = _moment("Up to then, inclusive")


class OldRecentQuery(Schema):
    """Which spots."""

    limit = Whole(1, 500, "How many at most", load_default=50)
    hours = _hours()


class OldSpotSchema(Schema):
    """A spot."""

    id = _number()
    timestamp = _text()
    dx_call = _text()
    frequency = fields.String(required=True, metadata={"description": "In kHz"})
    spotter_call = _text()
    comment = _text()
    mode = _text(allow_none=True)
    signal_report = _text(allow_none=True)
    grid_square = _text(allow_none=True)
    band = _text(allow_none=True)


class OldSpotsSchema(Schema):
    """Spots, the newest first."""

    spots = fields.List(fields.Nested(OldSpotSchema), required=True)
    count = _number()
    timestamp = _text()


class OldBandSchema(Schema):
    """A band."""

    band = _text()
    spot_count = _number()
    dx_stations = _number()
    min_freq = _text()
    max_freq = _text()
    latest_spot = _text()


class OldBandsSchema(Schema):
    """Bands with spots, the busiest first."""

    bands = fields.List(fields.Nested(OldBandSchema), required=True)
    timestamp = _text()


class OldHistogramQuery(Schema):
    """Of which spots, and into how many bins."""

    bins = Whole(1, 200, load_default=50)
    band = Word(BANDS)
    hours = _hours()


class OldBinSchema(Schema):
    """A stretch of the band, in kHz."""

    frequency_range = _text()
    count = _number()
    center_freq = fields.Float(required=True)


class OldHistogramSchema(Schema):
    """Spots by frequency."""

    histogram = fields.List(fields.Nested(OldBinSchema), required=True)
    band = _text(allow_none=True)
    bins = _number()
    total_spots = _number()
    timestamp = _text()


class OldActivityQuery(Schema):
    """Of which hours."""

    hours = _hours()
    timezone = zone(load_default="UTC")


class OldActivityHourSchema(Schema):
    """An hour of the day."""

    hour = _number()
    spot_count = _number()
    unique_dx = _number()
    unique_spotters = _number()


class OldActivitySchema(Schema):
    """By the hour of the day."""

    hourly_activity = fields.List(fields.Nested(OldActivityHourSchema), required=True)
    hours_analyzed = _number()
    timezone = _text()
    timestamp = _text()


class OldTopQuery(Schema):
    """How many, of which hours."""

    limit = Whole(1, 100, load_default=20)
    hours = _hours()


class OldTopSpottedSchema(Schema):
    """A station that was spotted."""

    callsign = _text()
    times_spotted = _number()
    spotted_by = _number()
    last_spotted = _text()


class OldTopSpotterSchema(Schema):
    """A station that spotted."""

    callsign = _text()
    spot_count = _number()
    stations_spotted = _number()
    last_activity = _text()


class OldTopSchema(Schema):
    """The busiest stations."""

    top_spotted = fields.List(fields.Nested(OldTopSpottedSchema), required=True)
    top_spotters = fields.List(fields.Nested(OldTopSpotterSchema), required=True)
    timestamp = _text()
