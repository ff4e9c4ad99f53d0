"""The latest spots, and the filters that stay."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection, Role

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
        ("window=15m", ["FM", "FT8"]),
        ("window=24h", ["FM", "FT8", "CW", "SSB", "OLD"]),
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
    assert [line.split(",")[5] for line in csv] == shown


def test_the_form_shows_the_filters_in_force(anna: Browser) -> None:
    page = anna.get("/spots?band=40m&mode=SSB&source=human&window=3h").text
    assert re.findall(r'name="(\w+)" value="(\w+)" checked', page) == [("band", "40m"), ("mode", "SSB")]
    assert re.findall(r'value="(\w+)" selected', page) == ["human", "3h"]


def test_bands_show_how_many_spots_they_have(anna: Browser, add_spot: Callable[..., None]) -> None:
    for minutes in (1, 2, 3):
        add_spot(minutes=minutes)
    add_spot(minutes=4, mode="CW")
    add_spot(minutes=5, band="23cm", frequency_hz=1_296_200_000)

    def number(query: str) -> dict[str, str]:
        tile = r'<label class="tile[^"]*" data-band="(\w+)">.*?class="count">(\d+)'
        return dict(re.findall(tile, anna.get(f"/spots?{query}").text, re.S))

    assert number("window=1h")["20m"] == "4"
    assert number("window=1h")["23cm"] == "1"
    assert number("window=1h")["10m"] == "0"
    assert number("band=10m&mode=CW&window=1h")["20m"] == "1", "other bands show what they would have"
    assert "23cm" not in number("mode=CW")
    assert "70cm" not in number("window=1h")


def test_a_page_has_200_spots_and_says_how_many_there_are(
    anna: Browser, login: Callable[[Role], Connection]
) -> None:
    add_spots(login("scraper"), *(a_spot(dx=f"K{number}") for number in range(1500)))
    page = anna.get("/spots")
    assert len(rows(page)) == 200
    assert "1,500 spots in the last hour, newest 200 shown" in page.text
    assert len(anna.get("/spots.csv").text.splitlines()) == 1501


def test_filters_are_remembered_on_all_devices(anna: Browser, app: Flask) -> None:
    assert anna.get("/spots?band=20m&band=10m&mode=SSB&source=human&window=3h").status_code == 200
    phone = Browser(app)
    phone.sign_in()
    assert phone.get("/spots").location == "/spots?band=20m&band=10m&mode=SSB&source=human&window=3h"


def test_cleared_filters_stay_cleared(anna: Browser) -> None:
    anna.get("/spots?band=20m&window=3h")
    anna.get("/spots?window=3h&source=")
    assert anna.get("/spots").location == "/spots?window=3h"
    anna.get("/spots?window=1h")
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
    page = anna.get("/spots?window=24h").text
    assert (f"<small>{time.day} {time:%b}</small>" in page) == (time < today)


def test_the_sun(anna: Browser, owner: Connection) -> None:
    assert "SFI" not in anna.get("/spots").text
    owner.execute(
        "INSERT INTO solar (time, kind, station, sfi, a_index, k_index, node, received)"
        " VALUES (now() - interval '3 hours', 'WWV', 'AE5E', 178, 12, 0, 'demo', now())"
    )
    page = anna.get("/spots").text
    assert re.findall(r"</dt><dd>([^<]+)<", page) == ["178", "12", "0", "3 h ago"]


def test_the_page_says_how_old_its_newest_spot_is(anna: Browser, add_spot: Callable[..., None]) -> None:
    assert "No spots yet" in anna.get("/spots").text
    add_spot(minutes=200)
    assert "Last spot 3 h ago" in anna.get("/spots").text
