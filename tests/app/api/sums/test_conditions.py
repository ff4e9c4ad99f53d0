"""What the bands carry now."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.model import Spot
from spotkeeper.spots.self_spots import is_self_spot

from tests.app.api.sums.conftest import Add, Ask
from tests.app.spots.test_self_spots import OF_OTHERS, SELF_SPOTS
from tests.support.spots import a_spot

Placed = Callable[[Spot], Spot]


def minutes(ago: float) -> int:
    return int((datetime.now(UTC) - timedelta(minutes=ago)).timestamp()) // 60 * 60


def told(unix: int) -> str:
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%SZ}"


def band(answer: dict[str, Any], name: str) -> dict[str, Any]:
    [found] = [row for row in answer["bands"] if row["band"] == name]
    return found


def modes(summary: dict[str, Any]) -> dict[str, int]:
    return {row["mode_class"]: row["spots"] for row in summary["modes"]}


def test_a_band_tells_its_classes_of_modes_its_paths_and_its_highest_frequency(
    ask: Ask, add: Add, placed: Placed
) -> None:
    add(
        placed(a_spot(dx="K1ABC", mode="SSB", frequency_hz=14_200_000, time=minutes(3))),
        placed(a_spot(dx="K1ABC", spotter="G4AAA", mode="FT8", frequency_hz=14_074_000, time=minutes(9))),
        placed(
            a_spot(
                dx="JA1AAA",
                spotter="W3LPL",
                mode="CW",
                frequency_hz=14_343_210,
                source="machine",
                time=minutes(9),
            )
        ),
        placed(a_spot(dx="4U1A/MM", mode=None, mode_source=None, time=minutes(9))),
        a_spot(dx="W1OLD", time=minutes(32)),
    )
    answer = ask("/api/v1/conditions").json
    twenty = band(answer, "20m")
    assert (twenty["spots"], twenty["spotters"], twenty["latest"]) == (4, 3, told(minutes(3)))
    assert twenty["max_khz"] == 14343.21
    assert modes(twenty) == {"voice": 1, "cw": 1, "digital": 1, "unknown": 1}
    assert twenty["continents"][0] == {"dx": "NA", "spotter": "EU", "spots": 2}
    assert {"dx": "AS", "spotter": "NA", "spots": 1} in twenty["continents"]
    assert {"dx": None, "spotter": "EU", "spots": 1} in twenty["continents"]
    assert twenty["near"] is None
    assert answer["newest"] == told(minutes(3))


def test_the_bands_from_160_m_to_2_m_are_always_told(ask: Ask, add: Add) -> None:
    add(a_spot(frequency_hz=432_200_000, band="70cm"))
    names = [row["band"] for row in ask("/api/v1/conditions").json["bands"]]
    assert names == [
        "160m",
        "80m",
        "60m",
        "40m",
        "30m",
        "20m",
        "17m",
        "15m",
        "12m",
        "10m",
        "6m",
        "2m",
        "70cm",
    ]


def test_fm_on_10_m_is_told_by_its_frequency(ask: Ask, add: Add) -> None:
    add(
        a_spot(dx="K1ABC", frequency_hz=29_600_000, band="10m", mode="FM"),
        a_spot(dx="K2ABC", frequency_hz=29_640_000, band="10m", mode=None, mode_source=None),
        a_spot(dx="K3ABC", frequency_hz=29_550_000, band="10m", mode="FT8"),
        a_spot(dx="K4ABC", frequency_hz=28_500_000, band="10m", mode="SSB"),
    )
    answer = ask("/api/v1/conditions").json
    assert answer["ten_metre_fm"]["spots"] == 2
    assert band(answer, "10m")["spots"] == 4


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("40m", 7125, 7300),
        ("20m", 14150, 14350),
        ("17m", 18110, 18168),
        ("15m", 21200, 21450),
        ("12m", 24930, 24990),
        ("10m", 28300, 29700),
    ],
)
def test_the_old_voice_segments_are_counted(ask: Ask, add: Add, name: str, low: int, high: int) -> None:
    inside = (low * 1000, high * 1000)
    outside = (low * 1000 - 100,)
    add(
        *(
            a_spot(dx=f"K{number}ABC", frequency_hz=hz, band=name, mode="CW")
            for number, hz in enumerate((*inside, *outside))
        )
    )
    assert band(ask("/api/v1/conditions").json, name)["voice_segment_spots"] == 2


def test_of_self_spots_only_the_old_voice_segments_tell(ask: Ask, add: Add) -> None:
    add(
        a_spot(dx="K4QQG", spotter="K4QQG", frequency_hz=14_232_000, mode="SSB"),
        a_spot(dx="F5AAA/P", spotter="F5AAA", frequency_hz=29_600_000, band="10m", mode="FM"),
        a_spot(dx="K1ABC", spotter="F5AAA", frequency_hz=14_200_000, mode="SSB"),
        a_spot(dx="G4AAA", spotter="G4AAA", frequency_hz=70_200_000, band="4m", mode="SSB"),
    )
    answer = ask("/api/v1/conditions", grid="JN18", within_km=20_000).json
    twenty, fm = band(answer, "20m"), answer["ten_metre_fm"]
    assert (twenty["spots"], twenty["spotters"], twenty["max_khz"]) == (1, 1, 14_200)
    assert twenty["near"]["spots"] == modes(twenty)["voice"] == 1
    assert [pair["spots"] for pair in twenty["continents"]] == [1]
    assert twenty["voice_segment_spots"] == 2
    assert (fm["spots"], fm["voice_segment_spots"]) == (0, 1)
    assert band(answer, "4m")["spots"] == 0


def test_the_database_knows_the_same_self_spots(ask: Ask, add: Add) -> None:
    bands = dict(zip(BANDS, (*SELF_SPOTS, *OF_OTHERS), strict=False))
    assert len(bands) == len(SELF_SPOTS) + len(OF_OTHERS)
    add(*(a_spot(dx=dx, spotter=spotter, band=name) for name, (dx, spotter) in bands.items()))
    answer = ask("/api/v1/conditions").json
    for name, pair in bands.items():
        assert band(answer, name)["spots"] == (0 if is_self_spot(*pair) else 1), pair


@pytest.fixture
def paris(add: Add, placed: Placed) -> None:
    """Two spotters near Paris, of whom one tells a grid, one in Japan; and a DX at home in Paris."""
    add(
        placed(a_spot(dx="K1ABC", spotter="F5AAA", mode="SSB", spotter_grid="JN18")),
        placed(a_spot(dx="K2ABC", spotter="F5AAA", mode="SSB")),
        placed(a_spot(dx="K1ABC", spotter="ON4AAA", mode="CW")),
        placed(a_spot(dx="F1PARI", spotter="JA1AAA", mode="SSB")),
        # A Japanese call that is heard from a Belgian grid.
        placed(a_spot(dx="K3ABC", spotter="JA2AAA", mode="SSB", spotter_grid="JO20")),
    )


@pytest.mark.parametrize(
    ("place", "spots", "voice"),
    [
        ({"grid": "JN18"}, 4, 3),
        ({"grid": "jn18eu", "within_km": 100}, 2, 2),
        ({"dxcc": 209}, 1, 0),
        ({"continent": "AS"}, 2, 2),
        ({"continent": "AS", "grid": "JN18"}, 1, 1),
        ({"continent": "OC"}, 0, 0),
    ],
)
def test_a_spot_is_near_when_its_spotter_is(
    paris: None, ask: Ask, place: dict[str, object], spots: int, voice: int
) -> None:
    twenty = band(ask("/api/v1/conditions", **place).json, "20m")
    assert (twenty["spots"], twenty["near"]["spots"]) == (5, spots)
    assert {row["mode_class"]: row["near"]["spots"] for row in twenty["modes"]}["voice"] == voice


def test_a_grid_that_a_spotter_told_once_holds_for_all_of_its_spots(
    ask: Ask, add: Add, placed: Placed
) -> None:
    add(
        placed(a_spot(spotter="JA2AAA", mode="SSB", spotter_grid="JO20")),
        *(
            placed(a_spot(spotter="JA2AAA", mode=mode, dx=f"JA1{mode}"))
            for mode in ("CW", "AM", "RTTY", "FM")
        ),
    )
    assert band(ask("/api/v1/conditions", grid="JO20").json, "20m")["near"]["spots"] == 5


def test_a_silent_feed_is_told_by_the_age_of_the_newest_spot(ask: Ask, add: Add) -> None:
    add(a_spot(time=minutes(50 * 24 * 60)))
    answer = ask("/api/v1/conditions").json
    assert answer["newest"] == told(minutes(50 * 24 * 60))
    assert all(row["spots"] == 0 and row["latest"] is None for row in answer["bands"])
