"""The latest spots, and the filters that stay."""

import html
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection, Role
from spotkeeper.spots.countries import Place
from spotkeeper.spots.places import Point

from tests.app.web.browser import Browser, rows
from tests.support.spots import a_spot, add_spots


def test_the_newest_is_on_top(anna: Browser, add_spot: Callable[..., None]) -> None:
    for minutes in (20, 5, 40):
        add_spot(f"K{minutes}AA", minutes)
    assert rows(anna.get("/spots")) == ["K5AA", "K20AA", "K40AA"]


def test_a_spot_with_all_it_says(anna: Browser, add_spot: Callable[..., None]) -> None:
    time = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    add_spot(
        "PJ2/VE3ABC", 0, time=time, spotter="W9XG", frequency_hz=14_057_650, band="20m", mode="CW",
        source="machine", snr_db=-6, wpm=22, comment="<b>CQ</b> \N{GREEK CAPITAL LETTER OMEGA}",
    )  # fmt: skip
    page = anna.get("/spots").text
    row = page.split("<tbody")[1].split("</tbody>")[0]
    for text in (
        "PJ2/VE3ABC",
        "W9XG",
        "14057.65",
        "20\N{NO-BREAK SPACE}m",
        "CW",
        "-6\N{NO-BREAK SPACE}dB, 22\N{NO-BREAK SPACE}wpm",
    ):
        assert f">{text}<" in row
    assert f"{time:%H:%M}" in row
    assert "&lt;b&gt;CQ&lt;/b&gt; Ω" in row
    assert 'data-field="source">skimmer' in row


def test_what_is_unknown_is_left_open(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1ABC", 1, frequency_hz=27_555_000, band=None, mode=None, comment="")
    assert rows(anna.get("/spots")) == ["K1ABC"]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", ["FM", "FT8", "CW", "SSB"]),
        ("band=20m", ["FT8", "SSB"]),
        ("band=20m&band=40m", ["FT8", "CW", "SSB"]),
        ("mode=CW", ["CW"]),
        ("mode=CW&mode=FM", ["FM", "CW"]),
        ("band=20m&mode=CW", []),
        ("source=human", ["FM", "SSB"]),
        ("source=machine&band=40m", ["CW"]),
        ("source=", ["FM", "FT8", "CW", "SSB"]),
        ("since=15m", ["FM", "FT8"]),
        ("since=24h", ["FM", "FT8", "CW", "SSB", "OLD"]),
    ],
)
def test_filters(anna: Browser, add_spot: Callable[..., None], query: str, shown: list[str]) -> None:
    add_spot("FM", 2, band="10m", mode="FM", frequency_hz=29_600_000)
    add_spot("FT8", 5, mode="FT8", source="machine")
    add_spot("CW", 30, band="40m", mode="CW", source="machine", frequency_hz=7_010_000)
    add_spot("SSB", 40)
    add_spot("OLD", 23 * 60)
    page = anna.get(f"/spots?{query}")
    assert rows(page) == shown
    assert ("No spot fits." in page.text) and ('id="none" class="none" hidden' in page.text) == bool(shown)
    csv = anna.get(f"/spots.csv?{query}").text.splitlines()[1:]
    assert [line.split(",")[2] for line in csv] == shown


