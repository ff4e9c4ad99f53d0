"""The bands by hour, by frequency, by continent and against what is usual."""

import gzip
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from html import unescape
from time import monotonic

import pytest
from flask import Flask
from spotkeeper.db import user_settings
from spotkeeper.db.connection import Connection, Role
from spotkeeper.spots.countries import Place
from spotkeeper.spots.places import Point
from spotkeeper.web.api.sums_kept import Kept
from werkzeug.test import TestResponse

from tests.app.web.browser import Browser
from tests.support.spots import a_spot, add_spots

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JUST_NOW = timedelta(minutes=2)
"""So long ago that it is of the last hour even when that ended with the last full minute."""
FRANCE = Place(227, "France", "EU", 14, 27, Point(46, 2), 1)
JAPAN = Place(339, "Japan", "AS", 25, 45, Point(36, 138), 3)
MAINE = Place(291, "United States", "NA", 5, 8, Point(45, -69), 2)
FREQUENCIES = {"40m": 7_150_000, "20m": 14_200_000, "15m": 21_300_000}

Add = Callable[..., None]


@pytest.fixture
def add(login: Callable[[Role], Connection]) -> Add:
    """Stores several spots of a moment and band, all alike: of Japan in SSB, by a person in France."""
    scraper = login("scraper")

    def add(time: datetime, band: str, number: int = 1, **values: object) -> None:
        usual = {
            "time": int(time.timestamp()) // 60 * 60,
            "band": band,
            "frequency_hz": FREQUENCIES[band],
            "mode": "SSB",
            "dx_place": JAPAN,
            "spotter_place": FRANCE,
        } | values
        add_spots(
            scraper,
            *(a_spot(**{"dx": f"JA1{chr(65 + n // 26)}{chr(65 + n % 26)}"} | usual) for n in range(number)),
        )

    return add


@pytest.fixture
def choose(owner: Connection, anna: Browser) -> Callable[..., None]:
    """Anna chooses this."""

    def choose(**values: object) -> None:
        [(number,)] = owner.execute("SELECT id FROM users WHERE name = 'anna'").fetchall()
        user_settings.save(owner, number, values)

    return choose


