"""Where the Sun stands, and when it rises and sets.

The Sun's place by the US Naval Observatory's "Computing Approximate Solar Coordinates" (those of the
Astronomical Almanac) and its "Approximate Sidereal Time": right to an arc minute from 1800 to 2200.
"""

from datetime import UTC, datetime, timedelta
from math import acos, asin, atan2, cos, degrees, pi, radians, sin
from typing import Literal, NamedTuple

from spotkeeper.spots.places import Point

Light = Literal["day", "grey line", "night"]

GREY_LINE = 6.0
"""Degrees on both sides of the horizon; below it that is civil twilight."""

_EPOCH = datetime(2000, 1, 1, 12, tzinfo=UTC)
# Refraction and half the Sun's width: its upper edge is seen when its middle stands so high.
_HORIZON = radians(-0.833)
_DAY = timedelta(days=1)
# The Sun moves on while the Earth turns: from noon's declination to that of the rising itself.
_ROUNDS = 4


class Day(NamedTuple):
    """Sunrise and sunset around a noon, in UTC; both None while the Sun stays up, or down, one of them on the
    day on which that begins or ends.
    """

    noon: datetime
    rise: datetime | None
    set: datetime | None


def elevation(point: Point, moment: datetime) -> float:
    """Degrees of the Sun's middle over the horizon, without refraction."""
    declination, hour_angle = _place(point, moment)
    return degrees(
        asin(point.sin_latitude * sin(declination) + point.cos_latitude * cos(declination) * cos(hour_angle))
    )


def light(degrees_up: float) -> Light:
    """What kind of light there is when the Sun stands so high."""
    if abs(degrees_up) <= GREY_LINE:
        return "grey line"
    return "day" if degrees_up > 0 else "night"


def day(point: Point, moment: datetime) -> Day:
    """Of the noon that is nearest to the moment, to a minute, but near the poles."""
    _, hour_angle = _place(point, moment)
    noon = moment - _turned(hour_angle)
    _, left = _place(point, noon)
    noon -= _turned(left)
    return Day(noon, _crossing(point, noon, -1), _crossing(point, noon, 1))


def _crossing(point: Point, noon: datetime, side: Literal[-1, 1]) -> datetime | None:
    """When the Sun's edge crosses the horizon, before noon or after it."""
    found = noon
    for _ in range(_ROUNDS):
        declination, hour_angle = _place(point, found)
        height = point.cos_latitude * cos(declination)
        if height < 1e-9:
            return None
        wanted = (sin(_HORIZON) - point.sin_latitude * sin(declination)) / height
        if not -1 <= wanted <= 1:
            return None
        found += _turned((side * acos(wanted) - hour_angle + pi) % (2 * pi) - pi)
    return found if abs(found - noon) < _DAY / 2 + timedelta(minutes=30) else None


def _place(point: Point, moment: datetime) -> tuple[float, float]:
    """The Sun's declination, and how far it is past the point's noon, from -pi to pi; radians."""
    days = (moment - _EPOCH) / _DAY
    anomaly = radians(357.529 + 0.98560028 * days)
    longitude = radians(280.459 + 0.98564736 * days + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    tilt = radians(23.439 - 0.00000036 * days)
    ascension = atan2(cos(tilt) * sin(longitude), cos(longitude))
    sidereal = (18.697374558 + 24.06570982441908 * days) * pi / 12
    hour_angle = (sidereal + point.radians_east - ascension + pi) % (2 * pi) - pi
    return asin(sin(tilt) * sin(longitude)), hour_angle


def _turned(angle: float) -> timedelta:
    """How long the Earth takes for it."""
    return _DAY * (angle / (2 * pi))