def test_counts_alone(anna: Browser, add_spot: Callable[..., None]) -> None:
    for band, minutes in (("20m", 2), ("20m", 3), ("10m", 4), ("20m", 50)):
        add_spot(f"{band}{minutes}".upper(), minutes, band=band)
    answer = anna.get("/spots/counts?band=20m&since=30m")
    assert '2 spots<span class="window"> in the last 30 minutes' in answer.text
    heard = re.findall(r'id="heard-(\w+)".*?<span class="count">(\d+)', answer.text, re.S)
    assert dict(heard)["20m"] == "2"
    assert "data-id" not in answer.text
    assert anna.get("/spots/counts?band=11m").status_code == 400


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("mode=voice", ["VK9DX", "PY1AA"]),
        ("mode=digital&mode=CW", ["DL1AA", "JA1AA"]),
        ("dx_prefix=VK, JA", ["VK9DX", "JA1AA"]),
        ("dx_prefix=vk9", ["VK9DX"]),
        ("dx=vk9dx", ["VK9DX"]),
        ("dx=VK9D", []),
        ("dx_continent=EU&dx_continent=SA", ["DL1AA", "PY1AA"]),
        ("dx_dxcc=339", ["JA1AA"]),
        ("dx_dxcc=339&dx_dxcc=108&dx_dxcc=", ["JA1AA", "PY1AA"]),
        ("spotter_continent=NA", ["PY1AA"]),
        ("spotter_prefix=F5", ["VK9DX", "DL1AA", "JA1AA"]),
        ("min_khz=14100&max_khz=14250", ["VK9DX"]),
        ("min_khz=21000", ["PY1AA"]),
    ],
)
def test_filters_of_calls_places_and_frequencies(
    anna: Browser, add_spot: Callable[..., None], query: str, shown: list[str]
) -> None:
    def place(continent: str, dxcc: int = 1) -> Place:
        return Place(dxcc, "", continent, 1, 1, Point(0, 0), 1)

    add_spot("VK9DX", 1, dx_place=place("OC"), spotter_place=place("EU"))
    add_spot("DL1AA", 2, dx_place=place("EU"), spotter_place=place("EU"), mode="FT8", frequency_hz=14_074_000)
    add_spot("JA1AA", 3, dx_place=place("AS", 339), mode="CW", frequency_hz=14_010_000)
    add_spot(
        "PY1AA", 4, dx_place=place("SA", 108), spotter="W1AW", spotter_place=place("NA"), band="15m",
        frequency_hz=21_300_000,
    )  # fmt: skip
    assert rows(anna.get(f"/spots?{query}")) == shown
    query = "&".join(part for part in query.replace(", ", ",").split("&") if not part.endswith("="))
    answer = anna.get(f"/api/v1/spots?{query}&since=1h").json
    assert [spot["dx"] for spot in answer["spots"]] == shown, "the API means the same"


def test_the_form_shows_the_filters_in_force(anna: Browser) -> None:
    page = anna.get(
        "/spots?band=40m&mode=SSB&mode=JS8&source=human&since=3h&dx_prefix=VK,3Y0&dx_dxcc=339&dx_continent=AS"
        "&min_khz=7040.5"
    ).text
    form = page.split('id="filters"')[1].split("</form>")[0]
    assert re.findall(r'name="(\w+)" value="(\w+)" checked', form) == [
        ("band", "40m"), ("mode", "SSB"), ("mode", "JS8"), ("dx_continent", "AS"), ("dx_dxcc", "339"),
    ]  # fmt: skip
    assert re.findall(r'value="(\w+)" selected', form) == ["human", "3h"]
    assert 'value="VK, 3Y0"' in form
    assert 'value="7040.5"' in form
    assert '<details class="more" open>' in form


def test_bands_show_how_many_spots_they_have(anna: Browser, add_spot: Callable[..., None]) -> None:
    for minutes in (1, 2, 3):
        add_spot(minutes=minutes)
    add_spot(minutes=4, mode="CW")
    add_spot(minutes=5, band="23cm", frequency_hz=1_296_200_000)

    def number(query: str) -> dict[str, str]:
        tile = r'id="heard-(\w+)">\s*<span class="count">(\d+)'
        return dict(re.findall(tile, anna.get(f"/spots?{query}").text, re.S))

    assert number("since=1h")["20m"] == "4"
    assert number("since=1h")["23cm"] == "1"
    assert number("since=1h")["10m"] == "0"
    assert number("band=10m&mode=CW&since=1h")["20m"] == "1", "other bands show what they would have"
    assert "23cm" not in number("mode=CW")
    assert "70cm" not in number("since=1h")


def test_bands_count_hours_of_which_only_the_sums_are_read(
    anna: Browser, add_spot: Callable[..., None], owner: Connection
) -> None:
    for minutes in (5, 150, 600):
        add_spot(f"K{minutes}AA", minutes)
        add_spot(f"K{minutes}BB", minutes, mode="CW", source="machine")
    add_spot("OLD", 25 * 60)
    numbers = re.compile(r'id="heard-20m".*?class="count">(\d+)', re.S)
    for query, number in (
        ("since=24h", "6"), ("since=3h", "4"), ("since=24h&mode=CW", "3"), ("since=24h&source=human", "3"),
        ("since=7d", "7"), ("since=24h&band=10m", "6"), ("since=1h&dx_prefix=K5A", "1"),
    ):  # fmt: skip
        assert numbers.findall(anna.get(f"/spots?{query}").text) == [number], query
    page = anna.get("/spots?since=24h&dx_prefix=K5").text
    assert not numbers.findall(page)
    assert "Spots of the last 24 hours" in page