def rows(page: TestResponse, table: str) -> list[list[str]]:
    """The cells of the rows of the first table of that class, heads of rows among them."""
    body = re.search(rf'<table class="[^"]*\b{table}\b.*?<tbody>(.*?)</tbody>', page.text, re.S)
    if body is None:
        return []
    return [
        [
            unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", cell))).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.S)
    ]


def usually(add: Add, band: str, number: int, days: int = 4, **values: object) -> None:
    """So many spots at each hour around this one on the days before; an hour may end within the test."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for day in range(1, days + 1):
        for around in (-HOUR, timedelta(), HOUR):
            add(hour - day * DAY + around, band, number, **values)


def words(page: TestResponse) -> dict[str, str]:
    """What is said of each band's last hour."""
    return {row[0]: row[-1] for row in rows(page, "comparisons")}


def test_the_last_hour_against_what_is_usual(anna: Browser, add: Add) -> None:
    now = datetime.now(UTC)
    for band in FREQUENCIES:
        usually(add, band, 10)
    add(now - JUST_NOW, "15m", 24)
    add(now - timedelta(minutes=50), "20m", 11)
    page = anna.get("/bands")
    assert words(page) == {
        "40 m": "silent; usually 10 spots at this hour",
        "20 m": "as busy as usual at this hour",
        "15 m": "2.4 times as busy as usual at this hour",
    }
    assert (
        "15\N{NO-BREAK SPACE}m: 2.4 times as busy as usual at this hour."
        " 40\N{NO-BREAK SPACE}m: silent; usually 10 spots at this hour." in page.text
    )


def test_what_is_older_than_an_hour_is_not_of_the_last_hour(anna: Browser, add: Add) -> None:
    usually(add, "20m", 10)
    add(datetime.now(UTC) - timedelta(minutes=70), "20m", 24)
    add(datetime.now(UTC) - JUST_NOW, "40m")
    assert words(anna.get("/bands"))["20 m"] == "silent; usually 10 spots at this hour"


@pytest.mark.parametrize(("minutes", "is_silent"), [(3, False), (8, True), (40, True), (70, True)])
def test_a_silent_feed_is_no_quiet_band(anna: Browser, add: Add, minutes: int, is_silent: bool) -> None:
    usually(add, "20m", 30)
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    add(then, "20m", 10)
    page = anna.get("/bands")
    assert (f"No spot since {then:%H:%M} UTC, " in page.text) == is_silent
    assert words(page) == ({} if is_silent else {"20 m": "quiet, 33 % of the usual at this hour"})
    assert ("With voice" in page.text) == (not is_silent)


def test_before_the_first_spot_nothing_is_known(anna: Browser) -> None:
    assert "No spot has come yet: nothing is known of the bands." in anna.get("/bands").text


def test_a_band_that_is_usually_silent(anna: Browser, add: Add) -> None:
    usually(add, "20m", 10)
    add(datetime.now(UTC) - JUST_NOW, "15m", 12)
    assert words(anna.get("/bands"))["15 m"] == "usually silent at this hour"


def test_what_is_usual_takes_some_days(anna: Browser, add: Add) -> None:
    usually(add, "20m", 10, days=2)
    add(datetime.now(UTC) - JUST_NOW, "20m")
    page = anna.get("/bands")
    assert "can be told after 3 days; 2 of the last 28 have spots" in page.text
    assert words(page) == {}


def test_where_nothing_is_heard_and_never_was(anna: Browser, add: Add) -> None:
    usually(add, "20m", 10)
    add(datetime.now(UTC) - JUST_NOW, "20m")
    page = anna.get("/bands?spotters=AF&mode=cw").text
    assert (
        "No CW signal was heard in Africa in the last hour, and at this time there usually is none." in page
    )
    assert "can be told after" not in page
    assert "No signal was heard in Africa in the last hour" in anna.get("/bands?spotters=AF").text


def test_a_silent_feed_is_told_where_nothing_was_ever_heard_too(anna: Browser, add: Add) -> None:
    usually(add, "20m", 10)
    assert "the feed is silent" in anna.get("/bands?spotters=AF").text


def test_days_on_which_nothing_came_do_not_count(anna: Browser, add: Add) -> None:
    usually(add, "20m", 10)
    add(datetime.now(UTC) - JUST_NOW, "20m", 10)
    assert words(anna.get("/bands")) == {"20 m": "as busy as usual at this hour"}


def test_only_spotters_of_the_continent_count(anna: Browser, add: Add) -> None:
    usually(add, "20m", 10)
    add(datetime.now(UTC) - JUST_NOW, "20m", 24, spotter_place=MAINE)
    assert words(anna.get("/bands?spotters=EU")) == {"20 m": "silent; usually 10 spots at this hour"}
    assert words(anna.get("/bands?spotters=NA")) == {"20 m": "usually silent at this hour"}
    assert words(anna.get("/bands?spotters=all")) == {"20 m": "2.4 times as busy as usual at this hour"}


def test_voice_is_not_drowned_by_machines(anna: Browser, add: Add) -> None:
    usually(add, "20m", 200, mode="FT8", source="machine")
    usually(add, "20m", 10)
    add(datetime.now(UTC) - JUST_NOW, "20m", 200, mode="FT8", source="machine")
    add(datetime.now(UTC) - JUST_NOW, "20m", 24)
    page = anna.get("/bands").text
    assert "Every band is about as busy as usual at this hour." in page
    assert "With voice: 20\N{NO-BREAK SPACE}m: 2.4 times as busy as usual at this hour." in page
    assert "With voice" not in anna.get("/bands?mode=voice").text


def test_only_modes_of_the_class_count(anna: Browser, add: Add) -> None:
    usually(add, "20m", 10)
    add(datetime.now(UTC) - JUST_NOW, "20m", 24, mode="FT8", source="machine")
    assert words(anna.get("/bands?mode=voice")) == {"20 m": "silent; usually 10 spots at this hour"}
    assert words(anna.get("/bands?mode=digital")) == {"20 m": "usually silent at this hour"}
    assert anna.get("/bands/waterfall.json?band=20m&mode=voice").json["marks"] == []


@pytest.mark.parametrize(
    ("chosen", "spotters"),
    [
        ({}, "all"),
        ({"callsign": "W1AW"}, "NA"),
        ({"grid": "JN03"}, "EU"),
        ({"grid": "QF56"}, "OC"),
        ({"grid": "QF56", "callsign": "F5AAA/MM"}, "OC"),
        ({"grid": "KM50", "callsign": "SU1AAA"}, "AF"),
        ({"grid": "IM86", "callsign": "EA7AAA"}, "EU"),
        ({"grid": "KN95", "callsign": "R6AAA"}, "EU"),
        ({"grid": "PM95", "callsign": "F5AAA"}, "EU"),
    ],
)
def test_spotters_are_those_of_the_accounts_continent(
    anna: Browser, choose: Callable[..., None], chosen: dict[str, str], spotters: str
) -> None:
    choose(**chosen)
    selected = re.findall(r'<option value="(\w+)" selected', anna.get("/bands").text)
    assert selected[0] == spotters


def asked(page: TestResponse) -> list[str]:
    """What stands in the form: what is chosen of its lists and, in order, of its buttons."""
    lists = re.findall(r'<option value="([^"]*)" selected', page.text)
    return lists + re.findall(r'id="(\S+)"[^>]* checked', page.text)


def test_the_page_is_as_it_was_left_on_any_device(anna: Browser, app: Flask) -> None:
    usual = asked(anna.get("/bands"))
    shown = ["NA", "EU", "30", "mode-voice", "by-mode", "band-15m"]
    assert asked(anna.get("/bands?spotters=NA&dx=EU&period=30&mode=voice&by=mode&band=15m")) == shown
    other = Browser(app)
    other.sign_in()
    assert asked(other.get("/bands")) == asked(anna.get("/bands")) == shown
    assert asked(other.get("/bands?spotters=AS"))[0] == "AS"
    assert asked(anna.get("/bands"))[1:] == ["7", "mode-", "by-band"], "an address says all of it"
    assert asked(anna.get("/bands?spotters=")) == asked(anna.get("/bands")) == usual


def test_who_sends_the_form_as_it_stands_has_chosen_nothing_by_that(
    anna: Browser, add: Add, choose: Callable[..., None]
) -> None:
    choose(grid="JN03")
    for spotter, place in (("F5AAA", FRANCE), ("W1AAA", MAINE)):
        add(datetime.now(UTC) - timedelta(minutes=5), "40m", 3, spotter=spotter, spotter_place=place)
    assert asked(anna.get("/bands")) == ["EU", "7", "mode-", "by-band", "band-40m"]
    busiest = r'name="band" value="" checked'
    assert re.search(busiest, anna.get("/bands").text)
    anna.get("/bands?spotters=EU&mode=&by=mode&band=&dx=all&period=7")
    choose(grid="FN31")
    page = anna.get("/bands")
    assert asked(page) == ["NA", "7", "mode-", "by-mode", "band-40m"]
    assert re.search(busiest, page.text)


@pytest.mark.parametrize("kept", [{"period": "99"}, {"colour": "red"}, {"by": ["mode"]}])
def test_what_an_older_release_kept_is_no_hindrance(
    anna: Browser, choose: Callable[..., None], kept: dict[str, object]
) -> None:
    choose(bands=kept)
    assert anna.get("/bands").status_code == 200


def test_a_viewer_looks_and_leaves_nothing(
    app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("vera", "viewer")
    vera = Browser(app)
    vera.sign_in("vera")
    assert asked(vera.get("/bands?spotters=NA"))[0] == "NA"
    assert asked(vera.get("/bands"))[0] == "all"
    assert owner.execute("SELECT FROM user_settings").rowcount == 0


def test_the_hours_of_people_and_of_skimmers(anna: Browser, add: Add) -> None:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    add(hour, "20m", 3)
    add(hour + timedelta(minutes=59), "40m", 2)
    add(hour, "20m", 5, mode="CW", source="machine")
    page = anna.get("/bands")
    found = {row[0]: row[1:] for row in rows(page, "figures")}
    assert found[f"{hour:%-d %b %H:00}"] == ["5", "5", "2", "3", "5"]
    assert found[f"{hour - HOUR:%-d %b %H:00}"] == ["0", "0", "0", "0", "0"]
    title = f"{hour:%a %H}–{hour + HOUR:%H} UTC: 5 spots: 40\N{NO-BREAK SPACE}m 2, 20\N{NO-BREAK SPACE}m 3"
    assert f"<title>{title}</title>" in page.text
    by_mode = {row[0]: row[1:] for row in rows(anna.get("/bands?by=mode"), "figures")}
    assert by_mode[f"{hour:%-d %b %H:00}"] == ["5", "5", "5", "5"]


def test_the_stations_of_the_waterfall(anna: Browser, add: Add) -> None:
    time = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
    time = time.replace(minute=time.minute // 2 * 2)
    for frequency, spotter, snr in ((14_025_000, "F5AAA", 12), (14_025_100, "DL1AAA", 31)):
        add(time, "20m", mode="CW", source="machine", frequency_hz=frequency, spotter=spotter, snr_db=snr)
    add(time + timedelta(minutes=1), "20m", frequency_hz=14_250_000, dx="K1ABC")
    add(time, "40m", dx="ON4ABC")
    drawn = anna.get("/bands/waterfall.json?band=20m").json
    assert (drawn["low"], drawn["high"]) == (14_000, 14_350)
    assert drawn["until"] - drawn["since"] == 3 * 60 * 60
    assert drawn["marks"] == [
        [int(time.timestamp()), 14_250, "K1ABC", "SSB", 0, 1, None],
        [int(time.timestamp()), 14_025, "JA1AA", "CW", 1, 2, 31],
    ]
    assert [14_074, 14_077, "FT8"] in drawn["uses"]
    assert rows(anna.get("/bands?band=20m"), "stations") == [
        ["14025.0", "JA1AA", "CW", "2", "31 dB", f"{time:%H:%M}"],
        ["14250.0", "K1ABC", "SSB", "1", "–", f"{time + timedelta(minutes=1):%H:%M}"],
    ]


def test_the_waterfall_is_of_the_busiest_band_unless_one_is_chosen(anna: Browser, add: Add) -> None:
    now = datetime.now(UTC) - timedelta(minutes=5)
    add(now, "40m", 3)
    add(now, "15m", 2)
    assert "Waterfall of 40\N{NO-BREAK SPACE}m" in anna.get("/bands").text
    assert "Waterfall of 15\N{NO-BREAK SPACE}m" in anna.get("/bands?band=15m").text


def heat(page: TestResponse) -> dict[tuple[str, str, int], str]:
    """Spots an hour by continent, band and hour of the day, those with any."""
    found = {}
    for panel in re.findall(r'<table class="heat".*?</table>', page.text, re.S):
        continent = re.search(r"<strong>(.*?)</strong>", panel)
        assert continent
        for row in re.findall(r'<tr><th scope="row">.*?</tr>', panel, re.S):
            band = re.search(r'<th scope="row">(.*?)</th>', row)
            assert band
            for hour, text in enumerate(re.findall(r"<td[^>]*><span>(.*?)</span>", row)):
                if text != "0":
                    found[continent[1], band[1].replace("\N{NO-BREAK SPACE}", ""), hour] = text
    return found


def over() -> tuple[datetime, int]:
    """A moment whose hour does not run, and how many of the last 7 days had that hour by now."""
    now = datetime.now(UTC)
    return now.replace(minute=30) - 12 * HOUR, 7 if now.hour >= 12 else 6


def test_when_the_bands_are_open(anna: Browser, add: Add) -> None:
    moment, days = over()
    add(moment - 3 * DAY, "40m", 24)
    add(moment - 2 * DAY, "40m", 12, dx_place=MAINE)
    add(moment - 1 * DAY, "40m", 1, spotter_place=MAINE)
    add(moment - 20 * DAY, "20m", 20)
    to_america = {("North America", "40m", moment.hour): f"{12 / days:.1f}"}
    assert heat(anna.get("/bands?spotters=EU&period=7")) == {
        ("Asia", "40m", moment.hour): f"{24 / days:.1f}",
        **to_america,
    }
    assert heat(anna.get("/bands?spotters=EU&dx=NA&period=7")) == to_america
    assert heat(anna.get("/bands?spotters=EU&period=30"))["Asia", "20m", moment.hour] == "1.0"
    assert heat(anna.get("/bands?spotters=NA&mode=voice")) == {
        ("Asia", "40m", moment.hour): f"{1 / days:.1f}"
    }
    assert heat(anna.get("/bands?spotters=NA&mode=cw")) == {}


def test_the_hour_that_runs_counts_by_what_had_passed_of_it_when_it_was_read(
    anna: Browser, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        shown = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return cls.shown

    monkeypatch.setattr("spotkeeper.web.bands.page.datetime", Clock)
    monkeypatch.setattr("spotkeeper.web.bands.sums.datetime", Clock)
    add(Clock.shown - timedelta(minutes=20), "20m", 30)
    for mode in ("", "voice"):
        page = anna.get(f"/bands?spotters=EU&dx=AS&period=1&mode={mode}")
        assert heat(page) == {("Asia", "20m", 12): "60"}
        assert "The hour that runs counts by the part of it that has passed" in page.text
        Clock.shown += timedelta(minutes=4)
    assert "The hour that runs" not in anna.get("/bands?period=2026-02").text


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("Asia/Kathmandu", ["05:45", "11:45", "17:45", "23:45"]),
        ("Asia/Kolkata", ["05:30", "11:30", "17:30", "23:30"]),
        ("Asia/Tokyo", ["09", "15", "21", "03"]),
    ],
)
def test_local_hours_begin_when_those_of_utc_do(
    anna: Browser, add: Add, choose: Callable[..., None], zone: str, hours: list[str]
) -> None:
    add(datetime.now(UTC) - timedelta(minutes=5), "20m", spotter_place=None)
    choose(time_zone=zone)
    page = anna.get("/bands?spotters=all&dx=AS")
    assert local_hours(page) == hours
    assert {*re.findall(r"<small>([\d:]+)</small></span>", page.text)} == {*hours}
    assert local_hours(anna.get("/call/JA1AA")) == hours


def local_hours(page: TestResponse) -> list[str]:
    """Below the columns of a heat map."""
    below = re.search(r"<tfoot[^>]*>(.*?)</tfoot>", page.text, re.S)
    assert below
    return re.findall(r"<td[^>]*>([\d:]+)</td>", below[1])


def test_a_month_of_the_past_outlasts_its_spots(anna: Browser, add: Add, owner: Connection) -> None:
    month = (datetime.now(UTC).replace(day=1, hour=12) - 40 * DAY).replace(day=1)
    add(month, "20m", 20)
    owner.execute("DELETE FROM spot_rows")
    page = anna.get(f"/bands?period={month:%Y-%m}")
    days = ((month + 31 * DAY).replace(day=1) - month).days
    assert heat(page) == {("Asia", "20m", 12): f"{20 / days:.1f}"}
    assert f'<option value="{month:%Y-%m}" selected>{month:%B %Y}</option>' in page.text


def test_spots_that_are_imported_into_days_that_are_over_are_shown_within_minutes(
    app: Flask, anna: Browser, add: Add
) -> None:
    later = timedelta()
    app.extensions["bands"] = Kept(lambda: monotonic() + later.total_seconds())
    moment, days = over()
    add(moment - 20 * DAY, "40m")
    cell = "Asia", "20m", moment.hour
    for number, spotter in enumerate(("F5AAA", "G4ABC"), start=1):
        add(moment - 2 * DAY, "20m", 14, spotter=spotter)
        later = number * timedelta(minutes=10)
        page = anna.get(f"/bands?spotters=EU&period=7&mode={'voice' if number == 2 else ''}")
        assert heat(page) == {cell: f"{14 * number / days:.1f}"}


def test_without_any_spot(anna: Browser) -> None:
    page = anna.get("/bands?period=2020-02")
    assert page.status_code == 200
    assert "No spots in that time." in page.text
    assert anna.get("/bands?period=1&dx=EU").status_code == 200


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("band=11m", "band: “11m” is not known."),
        ("band=20m&band=40m", "band: give it once, not 2 times."),
        ("spotters=<b>", "spotters: “<b>” is not known."),
        ("period=2026-13", "period: “2026-13” is not known."),
        ("period=0001-01", "period: “0001-01” is not known."),
        ("mode=SSB", "mode: “SSB” is not known."),
        ("x=1", "“x” is not asked for here."),
    ],
)
def test_what_is_not_known_is_named(anna: Browser, query: str, named: str) -> None:
    for path in ("/bands", "/bands/waterfall.json"):
        page = anna.get(f"{path}?{query}")
        assert page.status_code == 400
        assert named in (page.json["detail"] if page.is_json else unescape(page.text))
        assert page.is_json or "<b>" not in page.text


