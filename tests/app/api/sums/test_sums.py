"""The sums of the API, asked as a program asks for them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from spotkeeper.db import sums
from spotkeeper.db.connection import Connection, Role
from spotkeeper.spots.model import Spot
from spotkeeper.web import create_app

from tests.app.api.sums.conftest import Add, Ask, settings
from tests.support.spots import a_spot


def minute(**ago: float) -> int:
    """Unix seconds of the minute that was so long ago."""
    return int((datetime.now(UTC) - timedelta(**ago)).timestamp()) // 60 * 60


def told(unix: int) -> str:
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%SZ}"


def hour(ago: int) -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=ago)


def within_hour(ago: int) -> int:
    """A minute in the full hour that began so many hours before this one."""
    return int(hour(ago).timestamp()) + (0 if ago == 0 else 600)


# Stats


def test_stats_tell_all_time_today_and_the_last_hour_apart(ask: Ask, add: Add) -> None:
    add(
        a_spot(time=minute(hours=50), dx="W1OLD"),
        a_spot(time=minute(minutes=0), dx="K1ABC", spotter="F5AAA"),
        a_spot(time=minute(minutes=0), dx="K1ABC", spotter="G4AAA"),
    )
    answer = ask("/api/v1/stats").json
    assert answer["total"] == {
        "spots": 3,
        "dx": 2,
        "spotters": 2,
        "first": told(minute(hours=50)),
        "latest": told(minute(minutes=0)),
    }
    assert {name: answer["today"][name] for name in ("spots", "dx", "spotters")} == {
        "spots": 2,
        "dx": 1,
        "spotters": 2,
    }
    assert answer["last_hour"] == {"spots": 2, "spotters": 2}


def test_an_empty_store_is_told_as_such(ask: Ask) -> None:
    assert ask("/api/v1/stats").json["total"] == {
        "spots": 0,
        "dx": 0,
        "spotters": 0,
        "first": None,
        "latest": None,
    }
    for path in (
        "bands",
        "callsigns/top",
        "dxcc",
        "solar",
        "activity/hourly",
        "frequency/histogram",
        "conditions",
    ):
        assert ask(f"/api/v1/{path}").status_code == 200, path


# Bands


def test_bands_are_summed_up_over_the_window(ask: Ask, add: Add) -> None:
    add(
        a_spot(time=minute(minutes=5), dx="K1ABC", frequency_hz=14_025_000),
        a_spot(time=minute(minutes=4), dx="K1ABC", frequency_hz=14_060_040, source="machine"),
        a_spot(time=minute(minutes=3), dx="JA1AAA", frequency_hz=14_010_000),
        a_spot(time=minute(minutes=3), frequency_hz=29_600_000, band="10m"),
        a_spot(time=minute(minutes=3), frequency_hz=13_900_000, band=None),
        a_spot(time=minute(hours=3), dx="W1OLD"),
    )
    answer = ask("/api/v1/bands", hours=2).json
    assert [band["band"] for band in answer["bands"]] == ["20m", "10m"]
    assert answer["bands"][0] == {
        "band": "20m",
        "spots": 3,
        "people": 2,
        "machines": 1,
        "dx": 2,
        "min_khz": 14010.0,
        "max_khz": 14060.04,
        "latest": told(minute(minutes=3)),
    }
    assert ask("/api/v1/bands", hours=4).json["bands"][0]["dx"] == 3


def test_a_window_with_too_many_spots_shortens_itself_and_says_so(
    ask: Ask, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"LIMIT {sums.NEWEST}" in sums._NEWEST
    monkeypatch.setattr(sums, "NEWEST", 3)
    monkeypatch.setattr(sums, "_NEWEST", sums._NEWEST.replace("LIMIT 300000", "LIMIT 3"))
    newest = minute(minutes=1)
    add(*(a_spot(time=newest - 60 * ago, dx=f"K{ago}ABC") for ago in range(5)))
    for path in ("bands", "callsigns/top", "frequency/histogram"):
        assert ask(f"/api/v1/{path}").json["since"] == told(newest - 120), path
    assert ask("/api/v1/bands").json["bands"][0]["spots"] == 3


# Frequencies


def test_a_histogram_covers_the_band_and_its_edges(ask: Ask, add: Add) -> None:
    add(
        *(
            a_spot(frequency_hz=hz, dx=f"K{number}ABC")
            for number, hz in enumerate((14_000_000, 14_087_400, 14_087_500, 14_350_000))
        ),
        a_spot(frequency_hz=21_020_000, band="15m"),
    )
    answer = ask("/api/v1/frequency/histogram", band="20m", bins=4).json
    assert [part["spots"] for part in answer["bins"]] == [2, 1, 0, 1]
    assert (answer["bins"][0]["low_khz"], answer["bins"][-1]["high_khz"]) == (14000.0, 14350.0)
    assert answer["spots"] == 4


def test_a_histogram_without_a_band_goes_over_short_wave(ask: Ask, add: Add) -> None:
    add(a_spot(), a_spot(frequency_hz=144_300_000, band="2m"))
    answer = ask("/api/v1/frequency/histogram", bins=1).json
    assert answer["bins"] == [{"low_khz": 1800.0, "high_khz": 54000.0, "spots": 1}]


# Hours


def test_every_hour_of_the_window_is_told_with_its_stations(ask: Ask, add: Add) -> None:
    add(
        a_spot(time=within_hour(1), dx="K1ABC"),
        a_spot(time=within_hour(1), dx="K1ABC", spotter="W3LPL", source="machine"),
        a_spot(time=within_hour(3), dx="JA1AAA"),
        a_spot(time=within_hour(4), dx="W1OLD"),
    )
    rows = ask("/api/v1/activity/hourly", hours=4).json["hours"]
    assert [row["start"] for row in rows] == [hour(ago).isoformat() for ago in (3, 2, 1, 0)]
    assert [(row["spots"], row["people"], row["dx"], row["spotters"]) for row in rows] == [
        (1, 1, 1, 1),
        (0, 0, 0, 0),
        (2, 1, 1, 2),
        (0, 0, 0, 0),
    ]


def test_an_hour_that_gets_further_spots_is_counted_anew(app: Flask, ask: Ask, add: Add) -> None:
    add(a_spot(time=within_hour(2)))
    ask("/api/v1/activity/hourly", hours=3)
    add(a_spot(time=within_hour(2), dx="JA1AAA"))
    # Of another length, since the answer itself is kept for some seconds.
    assert ask("/api/v1/activity/hourly", hours=4).json["hours"][1]["dx"] == 2


def test_stations_that_are_not_counted_yet_are_not_told_as_none(
    ask: Ask, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sums, "NEWEST", 2)
    add(*(a_spot(time=within_hour(ago), dx=f"K{number}ABC") for ago in (1, 2) for number in range(2)))
    first = ask("/api/v1/activity/hourly", hours=3).json["hours"]
    assert [(row["spots"], row["dx"]) for row in first] == [(2, None), (2, 2), (0, 0)]
    second = ask("/api/v1/activity/hourly", hours=4).json["hours"]
    assert [row["dx"] for row in second[1:]] == [2, 2, 0]


@pytest.mark.parametrize(
    ("zone", "utc", "local"),
    [
        # The clock goes back from 3 to 2: two hours of it begin at 2, and both are told.
        ("Europe/Paris", "2026-10-25T00:00:00+00:00", "2026-10-25T02:00:00+02:00"),
        ("Europe/Paris", "2026-10-25T01:00:00+00:00", "2026-10-25T02:00:00+01:00"),
        # It goes on from 2 to 3: none begins at 2.
        ("America/New_York", "2026-03-08T06:00:00+00:00", "2026-03-08T01:00:00-05:00"),
        ("America/New_York", "2026-03-08T07:00:00+00:00", "2026-03-08T03:00:00-04:00"),
        ("Asia/Kolkata", "2026-03-08T07:00:00+00:00", "2026-03-08T12:30:00+05:30"),
    ],
)
def test_hours_are_told_by_the_clock_of_the_zone(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, zone: str, utc: str, local: str
) -> None:
    from spotkeeper.web.api import sums_read

    class Then(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime.fromisoformat(utc) + timedelta(minutes=90)

    monkeypatch.setattr(sums_read, "datetime", Then)
    row = ask("/api/v1/activity/hourly", hours=2, timezone=zone).json["hours"][0]
    assert (row["start"], row["hour"]) == (local, datetime.fromisoformat(local).hour)
    old = ask("/api/activity/hourly", hours=2, timezone=zone).json
    assert datetime.fromisoformat(local).hour in [row["hour"] for row in old["hourly_activity"]]


# Stations


def test_the_top_counts_spots_and_others(ask: Ask, add: Add) -> None:
    add(
        a_spot(dx="K1ABC", spotter="F5AAA"),
        a_spot(dx="K1ABC", spotter="F5AAA", frequency_hz=14_030_000),
        a_spot(dx="K1ABC", spotter="W3LPL", source="machine"),
        a_spot(dx="JA1AAA", spotter="W3LPL", source="machine"),
        a_spot(dx="JA1AAA", spotter="W3LPL", source="machine", time=minute(hours=30)),
    )
    answer = ask("/api/v1/callsigns/top", limit=1).json
    now = told(minute(minutes=0))
    assert answer["spotted"] == [{"call": "K1ABC", "spots": 3, "spotters": 2, "latest": now}]
    assert answer["spotters"] == [{"call": "F5AAA", "spots": 2, "dx": 1, "latest": now}]
    assert [top["dx"] for top in ask("/api/v1/callsigns/top").json["spotters"]] == [1, 2]


# Entities


def test_entities_are_told_by_name_and_band(ask: Ask, add: Add, placed: Callable[[Spot], Spot]) -> None:
    add(
        placed(a_spot(dx="K1ABC")),
        placed(a_spot(dx="W1XYZ", frequency_hz=21_020_000, band="15m", source="machine")),
        placed(a_spot(dx="IT9AAA")),
        placed(a_spot(dx="K1OLD", time=minute(hours=30))),
    )
    assert ask("/api/v1/dxcc").json["dxcc"] == [
        {
            "dxcc": 291,
            "name": "United States",
            "spots": 2,
            "people": 1,
            "machines": 1,
            "bands": {"20m": 1, "15m": 1},
        },
        {"dxcc": 248, "name": "Italy", "spots": 1, "people": 1, "machines": 0, "bands": {"20m": 1}},
    ]


def test_without_the_country_file_entities_have_no_name(
    database: str, tmp_path: Path, add: Add, placed: Callable[[Spot], Spot]
) -> None:
    add(placed(a_spot()))
    app = create_app(settings(database, tmp_path / "secret_key", country_file=tmp_path / "missing.csv"))
    client = app.test_client()
    assert client.get("/api/v1/dxcc").json["dxcc"][0]["name"] is None  # type: ignore[index]
    assert client.get("/api/v1/callsigns/K1ABC?grid=JN18").json["country"] is None  # type: ignore[index]
    assert client.get("/api/v1/conditions?grid=JN18").status_code == 200
    app.extensions["pool"].close()


# The Sun


def test_figures_tell_their_age_and_where_they_go(ask: Ask, login: Callable[[Role], Connection]) -> None:
    scraper = login("scraper")
    for ago, sfi, k in ((2, 150, None), (5, None, 4), (20, 140, 1), (40, 100, 9)):
        scraper.execute(
            "INSERT INTO solar (time, kind, station, sfi, k_index, node, received)"
            " VALUES (%s, 'WWV', 'W0MU', %s, %s, 'demo', now())",
            [hour(ago), sfi, k],
        )
    answer = ask("/api/v1/solar").json
    first, second, third = (told(int(hour(ago).timestamp())) for ago in (20, 5, 2))
    assert answer["sfi"] == {"value": 150, "time": third, "since": first, "change": 10}
    assert answer["k_index"] == {"value": 4, "time": second, "since": first, "change": 3}
    assert answer["a_index"] is None
    assert [row["sfi"] for row in answer["bulletins"]] == [150, None, 140]
    assert len(ask("/api/v1/solar", hours=48).json["bulletins"]) == 4


def test_a_trend_is_one_of_bulletins_of_the_same_kind(ask: Ask, login: Callable[[Role], Connection]) -> None:
    scraper = login("scraper")
    for ago, kind, k in ((2, "WCY", 4), (2, "WWV", 2), (20, "WCY", 1), (23, "WWV", 2)):
        scraper.execute(
            "INSERT INTO solar (time, kind, station, k_index, node, received)"
            " VALUES (%s, %s, 'DK0WCY', %s, 'demo', now())",
            [hour(ago), kind, k],
        )
    newest, oldest = (told(int(hour(ago).timestamp())) for ago in (2, 20))
    figure = ask("/api/v1/solar").json["k_index"]
    assert figure == {"value": 4, "time": newest, "since": oldest, "change": 3}


# How it is told


def test_an_answer_says_how_long_it_may_be_kept_and_is_not_sent_twice(ask: Ask, app: Flask) -> None:
    answer = ask("/api/v1/bands")
    assert answer.cache_control.max_age == 10
    assert answer.cache_control.stale_while_revalidate == 60
    again = app.test_client().get("/api/v1/bands", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.text) == (304, "")


HOSTILE = ("", "x", "-1", "0", "1.5", "NaN", "1e3", "169", "9" * 400, "1'--", "1\0", " 1", "\u0661", "1_0")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("v1/bands", "hours"),
        ("v1/dxcc", "hours"),
        ("v1/activity/hourly", "hours"),
        ("v1/activity/hourly", "timezone"),
        ("v1/callsigns/top", "hours"),
        ("v1/frequency/histogram", "band"),
        ("v1/conditions", "grid"),
        ("v1/conditions", "continent"),
        ("v1/callsigns/K1ABC", "grid"),
        ("spots", "mode"),
        ("spots", "since"),
        ("spots/recent", "hours"),
        ("callsigns/top", "hours"),
        ("frequency/histogram", "hours"),
        ("activity/hourly", "timezone"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(ask: Ask, path: str, name: str) -> None:
    for value in HOSTILE:
        answer = ask(f"/api/{path}", **{name: value})
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json"), value
        assert name in answer.json["detail"], value


@pytest.mark.parametrize("path", ["v1/stats", "v1/bands", "v1/dxcc", "stats", "spots", "bands"])
def test_what_is_not_a_parameter_is_refused_by_name(ask: Ask, path: str) -> None:
    answer = ask(f"/api/{path}", colour="red")
    assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
    assert "colour" in answer.json["detail"]


# Health


def test_life_and_readiness_are_told_apart(app: Flask, ask: Ask) -> None:
    assert ask("/api/v1/health/live").json == ask("/api/v1/health/ready").json == {"status": "up"}
    app.extensions["pool"].close()
    assert ask("/api/v1/health/live").status_code == 200
    ready = ask("/api/v1/health/ready")
    assert (ready.status_code, ready.json) == (503, {"status": "away"})
    assert ask("/api/health").status_code == 503
