"""Where locators are, and how far."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhamtools.locator import calculate_distance, calculate_heading
from spotkeeper.spots.places import Point, middle_of, way

LOCATORS = st.from_regex(r"[A-R]{2}[0-9]{2}([A-X]{2}([0-9]{2})?)?", fullmatch=True)
# However busy the machine.
UNHURRIED = settings(deadline=None)

POINTS = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("locator", "latitude", "longitude"),
    [
        ("JN03", 43.5, 1.0),
        ("JN03RV", 43.8958, 1.4583),
        ("JN03RV55", 43.8979, 1.4625),
        ("AA00", -89.5, -179.0),
        ("RR99XX", 89.979, 179.958),
    ],
)
def test_the_middle_of_a_square(locator: str, latitude: float, longitude: float) -> None:
    point = middle_of(locator)
    assert point is not None
    assert (point.latitude, point.longitude) == pytest.approx((latitude, longitude), abs=1e-3)


@pytest.mark.parametrize(
    "text", ["", "JN", "JN0", "JN03R", "SN03", "JN03YZ", "jn03", "JN03RV5", "JN03RV55AA", "٠٠00"]
)
def test_what_is_no_locator(text: str) -> None:
    assert middle_of(text) is None


@pytest.mark.parametrize(
    ("start", "end", "kilometres", "degrees"),
    [
        # Paris to New York and Sydney, as great circle calculators give them for a sphere.
        (Point(48.8566, 2.3522), Point(40.7128, -74.0060), 5837, 292),
        (Point(48.8566, 2.3522), Point(-33.8688, 151.2093), 16960, 69),
        (Point(0, 0), Point(0, 90), 10008, 90),
        (Point(0, 179), Point(0, -179), 222, 90),
        (Point(0, 0), Point(-10, -0.001), 1112, 180),
        (Point(10, 20), Point(20, 20), 1112, 0),
    ],
)
def test_distance_and_bearing(start: Point, end: Point, kilometres: int, degrees: int) -> None:
    assert way(start, end) == (kilometres, degrees)


def test_no_direction_is_told_to_the_same_place_and_the_opposite_one() -> None:
    assert way(Point(40, 20), Point(40, 20)) == (None, None)
    assert way(Point(0, 0), Point(0, 180)) == (None, None)


@UNHURRIED
@given(POINTS, POINTS)
def test_there_and_back_is_as_far(a: Point, b: Point) -> None:
    there, back = way(a, b), way(b, a)
    assert there[0] == back[0]
    if there[0] is not None:
        assert there[1] is not None
        assert 0 <= there[0] <= 20016
        assert 0 <= there[1] < 360


@UNHURRIED
@given(LOCATORS, LOCATORS)
def test_pyhamtools_comes_to_the_same(here: str, there: str) -> None:
    start, end = middle_of(here), middle_of(there)
    assert start is not None
    assert end is not None
    kilometres, degrees = way(start, end)
    if kilometres is not None and degrees is not None:
        assert abs(kilometres - calculate_distance(here, there)) < 1
        if 1 < kilometres < 20000 and abs(start.latitude) < 89:
            turned = abs(degrees - calculate_heading(here, there))
            assert min(turned, 360 - turned) < 1
