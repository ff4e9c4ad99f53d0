"""A spot as the API tells it, and the answers that hold spots."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import marshmallow
import msgspec
from marshmallow import fields

from spotkeeper.db.identity import spot_id
from spotkeeper.db.search_wanted import Row


def _text(description: str, **metadata: Any) -> fields.String:
    return fields.String(metadata={"description": description, **metadata})


def _text_or_null(description: str, **metadata: Any) -> fields.String:
    return fields.String(allow_none=True, metadata={"description": description, **metadata})


def _number_or_null(description: str) -> fields.Integer:
    return fields.Integer(allow_none=True, metadata={"description": description})


class SpotSchema(marshmallow.Schema):
    """One report that a station was heard. What the report does not give for sure is null."""

    id = _text(
        "Names the spot; a human's and a skimmer's of the same minute, calls and kHz have the same",
        pattern="^[0-9a-z]{1,6}-[0-9a-f]{16}$",
    )
    time = _text("The minute that the node gave it, UTC", format="date-time")
    dx = _text("The station that was heard")
    spotter = _text("Who reported it")
    frequency_khz = fields.Float(metadata={"description": "kHz, to the Hz"})
    band = _text_or_null("As 20m; null outside of the amateur bands")
    mode = _text_or_null("As CW, SSB, FT8")
    mode_source = _text_or_null("Whether the report says the mode or the band plan")
    source = _text("Who reported it: a human, or a skimmer", enum=["human", "machine"])
    snr_db = _number_or_null("Signal to noise, dB")
    wpm = _number_or_null("Speed of CW, words per minute")
    report = _text_or_null("As the comment says it: 599, 5/9+20")
    comment = _text("Without control characters")
    dx_grid = _text_or_null("Maidenhead locator, where the report says it")
    spotter_grid = _text_or_null("Maidenhead locator, where the report says it")
    dx_dxcc = _number_or_null("ADIF's number of the entity; it and the next three are of the country file")
    dx_continent = _text_or_null("As EU")
    dx_cq_zone = _number_or_null("CQ zone")
    dx_itu_zone = _number_or_null("ITU zone")
    spotter_dxcc = _number_or_null("As of the DX")
    spotter_continent = _text_or_null("As EU")
    spotter_cq_zone = _number_or_null("CQ zone")
    spotter_itu_zone = _number_or_null("ITU zone")
    distance_km = _number_or_null("Along the great circle")
    bearing = _number_or_null("From the spotter to the DX, degrees")
    place_source = _text_or_null("Whether the distance is by grids, or by a country at one end at least")
    propagation = _text_or_null("ADIF's PROP_MODE, where the report says it")
    satellite = _text_or_null("As QO-100")
    qsx_khz = fields.Float(allow_none=True, metadata={"description": "Where the DX listens, kHz"})
    references = fields.List(
        fields.String(),
        metadata={"description": "As POTA:US-0001, SOTA:W6/CT-001, IOTA:EU-005, WWFF:DLFF-0001"},
    )
    beacon = fields.Boolean(metadata={"description": "Whether the DX is a beacon"})
    node = _text("The node it came from first")
    recovered = fields.Boolean(metadata={"description": "Came as history (sh/dx), not live"})
    received = _text_or_null("When its line was read, UTC", format="date-time")


class SpotsSchema(marshmallow.Schema):
    """A page of spots, the newest first."""

    spots = fields.List(fields.Nested(SpotSchema), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Parameter `cursor` of the next page; null when there is no more"},
    )
    searched_to = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "format": "date-time",
            "description": "All spots not older than this were looked at; null stands for the beginning."
            " A page may have fewer spots than asked for, even none, and a next one: looking took long.",
        },
    )


class SpotAloneSchema(marshmallow.Schema):
    """A spot and who else heard the same."""

    spot = fields.Nested(SpotSchema, required=True)
    also_heard = fields.List(
        fields.Nested(SpotSchema),
        required=True,
        metadata={
            "description": "Other spots of the same DX around that time, the newest first, at most 200"
        },
    )


FIELDS = tuple(SpotSchema().fields)

# By fields of Row.
_Columns = Mapping[str, Sequence[Any]]


def time_or_none(moment: datetime | None) -> str | None:
    """As the API writes times, which are in UTC."""
    return None if moment is None else f"{moment.isoformat()[:19]}Z"


def _times(stored: _Columns) -> Iterable[str | None]:
    told = {time: time_or_none(time) for time in set(stored["time"])}
    return map(told.__getitem__, stored["time"])


# What is not told as it is stored.
_MADE: dict[str, Callable[[_Columns], Iterable[Any]]] = {
    "id": lambda stored: map(spot_id, stored["time"], stored["key"]),
    "time": _times,
    "frequency_khz": lambda stored: [hz / 1000 for hz in stored["frequency_hz"]],
    "qsx_khz": lambda stored: [None if hz is None else hz / 1000 for hz in stored["qsx_hz"]],
    "references": lambda stored: [refs or [] for refs in stored["refs"]],
    "received": lambda stored: [
        None if moment is None else f"{moment.isoformat(timespec='milliseconds')[:23]}Z"
        for moment in stored["received"]
    ],
}


def columns(spots: Sequence[Row], names: Sequence[str]) -> list[Iterable[Any]]:
    """The spots as JSON has them: of each named field the values of all."""
    if not spots:
        return [()] * len(names)
    stored = dict(zip(Row._fields, zip(*spots, strict=True), strict=True))
    return [_MADE[name](stored) if name in _MADE else stored[name] for name in names]


def objects(spots: Sequence[Row], names: tuple[str, ...] = FIELDS) -> list[msgspec.Struct]:
    """The spots, each with these fields in this order."""
    return list(map(_kind(names), *columns(spots, names)))


@lru_cache
def _kind(names: tuple[str, ...]) -> type[msgspec.Struct]:
    return msgspec.defstruct("Spot", [(name, Any) for name in names], frozen=True, gc=False)
