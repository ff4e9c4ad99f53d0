"""The Sun, against PyEphem."""

from datetime import UTC, datetime, timedelta
from math import degrees

import ephem
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spotkeeper.spots import sun
from spotkeeper.spots.places import Point

UNHURRIED = settings(deadline=None)
POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
MINUTE = timedelta(minutes=1)


def observer(point: Point, moment: datetime) -> ephem.Observer:
    """As `sun` sees it: without refraction."""
    found = ephem.Observer()
    found.lat, found.lon = str(point.latitude), str(point.longitude)
    found.date = moment.replace(tzinfo=None)
    found.pressure = 0
    found.horizon = "-0:49:59"
    return found


@UNHURRIED
@given(POINTS, MOMENTS)
def test_the_elevation_is_right_to_a_few_hundredths_of_a_degree(point: Point, moment: datetime) -> None:
    there = degrees(ephem.Sun(observer(point, moment)).alt)
    assert sun.elevation(point, moment) == pytest.approx(there, abs=0.03)


@UNHURRIED
@given(st.builds(Point, st.floats(-60, 60), st.floats(-180, 180)), MOMENTS)
def test_sunrise_and_sunset_are_right_to_a_minute(point: Point, moment: datetime) -> None:
    day = sun.day(point, moment)
    assert day.rise and day.set
    assert abs(day.noon - moment) < timedelta(hours=12, minutes=1)
    assert day.rise < day.noon < day.set
    noon = observer(point, day.noon)
    rise = noon.previous_rising(ephem.Sun(), use_center=True).datetime().replace(tzinfo=UTC)
    down = noon.next_setting(ephem.Sun(), use_center=True).datetime().replace(tzinfo=UTC)
    assert abs(day.rise - rise) < MINUTE
    assert abs(day.set - down) < MINUTE


@UNHURRIED
@given(POINTS, MOMENTS)
def test_the_sun_crosses_the_horizon_when_it_rises_and_sets(point: Point, moment: datetime) -> None:
    day = sun.day(point, moment)
    for crossing in (day.rise, day.set):
        if crossing:
            assert sun.elevation(point, crossing) == pytest.approx(-0.833, abs=0.05)


@UNHURRIED
@given(st.builds(Point, st.floats(68, 90), st.floats(-180, 180)), MOMENTS)
def test_where_it_does_not_rise_it_stays_up_or_down(point: Point, moment: datetime) -> None:
    day = sun.day(point, moment)
    if day.rise or day.set:
        return
    heights = [sun.elevation(point, day.noon + timedelta(hours=hours)) for hours in range(-11, 12)]
    # Within the half degree that the season moves the Sun in a day.
    assert min(heights) > -1.4 or max(heights) < -0.3


@pytest.mark.parametrize(
    ("height", "light"),
    [(90, "day"), (6.1, "day"), (6, "grey line"), (-6, "grey line"), (-6.1, "night"), (-90, "night")],
)
def test_light(height: float, light: str) -> None:
    assert sun.light(height) == light
