"""The map: what its script is told, the list without a script, and how it was left."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from spotkeeper.db import paths
from spotkeeper.db.connection import Connection, Role
from spotkeeper.spots.countries import Place
from spotkeeper.spots.places import Point
from spotkeeper.web.api.sums_kept import Kept
from spotkeeper.web.map.paths import RUNNING

from tests.app.web.browser import Browser, rows
from tests.support.spots import a_spot, add_spots

# Seconds, of app/frontend/map/hours.js.
OLDEST = 11
HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
USA = Place(291, "United States", "NA", 5, 8, Point(37.5, -91.9), 2)
FRANCE = Place(227, "France", "EU", 14, 27, Point(46.0, 2.0), 1)


@pytest.fixture
def heard(login: Callable[[Role], Connection]) -> Callable[..., None]:
    """Stores spots of HOUR, each as minute and values."""
    scraper = login("scraper")

    def heard(*spots: tuple[int, dict[str, Any]]) -> None:
        made = []
        for minute, values in spots:
            time = int((HOUR + timedelta(minutes=minute)).timestamp())
            usual = {"dx": "K1ABC", "spotter": "F5AAA", "dx_place": USA, "spotter_place": FRANCE}
            made.append(a_spot(time=time, **(usual | values)))
        add_spots(scraper, *made)

    return heard


def told(browser: Browser, query: str = "", hour: datetime = HOUR) -> dict[str, Any]:
    answer = browser.get(f"/map/paths?hour={hour:%Y-%m-%dT%H}{query}")
    assert answer.status_code == 200, answer.text
    columns: dict[str, Any] = answer.get_json()
    return columns


def lines(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """The paths as rows, with the words for their numbers."""
    stations = _rows(columns["stations"])
    return [
        path
        | {
            "dx": stations[path["dx"]],
            "spotter": stations[path["spotter"]],
            "band": columns["bands"][path["band"]] if path["band"] >= 0 else None,
            "mode": columns["modes"][path["mode"]] if path["mode"] >= 0 else None,
        }
        for path in _rows(columns["paths"])
    ]


def _rows(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_reports_between_two_places_on_a_band_are_one_path(anna: Browser, heard: Callable[..., None]) -> None:
    heard(
        (5, {"snr_db": 31, "source": "machine"}),
        (27, {"dx": "W9XYZ", "spotter": "F6BBB", "snr_db": 12, "frequency_hz": 14_033_100}),
        (8, {"frequency_hz": 7_010_000, "band": "40m"}),
    )
    twenty, forty = sorted(lines(told(anna)), key=lambda path: -path["spots"])
    assert (twenty["band"], twenty["spots"], twenty["slots"]) == ("20m", 2, 0b101)
    assert (twenty["minute"], twenty["khz"], twenty["snr_db"], twenty["of_people"]) == (27, 14033.1, 31, 1)
    assert (twenty["dx"]["call"], twenty["spotter"]["call"]) == ("W9XYZ", "F6BBB")
    assert (forty["band"], forty["dx"]["call"], forty["mode"]) == ("40m", "K1ABC", "CW")


def test_where_a_station_is_and_how_that_is_known(anna: Browser, heard: Callable[..., None]) -> None:
    heard((5, {"spotter_grid": "JN03RV"}))
    [path] = lines(told(anna))
    assert path["spotter"] == {
        "call": "F5AAA", "longitude": 1.0, "latitude": 43.5, "by_grid": 1, "dxcc": 227,
    }  # fmt: skip
    assert (path["dx"]["by_grid"], path["dx"]["dxcc"]) == (0, 291)
    assert (path["dx"]["longitude"], path["dx"]["latitude"]) == pytest.approx((-92, 37.5), abs=1)


def test_a_country_is_one_place_however_many_it_has_in_the_country_file(
    anna: Browser, heard: Callable[..., None]
) -> None:
    sicily = Place(248, "Sicily", "EU", 15, 28, Point(37.5, 14), 1)
    italy = Place(248, "Italy", "EU", 33, 28, Point(42.8, 12.6), 1)
    heard(
        (3, {"dx": "IT9ABC", "dx_place": sicily, "snr_db": 30}),
        (12, {"dx": "I2ABC", "dx_place": italy, "snr_db": 7, "source": "machine"}),
        (25, {"dx": "IT9XYZ", "dx_place": sicily, "snr_db": None, "source": "machine"}),
    )
    [path] = lines(told(anna))
    assert (path["spots"], path["snr_db"], path["of_people"], path["slots"]) == (3, 30, 1, 0b111)
    assert (path["minute"], path["dx"]["call"]) == (25, "IT9XYZ")
    live = anna.get("/map/countries").get_json()["248"]
    assert (path["dx"]["longitude"], path["dx"]["latitude"]) == pytest.approx(live[:2], abs=0.01)


def test_stations_of_a_country_are_apart_when_a_grid_says_so(
    anna: Browser, heard: Callable[..., None]
) -> None:
    heard(
        (1, {"spotter_grid": "JN03"}), (2, {"spotter_grid": "JN03ab"}), (3, {"spotter_grid": "JN18"}), (4, {})
    )
    assert sorted(path["spots"] for path in lines(told(anna))) == [1, 1, 2]


def test_what_nobody_can_place_is_counted(anna: Browser, heard: Callable[..., None]) -> None:
    at_sea = {"dx": "G4ABC/MM", "dx_place": None}
    heard((5, at_sea), (27, at_sea), (29, {**at_sea, "band": "40m"}), (6, {}))
    columns = told(anna)
    assert sorted(columns["unplaced"]) == [[27, 10], [29]]
    assert [path["dx"]["call"] for path in lines(columns)] == ["K1ABC"]


def test_of_too_many_paths_those_of_people_stay(
    anna: Browser, heard: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "MOST", 2)
    heard(
        (59, {"band": "10m", "source": "machine"}),
        *((minute, {"band": "15m", "source": "machine"}) for minute in range(3)),
        (1, {"band": "20m"}),
    )
    columns = told(anna)
    assert sorted(path["band"] for path in lines(columns)) == ["15m", "20m"]
    assert columns["left_out"] == 1


def test_an_hour_ends_where_the_next_begins(anna: Browser, heard: Callable[..., None]) -> None:
    heard((-1, {"band": "10m"}), (0, {"band": "15m"}), (59, {"band": "17m"}), (60, {"band": "20m"}))
    assert sorted(path["band"] for path in lines(told(anna))) == ["15m", "17m"]
    assert [path["band"] for path in lines(told(anna, hour=HOUR + timedelta(hours=1)))] == ["20m"]
    assert lines(told(anna, hour=HOUR + timedelta(days=400))) == []


@pytest.mark.parametrize(
    ("query", "bands"),
    [
        ("&band=20m", ["20m"]),
        ("&mode=voice", ["15m"]),
        ("&source=machine", ["10m"]),
        ("&dx_prefix=W9", ["15m"]),
        ("&spotter_prefix=F5&source=human", ["15m", "20m"]),
        ("&dx_continent=AF", []),
        ("&dx_dxcc=291&min_khz=14000&max_khz=21500", ["15m", "20m"]),
        ("&since=24h", ["10m", "15m", "20m"]),
    ],
)
def test_filters_hold(anna: Browser, heard: Callable[..., None], query: str, bands: list[str]) -> None:
    heard(
        (1, {"band": "20m"}),
        (2, {"band": "15m", "frequency_hz": 21_300_000, "mode": "SSB", "dx": "W9XYZ"}),
        (3, {"band": "10m", "frequency_hz": 28_020_000, "source": "machine"}),
    )
    assert sorted(path["band"] for path in lines(told(anna, query))) == bands


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "hour"),
        ("hour=now", "“now”"),
        ("hour=9999-12-31T23", "“9999-12-31T23”"),
        ("hour=0001-01-01T00", "“0001-01-01T00”"),
        ("hour=2026-11-26T15&hour=2026-11-26T16", "hour"),
        ("hour=2026-11-26T15&band=11m", "band"),
        ("hour=2026-11-26T15&bnad=20m", "bnad"),
    ],
)
def test_what_is_not_understood_is_named(anna: Browser, query: str, named: str) -> None:
    answer = anna.get(f"/map/paths?{query}")
    assert answer.status_code == 400
    assert named in answer.text


def test_an_hour_may_be_kept_for_moments_by_the_browser_alone(anna: Browser) -> None:
    for hour, most in ((HOUR, 60), (datetime.now(UTC), 5)):
        answer = anna.get(f"/map/paths?hour={hour:%Y-%m-%dT%H}")
        assert answer.headers["Cache-Control"] == f"private, max-age={most}"


def test_for_how_long_an_hour_was_kept_is_told(
    app: Flask, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, beside = 1000.0, list[Callable[[], None]]()
    app.extensions["paths"][RUNNING] = Kept(lambda: now, beside.append)
    monkeypatch.setattr("spotkeeper.web.map.paths.time.monotonic", lambda: now)
    path = f"/map/paths?hour={datetime.now(UTC):%Y-%m-%dT%H}"
    assert anna.get(path).headers["Age"] == "0"
    now += 7.9
    assert anna.get(path).headers["Age"] == "7"
    [make_anew] = beside
    make_anew()
    assert anna.get(path).headers["Age"] == "0"


def test_what_the_page_does_not_hear_itself_is_told(
    app: Flask, anna: Browser, add_spot: Callable[..., None]
) -> None:
    now, hour = 1000.0, datetime.now(UTC)
    app.extensions["paths"][RUNNING] = Kept(lambda: now, lambda make: None)
    assert told(anna, hour=hour)["paths"]["dx"] == []
    add_spot("K1ABC", time=hour.replace(second=0, microsecond=0), dx_place=USA, spotter_place=FRANCE)
    now += OLDEST - 2  # its seconds are full ones
    assert told(anna, hour=hour)["paths"]["dx"] == [0]


def test_countries_with_their_middles(anna: Browser) -> None:
    longitude, latitude, name = anna.get("/map/countries").get_json()["227"]
    assert (longitude, latitude) == pytest.approx((2, 46), abs=1)
    assert name == "France"


@pytest.mark.parametrize("path", ["/map", "/map/paths?hour=2026-11-26T15", "/map/countries"])
def test_only_for_people_who_are_signed_in(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code in (302, 401)


def test_without_scripts_there_is_the_list(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1ABC", 5, distance_km=6123, bearing=295, place_source="grid", dx_place=USA)
    add_spot("W9XYZ", 2, distance_km=7044, bearing=5, place_source="country")
    page = anna.get("/map")
    assert rows(page) == ["W9XYZ", "K1ABC"]
    for text in (
        "6,123\N{NO-BREAK SPACE}km",
        "295°",
        "005°",
        "by grid",
        "about: by country",
        "United States",
    ):
        assert text in page.text
    assert "Without scripts there are" in page.text


def test_filters_are_those_of_the_spots(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1ABC", 5)
    add_spot("W9XYZ", 2, band="10m", frequency_hz=28_400_000)
    anna.get("/spots?band=10m&since=3h")
    assert rows(anna.get("/map")) == ["W9XYZ"]
    anna.get("/map?band=20m")
    assert 'href="/map?since=1h"' in anna.get("/map").text
    assert anna.get("/spots").headers["Location"] == "/spots?band=20m&since=1h"


def test_a_filter_that_changes_brings_the_list_alone(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1ABC", 5)
    answer = anna.get("/map?band=20m&source=&since=3h", **{"HX-Request": "true"})
    assert rows(answer) == ["K1ABC"]
    assert "<canvas" not in answer.text
    assert 'data-since="3h"' in answer.text
    assert answer.headers["HX-Push-Url"] == "/map?band=20m&since=3h"
    assert "HX-Request" in answer.headers["Vary"]


def save(browser: Browser, **state: str) -> int:
    return browser.post("/map", **state).status_code


def looked_at(browser: Browser, path: str = "/map") -> dict[str, str]:
    tag = re.search(r"<section id=\"stage\"[^>]*>", browser.get(path).text)
    assert tag
    return dict(re.findall(r'data-(\w+)="([^"]*)"', tag[0]))


def test_the_map_is_as_it_was_left(anna: Browser) -> None:
    assert save(anna, view="world", colour="snr", grid="jn03", zoom="2.5", at="-70.5,10") == 204
    stage = looked_at(anna)
    assert {name: stage[name] for name in ("view", "colour", "grid", "zoom", "at")} == {
        "view": "world", "colour": "snr", "grid": "JN03", "zoom": "2.5", "at": "-70.5,10",
    }  # fmt: skip
    assert looked_at(anna, "/map?colour=age")["colour"] == "age"
    assert (looked_at(anna)["colour"], looked_at(anna)["view"]) == ("age", "world")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("view", "globe"),
        ("colour", "<b>"),
        ("grid", "Z9"),
        ("zoom", "0.5"),
        ("zoom", "1e9"),
        ("zoom", "nan"),
        ("zoom", "1_0"),
        ("at", "1_0,20"),
        ("at", " 10,20"),
        ("at", "1e1,20"),
        ("at", "\u0661\u0660,20"),
        ("at", "11"),
        ("at", "200,10"),
        ("at", "10,nan"),
        ("at", "10,20,30"),
    ],
)
def test_no_other_way_to_look_at_it_is_kept(anna: Browser, name: str, value: str) -> None:
    assert save(anna, view="world") == 204
    assert save(anna, **{name: value}) == 400
    assert anna.get(f"/map?{name}={value.replace('<', '%3C')}").status_code == 400
    assert looked_at(anna)["view"] == "world"


def test_a_viewer_looks_and_leaves_nothing(app: Flask, add_user: Callable[..., None]) -> None:
    add_user("vera", "viewer")
    browser = Browser(app)
    browser.sign_in("vera")
    assert browser.post("/map", page="/spots", view="world").status_code == 403
    assert looked_at(browser, "/map?grid=JN03&view=world")["view"] == "world"
    assert "centre" not in looked_at(browser)


def test_a_foreign_form_changes_nothing(anna: Browser) -> None:
    assert anna.send("POST", "/map", data={"view": "world"}).status_code == 400
    assert anna.get("/map?grid=JN03").status_code == 200
    assert looked_at(anna)["view"] == "azimuthal"


def centre(browser: Browser, path: str = "/map") -> list[float] | None:
    text = looked_at(browser, path).get("centre")
    return [float(part) for part in text.split()] if text else None


def test_the_centre_is_the_grid_or_what_is_known_of_the_call(anna: Browser) -> None:
    assert centre(anna) is None
    assert looked_at(anna)["view"] == "world"
    anna.post("/settings", callsign="F4ABC", time_zone="UTC", units="metric")
    assert centre(anna) == [2, 46]
    anna.post("/settings", callsign="F4ABC", grid="JN18", time_zone="UTC", units="metric")
    assert centre(anna) == [3, 48.5]
    assert centre(anna, "/map?grid=JN03") == [1, 43.5]
    assert centre(anna, "/map?grid=") == [3, 48.5]
