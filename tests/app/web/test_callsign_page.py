"""What is known of a call, and who hears one's own."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from spotkeeper.db import callsign as table
from spotkeeper.db import user_settings
from spotkeeper.db.connection import Connection, Role
from spotkeeper.spots.countries import Place
from spotkeeper.spots.model import LONGEST_CALL
from spotkeeper.spots.places import Point
from spotkeeper.spots.sun import Day
from werkzeug.test import TestResponse

from tests.app.web.browser import Browser
from tests.app.web.browser import rows as spots_listed
from tests.app.web.test_bands_page import rows
from tests.support.spots import a_spot, add_spots

FRANCE = Place(227, "France", "EU", 14, 27, Point(46, 2), 1)
Choose = Callable[..., None]


@pytest.fixture
def choose(owner: Connection, anna: Browser) -> Choose:
    """Anna chooses this."""

    def choose(**values: object) -> None:
        [(number,)] = owner.execute("SELECT id FROM users WHERE name = 'anna'").fetchall()
        user_settings.save(owner, number, values)

    return choose


def text(page: TestResponse) -> str:
    """What the page says, in one line."""
    said = unescape(re.sub(r"<[^>]+>", "", page.text.split("<main")[1]))
    return re.sub(r"\s+", " ", said.replace("\N{NO-BREAK SPACE}", " "))


def test_a_call_that_was_never_heard(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("DL1XYZ", 5)
    page = anna.get("/call/DL1ABC")
    assert page.status_code == 200
    assert "DL1ABC was never heard here" in text(page)
    assert "Fed. Rep. of Germany, Europe CQ zone 14, ITU zone 28" in text(page)
    assert 'href="/call/DL1XYZ"' in page.text


def test_where_no_country_is_known(anna: Browser) -> None:
    assert "does not know where DL1ABC/MM is: at sea or in the air" in text(anna.get("/call/DL1ABC/MM"))


def test_the_ways_there_and_the_sun(anna: Browser, choose: Choose, add_spot: Callable[..., None]) -> None:
    assert "Tell your grid" in text(anna.get("/call/K1ABC"))
    choose(grid="JN03")
    add_spot("K1ABC", 5, dx_grid="FN42")
    page = text(anna.get("/call/K1ABC"))
    assert re.search("Short path *295° 5,663 km *Long path *115° 34,367 km", page)
    assert re.search(r"Sun there *(day|night|grey line) \d\d:\d\d by the Sun", page)
    assert "grid FN42" in page
    choose(units="imperial")
    assert "295° 3,519 mi" in text(anna.get("/call/K1ABC"))


@pytest.mark.parametrize(
    ("rise", "sets", "said"),
    [
        (5, 19, "up 05:00–19:00 UTC"),
        (5, None, "up from 05:00 UTC"),
        (None, 19, "up until 19:00 UTC"),
        (None, None, "all day"),
    ],
)
def test_the_sun_there_may_rise_and_not_set(
    anna: Browser, monkeypatch: pytest.MonkeyPatch, rise: int | None, sets: int | None, said: str
) -> None:
    noon = datetime(2026, 5, 29, 12, tzinfo=UTC)
    at = [hour and noon.replace(hour=hour) for hour in (rise, sets)]
    monkeypatch.setattr("spotkeeper.spots.sun.day", lambda point, now: Day(noon, *at))
    assert said in text(anna.get("/call/OH9ABC"))


def test_without_a_grid_of_its_own_the_country_stands_for_the_call(anna: Browser, choose: Choose) -> None:
    choose(grid="JN03")
    assert "those of the middle of the country" in text(anna.get("/call/K1ABC"))


def test_who_hears_it_where_and_how_strong(anna: Browser, add_spot: Callable[..., None]) -> None:
    time = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=7)
    heard: dict[str, Any] = {"band": "20m", "mode": "CW", "source": "machine", "time": time}
    add_spot(spotter="F5AAA", snr_db=12, distance_km=5500, spotter_place=FRANCE, **heard)
    add_spot(spotter="VK3AAA", snr_db=31, distance_km=16_700, **heard)
    add_spot(
        spotter="F5AAA",
        band="40m",
        time=time - timedelta(minutes=5),
        distance_km=5500,
        frequency_hz=7_150_000,
    )
    page = anna.get("/call/k1abc")
    assert "3 spots by 2 stations in the last 24 hours; best DX VK3AAA, 16,700 km on 20 m;" in text(page)
    assert "; strongest 31 dB at VK3AAA." in text(page)
    assert rows(page, "bests") == [
        ["40 m", "1", "1", "–", "5,500 km F5AAA"],
        ["20 m", "2", "2", "31 dB VK3AAA", "16,700 km VK3AAA"],
    ]
    earlier = f"{time:%H:%M}" + ("" if time.date() == datetime.now(UTC).date() else f" {time:%-d %b}")
    assert rows(page, "stations") == [
        ["F5AAA", "France EU", "5,500 km", "12 dB", "40 m 20 m", "2", earlier],
        ["VK3AAA", "–", "16,700 km", "31 dB", "20 m", "1", earlier],
    ]
    hours = rows(page, "heat")
    assert [row[0] for row in hours] == ["40 m", "20 m"]
    assert hours[1][1 + time.hour] == "2"
    assert sum(int(spots) for row in hours for spots in row[1:]) == 3


def test_who_hears_it_outside_the_bands(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("26TM0", 3, band=None, frequency_hz=27_555_000, mode=None, spotter="W1AAA", distance_km=6646)
    page = anna.get("/call/26TM0")
    assert "1 spot by 1 station in the last 24 hours; best DX W1AAA, 6,646 km." in text(page)
    assert "Nobody has spotted" not in text(page)
    assert rows(page, "heat") == rows(page, "bests") == []


def test_of_many_stations_fifty_are_listed_and_a_link_leads_to_the_others(
    anna: Browser, login: Callable[[Role], Connection]
) -> None:
    add_spots(login("scraper"), *(a_spot(spotter=f"F{number}AA") for number in range(60)))

    def listed(path: str) -> list[str]:
        tables = anna.get(path).text.split('id="who-hears"')[1].split("</section>")[0]
        return re.findall(r'<th scope="row"><a href="/call/(\w+)">\1</a></th>', tables)

    page = anna.get("/call/K1ABC").text
    assert "60 stations that heard it" in page
    assert "<summary>35 more, of 60</summary>" in page
    assert len({*listed("/call/K1ABC")}) == 50
    link = re.search(r'href="([^"]+)#who-hears">All 60<', page)
    assert link
    assert {*listed(unescape(link[1]))} == {f"F{number}AA" for number in range(60)}


def test_the_hours_of_a_busy_call(
    anna: Browser, login: Callable[[Role], Connection], add_spot: Callable[..., None]
) -> None:
    add_spot("K1ABC", 7 * 60)
    add_spots(login("scraper"), *(a_spot(spotter=f"F{number}AA") for number in range(1000)))
    for _ in range(2):
        assert "1,001 spots by 1001 stations in the last 24 hours" in text(anna.get("/call/K1ABC"))
        assert "1,000 spots by 1000 stations in the last 6 hours" in text(anna.get("/call/K1ABC?hours=6"))
    assert "The 200 with the most spots" in text(anna.get("/call/K1ABC"))


def test_when_there_are_too_many_spots_the_newest_are_told_and_since_when(
    anna: Browser, choose: Choose, add_spot: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "NEWEST", 3)
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    for call, minutes in (("DL1ABC", (10, 20, 30, 40)), ("DL1ABC/P", (25, 300))):
        for ago in minutes:
            add_spot(call, time=now - timedelta(minutes=ago), spotter=f"F{ago}AA")
    began = now - timedelta(minutes=30)
    since = f"since {began:%-d %B, %H:%M} UTC"
    page = anna.get("/call/DL1ABC")
    assert f"The newest 3 spots, {since}, by 3 stations" in text(page)
    assert "by 3 stations in the last" not in text(page)
    told = anna.get("/api/v1/callsigns/DL1ABC").json["heard_by"]
    assert (told["spots"], told["since"]) == (3, f"{began:%Y-%m-%dT%H:%M:%SZ}")

    choose(callsign="DL1ABC")
    page = anna.get("/call")
    assert f"The newest 4 spots, {since}, by 4 stations" in text(page)
    assert f"Spots by hour of the day, {since}" in text(page)
    assert f"4 stations that heard you In the newest 4 spots, {since}." in text(page)
    assert sum(int(spots) for row in rows(page, "heat") for spots in row[1:]) == 4


def test_all_my_forms_are_heard_by_the_stations_of_the_list(
    anna: Browser, choose: Choose, add_spot: Callable[..., None]
) -> None:
    add_spot("DL1ABC", 5, spotter="F1AAA")
    add_spot("EA8/DL1ABC", 9, spotter="F2AAA")
    choose(callsign="DL1ABC")
    page = anna.get("/call")
    assert "2 stations that heard you" in text(page)
    assert [row[0] for row in rows(page, "stations")] == ["F1AAA", "F2AAA"]


def test_whom_it_hears(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1ABC", 5, spotter="F5AAA")
    page = text(anna.get("/call/F5AAA"))
    assert "Whom it hears 1 spot since" in page
    assert "Nobody has spotted F5AAA yet." in page


def test_of_who_also_skims_the_last_hour_is_told(anna: Browser, add_spot: Callable[..., None]) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    for dx, ago, source in (("K1ABC", 10, "machine"), ("K2ABC", 30, "human"), ("K3ABC", 20 * 60, "human")):
        add_spot(dx, time=now - timedelta(minutes=ago), spotter="F5AAA", source=source)
    began = now - timedelta(minutes=70)
    page = anna.get("/call/F5AAA")
    assert f"Whom it hears 2 spots since {began:%-d %B, %H:%M} UTC." in text(page)
    assert [row[0] for row in rows(page, "stations")] == ["K1ABC", "K2ABC"]
    told = anna.get("/api/v1/callsigns/F5AAA").json["hears"]
    assert (told["spots"], told["since"]) == (2, f"{began:%Y-%m-%dT%H:%M:%SZ}")


def test_its_newest_spots_lead_to_their_pages(anna: Browser, add_spot: Callable[..., None]) -> None:
    now = datetime.now(UTC).replace(second=0)
    for minutes in (90, 5):
        add_spot("K1ABC", time=now - timedelta(minutes=minutes), comment=f"<i>{minutes}")
    page = anna.get("/call/K1ABC")
    assert [row[-1] for row in rows(page, "newest")] == ["<i>5", "<i>90"]
    [newest, _] = re.findall(r'href="(/spots/[0-9a-z]+-[0-9a-f]{16})"', page.text)
    assert anna.get(newest).status_code == 200


def test_the_time_that_is_looked_at(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1ABC", 3 * 24 * 60)
    assert "1 spot by 1 station in the last 7 days" in text(anna.get("/call/K1ABC"))
    assert "Nobody has spotted K1ABC in the last 6 hours. The last time was 3 days ago." in text(
        anna.get("/call/K1ABC?hours=6")
    )
    assert anna.get("/call/K1ABC?hours=5").status_code == 400


def test_who_heard_me_wherever_i_was(anna: Browser, choose: Choose, add_spot: Callable[..., None]) -> None:
    mine = {"DL1ABC/P", "EA8/DL1ABC", "EA8/DL1ABC/P"}
    others = ("DL1ABCD", "XDL1ABC", "DL1AB", "EA8/DL1ABCD/P", "EA8/XDL1ABC/P", "DL1ABC-1/P")
    for number, call in enumerate(("DL1ABC", *mine, *others)):
        add_spot(call, 5, spotter=f"F{number}AAA")
    choose(callsign="DL1ABC", grid="JO62")
    page = anna.get("/call")
    assert "DL1ABC your call" in text(page)
    assert "4 spots by 4 stations in the last 24 hours" in text(page)
    assert (
        set(
            re.findall(r'href="/call/([^"]+)">\1</a>', page.text.split("Counted with it")[1].split("</p>")[0])
        )
        == mine
    )
    assert "Short path" not in text(page)
    assert "1 spot by 1 station in the last 24 hours" in text(anna.get("/call/DL1ABC/P"))


def test_who_spots_himself_is_not_among_those_who_hear_him(
    anna: Browser, choose: Choose, add_spot: Callable[..., None]
) -> None:
    for dx, spotter in (("DL1ABC/P", "DL1ABC"), ("DL1ABC", "EA8/DL1ABC"), ("EA8/DL1ABC", "DL1ABC/P")):
        add_spot(dx, 5, spotter=spotter, distance_km=4000, snr_db=40)
    choose(callsign="DL1ABC")
    page = anna.get("/call")
    assert "Nobody but you has spotted you in the last 24 hours." in text(page)
    assert "The last time" not in text(page)
    assert "Whom you hear" not in text(page)
    assert len(rows(page, "newest")) == 3
    assert "Nobody but itself has spotted DL1ABC/P in the last" in text(anna.get("/call/DL1ABC/P"))

    add_spot("DL1ABC/P", 9, spotter="F1AAA", distance_km=900, snr_db=9)
    page = anna.get("/call")
    assert (
        "1 spot by 1 station in the last 24 hours; best DX F1AAA, 900 km on 20 m; strongest 9 dB at F1AAA."
        in text(page)
    )
    assert [row[0] for row in rows(page, "stations")] == ["F1AAA"]
    assert sum(int(spots) for row in rows(page, "heat") for spots in row[1:]) == 1


def test_my_spots_are_those_that_are_counted(
    anna: Browser, choose: Choose, add_spot: Callable[..., None]
) -> None:
    mine = ["W1AB", "EA8/W1AB", "W1AB/P"]
    for call in (*mine, "W1ABC"):
        add_spot(call, 5)
    choose(callsign="W1AB")
    page = anna.get("/call")
    assert "3 spots by 1 station" in text(page)
    links = re.findall(r'class="button quiet" href="(/(?:map|spots)\?[^"]+)"', page.text)
    assert len(links) == 2
    for link in links:
        assert sorted(spots_listed(anna.get(unescape(link)))) == sorted(mine)


def test_who_was_only_heard_elsewhere(anna: Browser, choose: Choose, add_spot: Callable[..., None]) -> None:
    add_spot("EA8/DL1ABC", 3 * 24 * 60)
    choose(callsign="DL1ABC")
    page = text(anna.get("/call"))
    assert "1 spot by 1 station in the last 7 days" in page
    assert "never heard" not in page


def test_without_a_call_of_ones_own(anna: Browser) -> None:
    assert "Look up any call" in text(anna.get("/call"))


def test_a_typed_call_leads_to_its_page(anna: Browser) -> None:
    answer = anna.get("/call?call=+ea8/dl1abc+")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/call/EA8/DL1ABC")


@pytest.mark.parametrize(
    "path", ["/call?call=<b>x", "/call/<b>x", "/call?call=" + "A1" * 13, "/call/DL1ABC//"]
)
def test_what_is_no_call_is_named(anna: Browser, path: str) -> None:
    page = anna.get(path)
    assert page.status_code in (400, 404)
    assert "<b>x" not in page.text
    if page.status_code == 400:
        assert "is not a callsign" in page.text


def test_calls_are_suggested_by_how_they_begin(anna: Browser, add_spot: Callable[..., None]) -> None:
    for call, number in (("DL1AAA", 1), ("DL1BBB", 3), ("DL2AAA", 1), ("EA8/DL1AAA", 1)):
        for minute in range(number):
            add_spot(call, 5 + minute)

    def suggested(typed: str) -> list[str]:
        return re.findall(r'<option value="([^"]*)">', anna.get(f"/calls?call={typed}").text)

    assert suggested("dl1") == ["DL1BBB", "DL1AAA"]
    assert suggested("EA8/") == ["EA8/DL1AAA"]
    assert suggested("D") == suggested("DL_") == suggested("%25%25") == suggested("") == []
    assert "Germany, 3 spots" in anna.get("/calls?call=DL1").text


def test_the_longest_call_has_its_page_its_spots_and_its_answers(
    anna: Browser, add_spot: Callable[..., None]
) -> None:
    call = "VP8/EA8/DL100ABCDEFGHI/P"
    assert len(call) == LONGEST_CALL
    add_spot(call, 5)
    page = anna.get(f"/call/{call}")
    assert "1 spot by 1 station" in text(page)
    links = {unescape(link) for link in re.findall(r'href="(/(?:map|spots)\?[^"]+)"', page.text)}
    assert len(links) == 2
    for link in (*links, f"/call?call={call}", f"/api/v1/callsigns/{call}", f"/api/v1/spots?dx={call}"):
        assert anna.get(link).status_code in (200, 302), link


def test_nobody_sees_it_without_a_sign_in(browser: Browser) -> None:
    for path in ("/call/K1ABC", "/calls?call=K1"):
        assert browser.get(path).status_code == 302