def test_older_spots_come_in_portions(anna: Browser, login: Callable[[Role], Connection]) -> None:
    add_spots(login("scraper"), *(a_spot(dx=f"K{number}") for number in range(250)))
    page = anna.get("/spots?mode=CW")
    assert '250 spots<span class="window"> in the last hour' in page.text
    seen = rows(page)
    assert len(seen) == 50
    while older := re.search(r'hx-get="([^"]+)"[^>]*>Show older', page.text):
        page = anna.get(html.unescape(older[1]), **{"HX-Request": "true"})
        assert "<html" not in page.text
        seen += rows(page)
    assert sorted(seen) == sorted(f"K{number}" for number in range(250))
    assert len(anna.get("/spots.csv?mode=CW").text.splitlines()) == 251


def test_the_newest_minute_is_whole_and_in_the_order_in_which_its_spots_came(
    anna: Browser, login: Callable[[Role], Connection]
) -> None:
    minute = int(datetime.now(UTC).timestamp()) // 60 * 60 - 60
    came = [f"K{number}" for number in range(70)]
    before = [f"W{number}" for number in range(70)]
    scraper = login("scraper")
    add_spots(scraper, *(a_spot(dx=call, time=minute - 60) for call in before))
    for number, call in enumerate(came):
        add_spots(scraper, a_spot(dx=call, time=minute), received=minute + number / 10)
    page = anna.get("/spots?mode=CW")
    assert rows(page) == came[::-1]
    older = re.search(r'hx-get="([^"]+)"[^>]*>Show older', page.text)
    assert older
    assert sorted(rows(anna.get(html.unescape(older[1]), **{"HX-Request": "true"}))) == sorted(before)
    assert len(rows(anna.get("/spots?mode=CW&dx_prefix=W"))) == 70
    assert len(rows(anna.get("/spots?mode=CW&dx_prefix=K1,W1"))) == 22


def test_older_spots_without_scripts(anna: Browser, login: Callable[[Role], Connection]) -> None:
    add_spots(login("scraper"), *(a_spot(dx=f"K{number}") for number in range(150)))
    first = anna.get("/spots?mode=CW")
    older = re.search(r'href="([^"]+)"[^>]*>Show older', first.text)
    assert older
    page = anna.get(html.unescape(older[1]))
    assert len({*rows(first), *rows(page)}) == 150
    assert "data-follows" not in page.text
    assert ">Newest</a>" in page.text


def test_a_cursor_of_other_filters_is_refused(anna: Browser, login: Callable[[Role], Connection]) -> None:
    add_spots(login("scraper"), *(a_spot(dx=f"K{number}") for number in range(150)))
    older = re.search(r'cursor=([^"&]+)', anna.get("/spots").text)
    assert older
    for query in (f"band=10m&cursor={older[1]}", "cursor=nonsense", "cursor=%FF"):
        answer = anna.get(f"/spots?{query}")
        assert answer.status_code == 400
        assert "cursor:" in answer.text


