"""What is known of a call."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from spotkeeper.db import callsign
from spotkeeper.spots.model import Spot

from tests.app.api.sums.conftest import Add, Ask
from tests.support.spots import a_spot


def minutes(ago: float) -> int:
    return int((datetime.now(UTC) - timedelta(minutes=ago)).timestamp()) // 60 * 60


def told(unix: int) -> str:
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%SZ}"


def test_a_call_that_was_never_heard_has_a_country_and_nothing_else(ask: Ask) -> None:
    answer = ask("/api/v1/callsigns/ea8/dl1abc", grid="JN18").json
    assert answer["call"] == "EA8/DL1ABC"
    assert answer["country"] == {
        "dxcc": 29,
        "name": "Canary Islands",
        "continent": "AF",
        "cq_zone": 33,
        "itu_zone": 36,
    }
    assert answer["way"] == {"distance_km": 2764, "bearing": 223, "place_source": "country"}
    assert (answer["times_spotted"], answer["first_spotted"], answer["bands"]) == (0, None, [])
    assert (answer["heard_by"]["spots"], answer["hears"]["spots"]) == (0, 0)


def test_who_hears_it_where_and_how_well(ask: Ask, add: Add, placed: Callable[[Spot], Spot]) -> None:
    add(
        placed(a_spot(spotter="W3LPL", source="machine", snr_db=7, time=minutes(9), distance_km=900)),
        placed(a_spot(spotter="W3LPL", source="machine", snr_db=21, time=minutes(5), distance_km=900)),
        placed(
            a_spot(spotter="F5AAA", frequency_hz=7_010_000, band="40m", dx_grid="FN42", spotter_grid="JN18")
        ),
        placed(a_spot(spotter="G4AAA", time=minutes(60 * 24 * 40), band="15m", frequency_hz=21_020_000)),
    )
    answer = ask("/api/v1/callsigns/K1ABC", grid="FN42").json
    assert (answer["times_spotted"], answer["times_spotting"]) == (4, 0)
    assert answer["first_spotted"] == told(minutes(60 * 24 * 40))
    assert answer["bands"] == ["40m", "20m", "15m"]
    assert (answer["grid"], answer["way"]) == ("FN42", None)
    heard = answer["heard_by"]
    assert (heard["spots"], heard["by_band"], sum(heard["by_hour"])) == (3, {"40m": 1, "20m": 2}, 3)
    assert heard["stations"][0] == {
        "call": "W3LPL",
        "spots": 2,
        "latest": told(minutes(5)),
        "bands": ["20m"],
        "best_snr_db": 21,
        "distance_km": 900,
        "grid": None,
        "dxcc": 291,
        "continent": "NA",
    }
    assert heard["stations"][1]["grid"] == "JN18"


def test_a_station_that_spots_itself_is_not_heard_by_that(ask: Ask, add: Add) -> None:
    add(
        a_spot(dx="K4QQG", spotter="K4QQG", dx_grid="EM94"),
        a_spot(dx="K4QQG", spotter="K4QQG-2", time=minutes(5)),
        a_spot(dx="K4QQG", spotter="W1AAA", time=minutes(9), distance_km=900),
    )
    answer = ask("/api/v1/callsigns/K4QQG").json
    heard, hears = answer["heard_by"], answer["hears"]
    assert (heard["spots"], [row["call"] for row in heard["stations"]]) == (1, ["W1AAA"])
    assert (sum(heard["by_hour"]), heard["by_band"]) == (1, {"20m": 1})
    assert (hears["spots"], hears["stations"]) == (0, [])
    assert (answer["times_spotted"], answer["times_spotting"], answer["grid"]) == (3, 1, "EM94")


def test_whom_a_person_hears(ask: Ask, add: Add) -> None:
    add(a_spot(dx="K1ABC"), a_spot(dx="K2ABC"), a_spot(dx="K2ABC", time=minutes(60 * 20)))
    hears = ask("/api/v1/callsigns/F5AAA").json["hears"]
    assert [(row["call"], row["spots"]) for row in hears["stations"]] == [("K2ABC", 2), ("K1ABC", 1)]


def test_whom_a_skimmer_hears_is_told_of_the_hour_before_its_last_spot(ask: Ask, add: Add) -> None:
    add(
        a_spot(dx="K1ABC", spotter="W3LPL", source="machine", time=minutes(200)),
        a_spot(dx="K2ABC", spotter="W3LPL", source="machine", time=minutes(150)),
        a_spot(dx="K3ABC", spotter="W3LPL", source="machine", time=minutes(300)),
        a_spot(dx="K4ABC", spotter="DL8LAS", source="machine"),
    )
    answer = ask("/api/v1/callsigns/W3LPL").json
    assert sorted(row["call"] for row in answer["hears"]["stations"]) == ["K1ABC", "K2ABC"]
    assert answer["hears"]["since"] == told(minutes(210))
    assert answer["times_spotting"] == 3


def test_of_whom_a_skimmer_hears_is_told_what_was_looked_through(
    ask: Ask, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callsign, "MACHINES_READ", 3)
    for spotter in ("W3LPL", "DL8LAS"):
        add(*(a_spot(spotter=spotter, source="machine", time=minutes(ago)) for ago in (2, 5, 9)))
    add(a_spot(dx="K2ABC", spotter="W3LPL", time=minutes(20)))
    hears = ask("/api/v1/callsigns/W3LPL").json["hears"]
    assert (hears["since"], sum(hears["by_hour"])) == (told(minutes(5)), hears["spots"])
    assert [station["call"] for station in hears["stations"]] == ["K1ABC"]


def test_of_a_busy_call_the_newest_spots_are_told(
    ask: Ask, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = callsign.NEWEST + 5
    add(*(a_spot(time=minutes(10), spotter=f"W{n // 1000}A{n % 1000:03}B") for n in range(count)))
    for _ in range(2):  # the second time as it was kept
        heard = ask("/api/v1/callsigns/K1ABC").json["heard_by"]
        assert (heard["spots"], heard["since"]) == (callsign.NEWEST, told(minutes(10)))


def test_what_is_kept_of_a_busy_call_is_of_the_same_question(ask: Ask, add: Add) -> None:
    add(a_spot(time=minutes(7 * 60)))
    add(*(a_spot(time=minutes(10), spotter=f"F{n}AA") for n in range(callsign.BUSY_SPOTS)))
    for _ in range(2):
        day, hours = ask("/api/v1/callsigns/K1ABC").json, ask("/api/v1/callsigns/K1ABC", hours=6).json
        assert day["heard_by"]["spots"] == hours["heard_by"]["spots"] + 1 == callsign.BUSY_SPOTS + 1
        assert ask("/api/v1/callsigns/k1abc", grid="JN03").json["way"]
        assert day["way"] is None


@pytest.mark.parametrize("call", ["K1ABC'--", "K1ABC%00", "K1ABC-", "A" * 25, "K1%20ABC", "%F0%9F%8E%99"])
def test_what_is_no_call_is_refused_by_name(ask: Ask, call: str) -> None:
    answer = ask(f"/api/v1/callsigns/{call}")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert answer.json["detail"].startswith("call: ")
