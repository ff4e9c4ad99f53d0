"""The queries and answers of the sums, as the OpenAPI document describes them."""

from typing import Any

from marshmallow import Schema, fields

from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.countries import CONTINENTS
from spotkeeper.spots.modes import CLASSES
from spotkeeper.web.api.spots_arguments import Whole, Word
from spotkeeper.web.api.sums_fields import Time, grid, zone
from spotkeeper.web.api.sums_read import LONGEST_HOURS

WITHIN_KM = 1000


def _about(text: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"description": text, **more}}


def _hours(default: int, high: int = LONGEST_HOURS) -> Whole:
    return Whole(1, high, "How far back, in hours", load_default=default)


_SINCE = "Begin of the window; later than asked for when it holds too many spots to be read at once"


def _number(text: str) -> fields.Integer:
    return fields.Integer(required=True, **_about(text))


def _khz(text: str, **more: Any) -> fields.Float:
    return fields.Float(required=True, **more, **_about(f"{text}, in kHz"))


def _time(text: str, **more: Any) -> Time:
    return Time(required=True, **more, **_about(text))


class NoQuery(Schema):
    """Nothing can be asked for."""


class HoursQuery(Schema):
    """Of a window."""

    hours = _hours(24)


class TotalSchema(Schema):
    """Of all time."""

    spots = _number("How many were ever stored")
    dx = _number("Different calls that were spotted")
    spotters = _number("Different calls that spotted")
    first = _time("The oldest spot", allow_none=True)
    latest = _time("The newest spot", allow_none=True)


class TodaySchema(Schema):
    """Since midnight in UTC."""

    since = _time("Midnight")
    spots = _number("Spots")
    dx = _number("Different calls that were spotted")
    spotters = _number("Different calls that spotted")


class LastHourSchema(Schema):
    """Of the last 60 minutes."""

    spots = _number("Spots")
    spotters = _number("Different calls that spotted")


class StatsSchema(Schema):
    """What the store holds."""

    until = _time("The moment of which it is")
    total = fields.Nested(TotalSchema, required=True)
    today = fields.Nested(TodaySchema, required=True)
    last_hour = fields.Nested(LastHourSchema, required=True)


class BandSchema(Schema):
    """A band in the window."""

    band = fields.String(required=True)
    spots = _number("Spots")
    people = _number("Those of people")
    machines = _number("Those of skimmers")
    dx = _number("Different calls that were spotted")
    min_khz = _khz("The lowest frequency")
    max_khz = _khz("The highest frequency")
    latest = _time("The newest spot")


class BandsSchema(Schema):
    """The bands with spots, the busiest first."""

    since = _time(_SINCE)
    until = _time("End of the window")
    bands = fields.List(fields.Nested(BandSchema), required=True)


class HistogramQuery(Schema):
    """Of a window."""

    bins = Whole(1, 200, "Into how many parts of equal width", load_default=50)
    band = Word(BANDS, "Of this band; else 1,800 to 54,000 kHz")
    hours = _hours(24)


class BinSchema(Schema):
    """A stretch of the band; the upper edge belongs to the next, but for the last one."""

    low_khz = _khz("The lower edge")
    high_khz = _khz("The upper edge")
    spots = _number("Spots")


class HistogramSchema(Schema):
    """Spots by frequency."""

    since = _time(_SINCE)
    until = _time("End of the window")
    band = fields.String(required=True, allow_none=True)
    spots = _number("In all bins")
    bins = fields.List(fields.Nested(BinSchema), required=True)


class ActivityQuery(Schema):
    """Of a window."""

    hours = _hours(24)
    timezone = zone(load_default="UTC", **_about("An IANA name, such as Europe/Paris"))


class HourSchema(Schema):
    """An hour of UTC."""

    start = fields.String(
        required=True, **_about("Its beginning, in the time zone asked for", format="date-time")
    )
    hour = _number("Its beginning on the clock there, 0 to 23")
    spots = _number("Spots")
    people = _number("Those of people")
    machines = _number("Those of skimmers")
    dx = fields.Integer(
        required=True, allow_none=True, **_about("Different calls that were spotted; null: not counted yet")
    )
    spotters = fields.Integer(
        required=True, allow_none=True, **_about("Different calls that spotted; null: not counted yet")
    )


