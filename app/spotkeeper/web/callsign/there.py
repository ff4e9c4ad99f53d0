"""Where a call is: the ways there, and the Sun."""

from datetime import datetime, timedelta
from typing import NamedTuple

from spotkeeper.spots import sun
from spotkeeper.spots.places import EARTH_RADIUS_KM, Point, middle_of, way
from spotkeeper.spots.sun import Day, Light
from spotkeeper.web.api.sums_places import Position

AROUND_KM = round(2 * 3.141592653589793 * EARTH_RADIUS_KM)


class Way(NamedTuple):
    """Along the great circle, in kilometres and degrees."""

    kilometres: int
    bearing: int


class Ways(NamedTuple):
    """The short one, and the long one around the other side of the earth."""

    short: Way
    long: Way


class SunThere(NamedTuple):
    """Degrees over the horizon, what light that is, the day around, and the time by the Sun."""

    elevation: int
    light: Light
    day: Day
    clock: datetime


def ways(grid: str, position: Position | None) -> Ways | None:
    """From the middle of the grid; None when an end is not known, or both are the same."""
    here = middle_of(grid.upper())
    if here is None or position is None:
        return None
    kilometres, bearing = way(here, position.point)
    if kilometres is None or bearing is None:
        return None
    return Ways(Way(kilometres, bearing), Way(AROUND_KM - kilometres, (bearing + 180) % 360))


def sun_there(point: Point, now: datetime) -> SunThere:
    """At that moment."""
    elevation = sun.elevation(point, now)
    clock = now + timedelta(hours=point.longitude / 15)
    return SunThere(round(elevation), sun.light(elevation), sun.day(point, now), clock)