@pytest.mark.parametrize(
    ("accepted", "is_packed"), [("gzip, br", True), ("identity", False), ("gzip;q=0", False), ("", False)]
)
def test_the_waterfall_is_packed_for_who_can_unpack_it(
    anna: Browser, add: Add, accepted: str, is_packed: bool
) -> None:
    add(datetime.now(UTC) - JUST_NOW, "20m", dx="K1ABC")
    answer = anna.get("/bands/waterfall.json?band=20m", **{"Accept-Encoding": accepted})
    assert (answer.headers.get("Content-Encoding") == "gzip") == is_packed
    assert "Accept-Encoding" in answer.headers["Vary"]
    body = gzip.decompress(answer.data) if is_packed else answer.data
    assert json.loads(body)["marks"][0][2] == "K1ABC"


def test_a_waterfall_needs_a_band(anna: Browser) -> None:
    assert anna.get("/bands/waterfall.json").status_code == 400


def test_a_part_of_the_page_for_htmx(anna: Browser) -> None:
    part = anna.get("/bands?mode=cw", **{"HX-Request": "true"})
    assert part.text.lstrip().startswith("<form")
    assert "HX-Request" in part.headers["Vary"]
    assert part.text.strip() in anna.get("/bands?mode=cw").text


def test_nobody_sees_it_without_a_sign_in(app: Flask, browser: Browser) -> None:
    for path in ("/bands", "/bands/waterfall.json?band=20m"):
        assert browser.get(path).status_code in (302, 401)
