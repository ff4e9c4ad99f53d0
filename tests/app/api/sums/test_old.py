"""The old paths: exactly the names that the programs know which were written for them."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.app.api.sums.conftest import Add, Ask
from tests.support.spots import a_spot

SPOT = (
    "id", "timestamp", "dx_call", "frequency", "spotter_call", "comment", "mode", "signal_report",
    "grid_square", "band",
)  # fmt: skip


def minutes(ago: float) -> int:
    return int((datetime.now(UTC) - timedelta(minutes=ago)).timestamp()) // 60 * 60


def test_health(ask: Ask) -> None:
    assert ask("/api/health").json == {"status": "healthy", "database": "connected"}


def test_a_spot(ask: Ask, add: Add) -> None:
    add(a_spot(dx_grid="FN42", report="599", comment="cq", frequency_hz=14_025_300))
    [spot] = ask("/api/spots").json["spots"]
    assert sorted(spot) == sorted(SPOT)
    time = parsedate_to_datetime(spot.pop("timestamp"))
    assert time.timestamp() == minutes(0)
    assert 0 <= spot.pop("id") < 2**53
    assert spot == {
        "dx_call": "K1ABC",
        "frequency": "14025.300",
        "spotter_call": "F5AAA",
        "comment": "cq",
        "mode": "CW",
        "signal_report": "599",
        "grid_square": "FN42",
        "band": "20m",
    }


def test_a_skimmers_report_is_what_it_measured(ask: Ask, add: Add) -> None:
    add(a_spot(source="machine", snr_db=-7), a_spot(dx="K2ABC"))
    spots = ask("/api/spots/recent").json["spots"]
    assert {spot["dx_call"]: spot["signal_report"] for spot in spots} == {"K1ABC": "-7 dB", "K2ABC": None}


@pytest.fixture
def various(add: Add) -> None:
    add(
        a_spot(dx="K1ABC", time=minutes(1)),
        a_spot(dx="K2ABC", time=minutes(2), spotter="G4AAA", mode="SSB", frequency_hz=14_200_000),
        a_spot(dx="K3ABC", time=minutes(3), band="15m", frequency_hz=21_020_000),
        a_spot(dx="K4ABC", time=minutes(180)),
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "1234"),
        ({"limit": 2}, "12"),
        ({"limit": 2, "offset": 1}, "23"),
        ({"offset": 4}, ""),
        ({"band": "15m"}, "3"),
        ({"min_freq": "14200"}, "23"),
        ({"min_freq": 14000, "max_freq": "14199.9"}, "14"),
        ({"min_freq": 14200, "max_freq": 14100}, ""),
        ({"dx_call": "k2abc"}, "2"),
        ({"spotter_call": "G4AAA"}, "2"),
        ({"mode": "SSB"}, "2"),
        ({"mode": "CW", "band": "20m"}, "14"),
    ],
)
def test_spots_are_filtered(various: None, ask: Ask, query: dict[str, object], found: str) -> None:
    answer = ask("/api/spots", **query).json
    assert [spot["dx_call"][1] for spot in answer["spots"]] == list(found)
    assert answer["count"] == len(found)


def test_both_ends_of_the_time_belong_to_it(various: None, ask: Ask) -> None:
    # Without a zone it is UTC.
    since, until = (datetime.fromtimestamp(minutes(ago), UTC) for ago in (3, 2))
    answer = ask("/api/spots", since=f"{since:%Y-%m-%dT%H:%M:%S}", until=f"{until:%Y-%m-%dT%H:%M:%SZ}").json
    assert [spot["dx_call"] for spot in answer["spots"]] == ["K2ABC", "K3ABC"]


def test_recent_spots_reach_back_as_far_as_asked(various: None, ask: Ask) -> None:
    assert ask("/api/spots/recent", hours=1).json["count"] == 3
    assert ask("/api/spots/recent", hours=6, limit=2).json["count"] == 2


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("spots", {"limit": 1001}, "limit"),
        ("spots", {"limit": 0}, "limit"),
        ("spots", {"offset": -1}, "offset"),
        ("spots", {"offset": 2001}, "offset"),
        ("spots", {"band": "21m"}, "band"),
        ("spots", {"min_freq": "nan"}, "min_freq"),
        ("spots", {"min_freq": "-1"}, "min_freq"),
        ("spots", {"dx_call": "K1ABC'; DROP TABLE spot_rows"}, "dx_call"),
        ("spots", {"spotter_call": "\0"}, "spotter_call"),
        ("spots", {"mode": "%"}, "mode"),
        ("spots", {"since": "9999-01-01"}, "since"),
        ("spots", {"until": "0001-01-01T00:00:00+14:00"}, "until"),
        ("spots/recent", {"limit": 501}, "limit"),
        ("spots/recent", {"hours": 169}, "hours"),
        ("frequency/histogram", {"bins": 201}, "bins"),
        ("frequency/histogram", {"band": "none"}, "band"),
        ("activity/hourly", {"timezone": "Mars/Olympus"}, "timezone"),
        ("callsigns/top", {"limit": 101}, "limit"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(
    ask: Ask, path: str, query: dict[str, object], name: str
) -> None:
    answer = ask(f"/api/{path}", **query)
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert name in answer.json["detail"]


def test_bands(various: None, ask: Ask) -> None:
    bands = ask("/api/bands").json["bands"]
    assert [band["band"] for band in bands] == ["20m", "15m"]
    latest = bands[0].pop("latest_spot")
    assert parsedate_to_datetime(latest).timestamp() == minutes(1)
    assert bands[0] == {
        "band": "20m",
        "spot_count": 3,
        "dx_stations": 3,
        "min_freq": "14025.000",
        "max_freq": "14200.000",
    }


def test_stats(various: None, ask: Ask) -> None:
    answer = ask("/api/stats").json
    assert sorted(answer["total"]) == sorted(
        ["total_spots", "unique_dx_stations", "unique_spotters", "earliest_spot", "latest_spot"]
    )
    assert sorted(answer["today"]) == sorted(["spots_today", "dx_stations_today", "spotters_today"])
    assert answer["recent"] == {"spots_last_hour": 3, "active_spotters": 2}
    assert (answer["total"]["total_spots"], answer["total"]["unique_dx_stations"]) == (4, 4)
    assert parsedate_to_datetime(answer["total"]["earliest_spot"]).timestamp() == minutes(180)


def test_histogram(various: None, ask: Ask) -> None:
    answer = ask("/api/frequency/histogram", band="20m", bins=2).json
    assert answer["histogram"] == [
        {"frequency_range": "14000.0-14175.0", "count": 2, "center_freq": 14087.5},
        {"frequency_range": "14175.0-14350.0", "count": 1, "center_freq": 14262.5},
    ]
    assert len(ask("/api/frequency/histogram").json["histogram"]) == 50


def test_hours_of_the_day_are_told_once_each(ask: Ask, add: Add) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for days, stations in ((1, ("K1ABC",)), (2, ("K1ABC", "K2ABC"))):
        moment = int((hour - timedelta(days=days)).timestamp())
        add(*(a_spot(time=moment, dx=dx) for dx in stations))
    answer = ask("/api/activity/hourly", hours=72).json
    assert [row["hour"] for row in answer["hourly_activity"]] == list(range(24))
    [busy] = [row for row in answer["hourly_activity"] if row["spot_count"]]
    assert busy == {"hour": hour.hour, "spot_count": 3, "unique_dx": 2, "unique_spotters": 1}


def test_top(various: None, ask: Ask) -> None:
    answer = ask("/api/callsigns/top", limit=1, hours=1).json
    [spotted], [spotter] = answer["top_spotted"], answer["top_spotters"]
    assert parsedate_to_datetime(spotted.pop("last_spotted")).timestamp() == minutes(1)
    assert spotted == {"callsign": "K1ABC", "times_spotted": 1, "spotted_by": 1}
    assert parsedate_to_datetime(spotter.pop("last_activity")).timestamp() == minutes(1)
    assert spotter == {"callsign": "F5AAA", "spot_count": 2, "stations_spotted": 2}