class ActivitySchema(Schema):
    """Hour by hour, in order of time; the last one is still running."""

    until = _time("The moment of which it is")
    timezone = fields.String(required=True)
    hours = fields.List(fields.Nested(HourSchema), required=True)


class TopQuery(Schema):
    """Of a window."""

    limit = Whole(1, 100, "How many of each kind", load_default=20)
    hours = _hours(24)


class TopSpottedSchema(Schema):
    """A station that was spotted."""

    call = fields.String(required=True)
    spots = _number("Times it was spotted")
    spotters = _number("By how many others")
    latest = _time("The last time")


class TopSpotterSchema(Schema):
    """A station that spotted."""

    call = fields.String(required=True)
    spots = _number("Spots it sent")
    dx = _number("Of how many others")
    latest = _time("The last one")


class TopSchema(Schema):
    """The busiest stations."""

    since = _time(_SINCE)
    until = _time("End of the window")
    spotted = fields.List(fields.Nested(TopSpottedSchema), required=True)
    spotters = fields.List(fields.Nested(TopSpotterSchema), required=True)


class DxccSchema(Schema):
    """A DXCC entity that was spotted."""

    dxcc = _number("ADIF's number")
    name = fields.String(required=True, allow_none=True)
    spots = _number("Spots")
    people = _number("Those of people")
    machines = _number("Those of skimmers")
    bands = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, **_about("Spots by band")
    )


class DxccsSchema(Schema):
    """The entities that were spotted in these hours, the one that runs among them; the busiest first."""

    since = _time("Begin of the first hour")
    until = _time("The moment of which it is")
    dxcc = fields.List(fields.Nested(DxccSchema), required=True)


class SolarQuery(Schema):
    """Of a window."""

    hours = _hours(24, 720)


class FigureSchema(Schema):
    """A figure of the Sun or of the Earth's magnetic field."""

    value = _number("The last one that was told")
    time = _time("When that was")
    since = _time(
        "The first figure of the 24 hours before it in a bulletin of the same kind; null when there is none",
        allow_none=True,
    )
    change = fields.Integer(required=True, allow_none=True, **_about("Since then"))


class BulletinSchema(Schema):
    """A WWV or WCY bulletin."""

    time = _time("Its hour")
    kind = fields.String(required=True, **_about("WWV or WCY"))
    station = fields.String(required=True)
    sfi = fields.Integer(required=True, allow_none=True, **_about("Solar flux index"))
    a_index = fields.Integer(required=True, allow_none=True)
    k_index = fields.Integer(required=True, allow_none=True)
    expected_k = fields.Integer(required=True, allow_none=True)
    sunspots = fields.Integer(required=True, allow_none=True)
    text = fields.String(required=True, **_about("What it says besides, in its own words"))


class SolarSchema(Schema):
    """The last figures, null when none was told in a week, and the bulletins of the window, newest first."""

    until = _time("The moment of which it is")
    sfi = fields.Nested(FigureSchema, required=True, allow_none=True)
    a_index = fields.Nested(FigureSchema, required=True, allow_none=True)
    k_index = fields.Nested(FigureSchema, required=True, allow_none=True)
    bulletins = fields.List(fields.Nested(BulletinSchema), required=True)


class ConditionsQuery(Schema):
    """Where `near` is; what is given must hold together. A spot is near when its spotter is."""

    grid = grid(**_about("Spotters within `within_km` of the middle of this grid"))
    within_km = Whole(1, 20000, "How far from the grid", load_default=WITHIN_KM)
    dxcc = Whole(1, 999, "Spotters of this DXCC entity, by ADIF's number")
    continent = Word(CONTINENTS, "Spotters of this continent")


class EvidenceSchema(Schema):
    """What speaks for an opening: nothing that a station told of itself."""

    spots = _number("Spots, without self-spots")
    spotters = _number("Different calls that spotted")
    latest = _time("The newest spot", allow_none=True)
    max_khz = _khz("The highest frequency that was spotted", allow_none=True)


class ModeClassSchema(EvidenceSchema):
    """Of one class of modes."""

    mode_class = fields.String(required=True, **_about("The class of modes", enum=list(CLASSES)))
    near = fields.Nested(EvidenceSchema, required=True, allow_none=True)


