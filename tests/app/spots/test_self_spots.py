"""Stations that spot themselves."""

import pytest
from spotkeeper.spots.self_spots import is_self_spot

SELF_SPOTS = [
    ("K4QQG", "K4QQG"),
    ("K4QQG/P", "K4QQG"),
    ("K4QQG", "K4QQG/7"),
    ("EA8/DL1ABC", "DL1ABC"),
    ("EA8/DL1ABC/P", "DL1ABC"),
    ("K4QQG/P", "K4QQG-2"),
    ("K4QQG-9", "K4QQG"),
]
OF_OTHERS = [
    ("K4QQG", "K4QQ"),
    ("K4QQG", "AK4QQG"),
    ("EA8/DL1ABC", "EA8/DL1ABD"),
    ("DL1ABC/P", "DL1ABD/P"),
    ("W1AB", "W1ABC/P"),
    ("K1ABC", "F5AAA"),
]
"""By DX and spotter."""


@pytest.mark.parametrize(("dx", "spotter"), SELF_SPOTS)
def test_a_station_spots_itself_also_away_from_home(dx: str, spotter: str) -> None:
    assert is_self_spot(dx, spotter)
    assert is_self_spot(spotter, dx)


@pytest.mark.parametrize(("dx", "spotter"), OF_OTHERS)
def test_calls_that_are_alike_are_of_two_stations(dx: str, spotter: str) -> None:
    assert not is_self_spot(dx, spotter)
    assert not is_self_spot(spotter, dx)