def test_a_change_of_filters_fetches_what_changes(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1ABC", 1)
    add_spot("K2ABC", 2, band="10m", frequency_hz=28_500_000)
    anna.get("/spots")
    answer = anna.get("/spots?band=10m&source=&dx_prefix=&since=1h", **{"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<section id="found"')
    assert rows(answer) == ["K2ABC"]
    assert "HX-Request" in answer.headers["Vary"]
    assert answer.headers["HX-Push-Url"] == "/spots?band=10m&since=1h"
    assert anna.get("/spots").location == "/spots?band=10m&since=1h"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("band=11m", "band:"),
        ("since=2h", "since:"),
        ("since=2026-11-26T10:53:00Z", "since:"),
        ("source=human&source=machine", "source: give it once"),
        ("dx_dxcc=japan", "dx_dxcc:"),
        ("dx_prefix=%25", "dx_prefix:"),
        ("min_khz=14350&max_khz=14000", "max_khz:"),
        ("min_khz=nan", "min_khz:"),
        ("limit=1", "limit"),
        ("colour=red", "colour"),
        ("text=%00", "text"),
    ],
)
def test_a_filter_that_is_none_is_named_and_changes_nothing(anna: Browser, query: str, said: str) -> None:
    anna.get("/spots?band=20m")
    for path in ("/spots", "/spots.csv", "/spots.adi"):
        answer = anna.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert said in answer.text
    assert anna.get("/spots").location == "/spots?band=20m&since=1h"


def test_filters_saved_under_a_name(anna: Browser, app: Flask) -> None:
    def saved(browser: Browser) -> list[str]:
        page = browser.get("/spots?since=1h").text
        return re.findall(r'<a class="pill" href="([^"]+)"[^>]*><span>([^<]+)', page)

    assert saved(anna) == []
    answer = anna.post(
        "/spots/saved", "/spots?since=1h", name=" Voice ", query="mode=voice&band=20m&since=3h", back="spots"
    )
    assert answer.location == "/spots?band=20m&mode=voice&since=3h"
    assert saved(anna) == [("/spots?band=20m&amp;mode=voice&amp;since=3h", "Voice")]
    anna.post("/spots/saved", "/spots?since=1h", name="Voice", query="mode=voice&since=1h", back="spots")
    anna.post("/spots/saved", "/spots?since=1h", name="<i>", query="band=6m", back="map")
    phone = Browser(app)
    phone.sign_in()
    assert sorted(saved(phone)) == [
        ("/spots?band=6m&amp;since=1h", "&lt;i&gt;"),
        ("/spots?mode=voice&amp;since=1h", "Voice"),
    ]
    answer = anna.post("/spots/saved/delete", "/spots?since=1h", name="Voice", query="band=6m", back="spots")
    assert answer.location == "/spots?band=6m&since=1h"
    assert [name for _, name in saved(anna)] == ["&lt;i&gt;"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": ""}, "A name has"),
        ({"name": "x" * 31}, "A name has"),
        ({"name": "a\nb"}, "A name has"),
        ({"query": "band=11m"}, "band:"),
        ({"query": "cursor=x"}, "cursor"),
        ({"back": "//evil.test"}, "back:"),
    ],
)
def test_what_cannot_be_saved_is_named(anna: Browser, values: dict[str, str], said: str) -> None:
    usual = {"name": "Voice", "query": "mode=voice", "back": "spots"}
    answer = anna.post("/spots/saved", "/spots?since=1h", **usual | values)
    assert answer.status_code == 400
    assert said in answer.text
    assert 'aria-label="Saved filters"' not in anna.get("/spots?since=1h").text


def test_twenty_filters_are_saved_and_no_more(anna: Browser) -> None:
    def save(name: str) -> int:
        return anna.post(
            "/spots/saved", "/spots?since=1h", name=name, query="band=20m", back="spots"
        ).status_code

    assert [save(f"number {number}") for number in range(20)] == [302] * 20
    assert save("one more") == 400
    assert save("number 7") == 302


@pytest.mark.parametrize("before", [0, 17])
def test_filters_saved_at_the_same_time_are_all_kept_up_to_the_limit(
    anna: Browser, app: Flask, before: int
) -> None:
    def save(browser: Browser, name: str) -> int:
        fields = {"name": name, "query": "band=20m", "back": "spots"}
        return browser.post("/spots/saved", "/spots?since=1h", **fields).status_code

    assert [save(anna, f"number {number}") for number in range(before)] == [302] * before
    browsers = [Browser(app) for _ in range(6)]
    for browser in browsers:
        browser.sign_in()
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(save, browsers, "abcdef"))
    kept = min(6, 20 - before)
    assert sorted(statuses) == [302] * kept + [400] * (6 - kept)
    page = anna.get("/spots?since=1h").text
    assert len(re.findall(r'<a class="pill" href="[^"]+"[^>]*><span>[^<]+', page)) == before + kept


def test_what_is_saved_needs_the_form(anna: Browser) -> None:
    for path in ("/spots/saved", "/spots/saved/delete", "/spots/columns"):
        assert anna.send("POST", path, data={"name": "x", "query": "band=20m"}).status_code == 400
        assert anna.get(path).status_code in (404, 405)


def test_a_viewer_keeps_nothing(browser: Browser, add_user: Callable[..., None], owner: Connection) -> None:
    add_user("vera", "viewer")
    browser.sign_in("vera")
    page = browser.get("/spots?band=20m").text
    assert "Columns" not in page
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    for path in ("/spots/saved", "/spots/saved/delete", "/spots/columns"):
        data = {"csrf_token": token[1], "name": "x", "query": "band=20m"}
        assert browser.send("POST", path, data=data).status_code == 403
    assert owner.execute("SELECT FROM user_settings WHERE values <> '{}'").fetchall() == []