class ContinentPairSchema(Schema):
    """Between two continents; null where one is not known."""

    dx = fields.String(required=True, allow_none=True)
    spotter = fields.String(required=True, allow_none=True)
    spots = _number("Spots")


class NowSchema(EvidenceSchema):
    """A band, or a part of it."""

    band = fields.String(required=True)
    near = fields.Nested(
        EvidenceSchema, required=True, allow_none=True, **_about("Null when no place was asked for")
    )
    modes = fields.List(fields.Nested(ModeClassSchema), required=True)
    continents = fields.List(
        fields.Nested(ContinentPairSchema), required=True, **_about("Of DX and spotter, the busiest first")
    )
    voice_segment_spots = _number(
        "Spots of any mode in 7125-7300, 14150-14350, 18110-18168, 21200-21450, 24930-24990, 28300-29700 kHz,"
        " by the frequency alone: also where the region of the DX has no band there. Self-spots"
        " are among them."
    )


class ConditionsSchema(Schema):
    """The last 30 minutes: 160 m to 2 m, and further bands that have spots."""

    since = _time("Begin of the window")
    until = _time("End of the window")
    newest = _time("The newest spot of any band and age: whether spots come at all", allow_none=True)
    bands = fields.List(fields.Nested(NowSchema), required=True)
    ten_metre_fm = fields.Nested(
        NowSchema, required=True, **_about("29.5 to 29.7 MHz, by frequency: voice, and what names no mode")
    )


class CallQuery(Schema):
    """From where, and how far back."""

    grid = grid(**_about("Distance and bearing from the middle of this grid"))
    hours = _hours(24, 720)


class CountrySchema(Schema):
    """What the country file says of the call."""

    dxcc = _number("ADIF's number of the DXCC entity")
    name = fields.String(required=True)
    continent = fields.String(required=True)
    cq_zone = _number("CQ zone")
    itu_zone = _number("ITU zone")


class WaySchema(Schema):
    """Along the great circle from the grid that was given."""

    distance_km = _number("Distance")
    bearing = _number("Degrees at the grid that was given")
    place_source = fields.String(
        required=True, **_about("How well the call's place is known", enum=["grid", "country"])
    )


class OtherSchema(Schema):
    """A station at the other end."""

    call = fields.String(required=True)
    spots = _number("Spots")
    latest = _time("The newest spot")
    bands = fields.List(fields.String(), required=True)
    best_snr_db = fields.Integer(required=True, allow_none=True)
    distance_km = fields.Integer(required=True, allow_none=True)
    grid = fields.String(required=True, allow_none=True)
    dxcc = fields.Integer(required=True, allow_none=True)
    continent = fields.String(required=True, allow_none=True)


class SideSchema(Schema):
    """One direction, of the newest 2,000 spots of the window. What it told of itself is left out."""

    since = _time("Begin of what was read")
    spots = _number("Spots, without self-spots")
    by_band = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    by_hour = fields.List(
        fields.Integer(),
        required=True,
        **_about("24 numbers of spots, by hour of UTC", minItems=24, maxItems=24),
    )
    stations = fields.List(
        fields.Nested(OtherSchema), required=True, **_about("Up to 200, the ones with most spots first")
    )


class CallSchema(Schema):
    """What is known of a call. One that was never spotted has zeros and nulls."""

    call = fields.String(required=True)
    until = _time("End of the window")
    country = fields.Nested(CountrySchema, required=True, allow_none=True)
    grid = fields.String(required=True, allow_none=True, **_about("The last one that was said in a spot"))
    way = fields.Nested(WaySchema, required=True, allow_none=True)
    first_spotted = _time("Of all time", allow_none=True)
    last_spotted = _time("Of all time", allow_none=True)
    times_spotted = _number("Of all time, self-spots among them")
    first_spotting = _time("Of all time", allow_none=True)
    last_spotting = _time("Of all time", allow_none=True)
    times_spotting = _number("Of all time, self-spots among them")
    bands = fields.List(fields.String(), required=True, **_about("On which it was ever spotted"))
    heard_by = fields.Nested(SideSchema, required=True)
    hears = fields.Nested(
        SideSchema, required=True, **_about("Of a skimmer: of the hour before its last spot at most")
    )


class HealthSchema(Schema):
    """Whether it is well."""

    status = fields.String(required=True, **_about("up, or away when the database does not answer"))
