"""Points on the earth, what Maidenhead locators name, and the way between two of them."""

import re
from functools import lru_cache
from math import atan2, cos, degrees, hypot, radians, sin

EARTH_RADIUS_KM = 6371.0
# Field, square, subsquare, extended square.
LOCATOR = r"[A-R]{2}[0-9]{2}(?:[A-X]{2}(?:[0-9]{2})?)?"

_LOCATOR = re.compile(LOCATOR)
_A, _0 = b"A0"
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
    code = locator.encode()
    east: float = (code[0] - _A) * 20 + (code[2] - _0) * 2
    north: float = (code[1] - _A) * 10 + code[3] - _0
    if len(code) == 4:
        return Point(north - 89.5, east - 179)
    east += (code[4] - _A) / 12
    north += (code[5] - _A) / 24
    if len(code) == 6:
        return Point(north - 90 + 1 / 48, east - 180 + 1 / 24)
    return Point(
        north - 90 + (code[7] - _0 + 0.5) / 240,
        east - 180 + (code[6] - _0 + 0.5) / 120,
    )


def distance_km(start: Point, end: Point) -> int:
    """Along the great circle, by Vincenty's form of the sphere's trigonometry."""
    across, ahead, along = _seen(start, end)
    return round(EARTH_RADIUS_KM * atan2(hypot(across, ahead), along))


@lru_cache(_WAYS_KEPT)
def way(start: Point, end: Point) -> tuple[int, int] | tuple[None, None]:
    """`distance_km` and the bearing at the start in degrees, 0 to 359, by the sphere's trigonometry; None of
    two points that are the same or opposite, between which no direction is told.
    """
    across, ahead, along = _seen(start, end)
    aside = hypot(across, ahead)
    if aside < 1e-9:
        return None, None
    return round(EARTH_RADIUS_KM * atan2(aside, along)), round(degrees(atan2(across, ahead))) % 360


def _seen(start: Point, end: Point) -> tuple[float, float, float]:
    """The end from the start: to the east, to the north, and up; parts of the earth's radius."""
    east = end.radians_east - start.radians_east
    return (
        end.cos_latitude * sin(east),
        start.cos_latitude * end.sin_latitude - start.sin_latitude * end.cos_latitude * cos(east),
        start.sin_latitude * end.sin_latitude + start.cos_latitude * end.cos_latitude * cos(east),
    )
