"""When a band is open between two places: a plain model of the sun's height along the path."""

import math
from dataclasses import dataclass
from functools import cache

from simulator.places import Place

EARTH_RADIUS_KM = 6371.0
_YEAR_SECONDS = 365.2425 * 86400


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A band's segments as (low, high) in kHz, and how it carries by day and by night.

    `day` and `night` are the chance that a path of no length is open, 0 to 1; `day_km` and `night_km` are its
    reach; paths shorter than `skip_km` are hardly heard; `popular` is how many people use it.
    """

    name: str
    popular: float
    day: float
    day_km: float
    night: float
    night_km: float
    skip_km: float
    segments: dict[str, tuple[float, float]]


# band, popular, day, day_km, night, night_km, skip_km, segments in kHz
_TABLE = """
630m 0.02 0.02   200 1     3000    0 CW 472-474, FT8 474.2
160m 0.7  0.02   300 1     9000    0 CW 1810-1836, FT8 1840, SSB 1843-1990
80m  1.2  0.15   600 1    12000    0 CW 3501-3565, FT8 3573, FT4 3575, RTTY 3580-3599, SSB 3650-3799
60m  0.2  0.4   1000 0.9   9000    0 CW 5351.5-5354, SSB 5354-5363, FT8 5357
40m  2.2  0.5   1500 1    20000    0 CW 7001-7037, RTTY 7040-7046, FT4 7047.5, FT8 7074, SSB 7125-7200
30m  1    0.8   3500 0.8  20000  200 CW 10101-10129, FT8 10136, FT4 10140, RTTY 10141-10149
20m  3    1    20000 0.3  12000  600 CW 14001-14068, FT8 14074, FT4 14080, RTTY 14081-14098, SSB 14125-14340
17m  1.4  1    20000 0.12 12000  800 CW 18069-18094, FT8 18100, FT4 18104, SSB 18112-18165
15m  2.2  0.9  20000 0.05 12000 1000 CW 21001-21068, FT8 21074, RTTY 21080-21098, FT4 21140, SSB 21160-21440
12m  0.9  0.7  20000 0.02  9000 1200 CW 24891-24913, FT8 24915, FT4 24919, SSB 24932-24985
10m  2    0.8  18000 0.01  6000 1200 CW 28001-28068, FT8 28074, RTTY 28080-28098, FT4 28180, SSB 28310-28590
6m   1    0.1   2500 0.02  2000    0 CW 50080-50099, SSB 50110-50200, FT8 50313, FT4 50318
2m   0.4  0.15   700 0.15   700    0 CW 144020-144090, FT8 144174, SSB 144200-144320, FM 145500-145575
70cm 0.1  0.1    500 0.1    500    0 CW 432050-432090, FT8 432174, SSB 432200-432250
"""


def _read(row: str) -> Band:
    name, popular, day, day_km, night, night_km, skip_km, segments = row.split(None, 7)
    edges = {}
    for segment in segments.split(", "):
        mode, khz = segment.split()
        low, _, high = khz.partition("-")
        edges[mode] = float(low), float(high or low)
    return Band(
        name,
        float(popular),
        float(day),
        float(day_km),
        float(night),
        float(night_km),
        float(skip_km),
        edges,
    )


BANDS = tuple(_read(row) for row in _TABLE.strip().splitlines())


def sun_height(latitude: float, longitude: float, time: float) -> float:
    """The sun's elevation in degrees at a place (degrees, east positive) and Unix time, to two degrees."""
    declination = math.radians(23.44) * math.sin(math.tau * (time / _YEAR_SECONDS - 0.22))
    hour_angle = math.radians(15 * (time % 86400 / 3600 - 12) + longitude)
    here = math.radians(latitude)
    return math.degrees(
        math.asin(
            math.sin(here) * math.sin(declination)
            + math.cos(here) * math.cos(declination) * math.cos(hour_angle)
        )
    )


def daylight(latitude: float, longitude: float, time: float) -> float:
    """From 0 (deep night) over dawn and dusk to 1 (day)."""
    return min(max((sun_height(latitude, longitude, time) + 6) / 18, 0.0), 1.0)


def openness(a: Place, b: Place, time: float) -> tuple[float, ...]:
    """For each of BANDS the chance, 0 to 1, that a station at `a` is heard at `b` at this Unix time."""
    kilometres, middle = _path(a, b)
    points = (a.latitude, a.longitude), middle, (b.latitude, b.longitude)
    along = [daylight(*point, time) for point in points]
    lit, dark = min(along), 1 - max(along)
    return tuple(_carries(band, kilometres, lit, dark) for band in BANDS)


def _carries(band: Band, kilometres: float, lit: float, dark: float) -> float:
    """`lit` and `dark` are how much of day and of night the whole path has, 0 to 1; the rest is twilight."""
    twilight = 1 - lit - dark
    reach = lit * band.day_km + dark * band.night_km + twilight * min(band.day_km, band.night_km)
    if kilometres >= reach:
        return 0.0
    worse, better = sorted((band.day, band.night))
    chance = lit * band.day + dark * band.night + twilight * (worse + (better - worse) / 8)
    chance *= 1 - (kilometres / reach) ** 2
    return chance / 20 if kilometres < band.skip_km else chance


@cache
def _path(a: Place, b: Place) -> tuple[float, tuple[float, float]]:
    """Length in km and middle (latitude, longitude) of the great circle between two places."""
    x, y, z = (p + q for p, q in zip(_unit(a), _unit(b), strict=True))
    half_angle = math.acos(min(math.hypot(x, y, z) / 2, 1.0))
    middle = math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
    return 2 * half_angle * EARTH_RADIUS_KM, middle


def _unit(place: Place) -> tuple[float, float, float]:
    latitude, longitude = math.radians(place.latitude), math.radians(place.longitude)
    return (
        math.cos(latitude) * math.cos(longitude),
        math.cos(latitude) * math.sin(longitude),
        math.sin(latitude),
    )
