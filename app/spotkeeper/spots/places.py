"""Points on the earth, what Maidenhead locators name, and the way between two of them."""

import re
from functools import lru_cache
from math import atan2, cos, degrees, hypot, radians, sin

EARTH_RADIUS_KM = 6371.0
# Field, square, subsquare, extended square.
LOCATOR = r"[A-R]{2}[0-9]{2}(?:[A-X]{2}(?:[0-9]{2})?+)?+"

_LOCATOR = re.compile(LOCATOR)
_LOCATORS_KEPT = 2048
_WAYS_KEPT = 4096


class Point:
    """A place in degrees, north and east positive; equal only to itself, so that a pair is found fast."""

    __slots__ = ("cos_latitude", "latitude", "longitude", "radians_east", "sin_latitude")

    def __init__(self, latitude: float, longitude: float) -> None:
        self.latitude = latitude
        self.longitude = longitude
        self.sin_latitude = sin(radians(latitude))
        self.cos_latitude = cos(radians(latitude))
        self.radians_east = radians(longitude)


@lru_cache(_LOCATORS_KEPT)
def middle_of(locator: str) -> Point | None:
    """The middle of the square that 4, 6 or 8 characters in capitals name; None of anything else."""
    if not _LOCATOR.fullmatch(locator):
        return None
    east, north, width = 0.0, 0.0, 20.0
    for index in range(0, len(locator), 2):
        first = ord("0") if locator[index].isdigit() else ord("A")
        if index:
            width /= 24 if first == ord("A") else 10
        east += (ord(locator[index]) - first) * width
        north += (ord(locator[index + 1]) - first) * width / 2
    return Point(north + width / 4 - 90, east + width / 2 - 180)


@lru_cache(_WAYS_KEPT)
def way(start: Point, end: Point) -> tuple[int, int] | tuple[None, None]:
    """Kilometres along the great circle and the bearing at its start in degrees, 0 to 359, by the sphere's
    trigonometry (the distance by Vincenty's form of it); None of two points that are the same or opposite,
    between which no direction is told.
    """
    east = end.radians_east - start.radians_east
    across = end.cos_latitude * sin(east)
    ahead = start.cos_latitude * end.sin_latitude - start.sin_latitude * end.cos_latitude * cos(east)
    aside = hypot(across, ahead)
    if aside < 1e-9:
        return None, None
    along = start.sin_latitude * end.sin_latitude + start.cos_latitude * end.cos_latitude * cos(east)
    return round(EARTH_RADIUS_KM * atan2(aside, along)), round(degrees(atan2(across, ahead))) % 360