def test_columns_are_chosen_and_stay(anna: Browser, app: Flask, add_spot: Callable[..., None]) -> None:
    france = Place(227, "France", "EU", 14, 27, Point(46, -2), 1)
    add_spot("F5XX", dx_place=france, distance_km=1234, bearing=45, place_source="country", node="gb7mbc")

    def headings(browser: Browser) -> list[str]:
        return re.findall(r"<th [^>]*>([^<]+)</th>", browser.get("/spots?since=1h").text)

    assert headings(anna) == ["UTC", "kHz", "Band", "Mode", "DX", "Spotter", "Signal", "Comment"]
    token = re.search(r'name="csrf_token" value="([^"]+)"', anna.get("/spots?since=1h").text)
    assert token
    chosen = ["node", "country", "distance", "bearing"]
    answer = anna.send("POST", "/spots/columns", data={"csrf_token": token[1], "query": "", "column": chosen})
    assert answer.location == "/spots?since=1h"
    phone = Browser(app)
    phone.sign_in()
    assert headings(phone) == ["UTC", "kHz", "DX", "Country", "Distance", "Bearing", "Node"]
    row = phone.get("/spots?since=1h").text.split("<tbody")[1].split("</tbody>")[0]
    for text in ("1,234\N{NO-BREAK SPACE}km", "45°", "gb7mbc"):
        assert f">{text}<" in row
    answer = anna.send(
        "POST", "/spots/columns", data={"csrf_token": token[1], "query": "", "column": ["colour"]}
    )
    assert answer.status_code == 400
    assert "“colour”" in answer.text


def test_filters_are_remembered_on_all_devices(anna: Browser, app: Flask) -> None:
    assert anna.get("/spots?band=20m&band=10m&mode=SSB&source=human&since=3h").status_code == 200
    phone = Browser(app)
    phone.sign_in()
    assert phone.get("/spots").location == "/spots?band=20m&band=10m&mode=SSB&source=human&since=3h"


def test_cleared_filters_stay_cleared(anna: Browser) -> None:
    anna.get("/spots?band=20m&since=3h")
    anna.get("/spots?since=3h&source=")
    assert anna.get("/spots").location == "/spots?since=3h"
    anna.get("/spots?since=1h")
    assert anna.get("/spots").status_code == 200


def test_filters_are_ones_own(anna: Browser, app: Flask, add_user: Callable[..., None]) -> None:
    anna.get("/spots?band=20m")
    add_user("bert")
    bert = Browser(app)
    bert.sign_in("bert")
    assert bert.get("/spots").status_code == 200


@pytest.mark.parametrize("stored", ['{"band": ["11m"]}', '{"band": "20m"}', "[]", "7", '{"colour": ["red"]}'])
def test_remembered_filters_of_another_release_do_not_shut_the_page(
    anna: Browser, owner: Connection, stored: str
) -> None:
    anna.get("/spots?band=20m")
    owner.execute("UPDATE user_settings SET values = jsonb_set(values, '{filters}', %s)", [stored])
    assert anna.get("/spots").status_code == 200


def test_times_are_shown_in_the_users_zone_too(anna: Browser, add_spot: Callable[..., None]) -> None:
    time = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)
    add_spot(time=time)
    assert 'data-field="local"' not in anna.get("/spots").text
    anna.post("/settings", callsign="", name="", grid="", time_zone="Asia/Kolkata", units="metric")
    local = time + timedelta(hours=5, minutes=30)
    assert f'data-field="local">{local:%H:%M}<' in anna.get("/spots").text


def test_a_spot_of_yesterday_says_its_day(anna: Browser, add_spot: Callable[..., None]) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    time = max(today - timedelta(minutes=1), datetime.now(UTC) - timedelta(hours=23))
    add_spot(time=time)
    page = anna.get("/spots?since=24h").text
    assert (f"<small>{time.day} {time:%b}</small>" in page) == (time < today)


def test_the_sun(anna: Browser, owner: Connection) -> None:
    assert "SFI" not in anna.get("/spots").text
    owner.execute(
        "INSERT INTO solar (time, kind, station, sfi, a_index, k_index, node, received)"
        " VALUES (now() - interval '3 hours', 'WWV', 'AE5E', 178, 12, 0, 'demo', now())"
    )
    page = anna.get("/spots").text
    sun = page.split('class="solar"')[1].split("</dl>")[0]
    assert re.findall(r"</dt><dd>([^<]+)<", sun) == ["178", "12", "0", "3 h ago"]


def test_the_page_says_how_old_its_newest_spot_is(anna: Browser, add_spot: Callable[..., None]) -> None:
    assert "No spots yet" in anna.get("/spots").text
    add_spot(minutes=200)
    assert "Last spot 3 h ago" in anna.get("/spots").text
