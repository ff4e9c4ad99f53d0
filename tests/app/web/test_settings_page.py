"""The settings page."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection
from spotkeeper.spots.bands import BANDS

from tests.app.web.browser import Browser

GIVEN = {
    "callsign": "m0xyz/p",
    "name": "Anna",
    "grid": "jn03AB",
    "time_zone": "europe/paris",
    "units": "imperial",
    "interest": ["10m", "160m", "10m"],
    "theme": "dark",
    "contrast": "more",
}
STORED = {
    "callsign": "M0XYZ/P",
    "name": "Anna",
    "grid": "JN03ab",
    "time_zone": "Europe/Paris",
    "units": "imperial",
    "interest": ["160m", "10m"],
    "theme": "dark",
    "contrast": "more",
}


def stored(owner: Connection) -> object:
    row = owner.execute("SELECT values FROM user_settings").fetchone()
    return row[0] if row else None


def test_settings_are_remembered_on_all_devices(anna: Browser, app: Flask, owner: Connection) -> None:
    assert anna.post("/settings", **GIVEN).location == "/settings?saved=yes"
    assert "Saved." in anna.get("/settings?saved=yes").text
    assert stored(owner) == STORED
    phone = Browser(app)
    phone.sign_in()
    page = phone.get("/settings").text
    for value in ("M0XYZ/P", "Anna", "JN03ab", "Europe/Paris"):
        assert f'value="{value}"' in page
    checked = re.findall(r'<input checked [^>]*name="(\w+)"[^>]* value="(\w+)">', page)
    assert checked == [
        ("units", "imperial"),
        ("interest", "160m"),
        ("interest", "10m"),
        ("theme", "dark"),
        ("contrast", "more"),
    ]
    assert '<html lang="en" data-theme="dark" data-contrast="more" ' in page


def test_they_do_not_touch_the_filters(anna: Browser) -> None:
    anna.get("/spots?band=20m")
    anna.post("/settings", **GIVEN)
    assert "band=20m" in anna.get("/spots").location


def test_all_may_be_left_empty(anna: Browser, owner: Connection) -> None:
    empty = {"callsign": "", "name": "", "grid": "", "time_zone": "UTC", "units": "metric"}
    looks = {"theme": "auto", "contrast": "auto"}
    assert anna.post("/settings", **empty, **looks).status_code == 302
    assert stored(owner) == {**empty, **looks, "interest": []}


def test_all_bands_are_the_same_as_none(anna: Browser, owner: Connection) -> None:
    assert anna.post("/settings", **GIVEN | {"interest": list(BANDS)}).status_code == 302
    assert stored(owner) == STORED | {"interest": []}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("callsign", "HELLO", "“HELLO” is not a callsign"),
        ("callsign", "123", "“123” is not a callsign"),
        ("callsign", "G4ABC/", "“G4ABC/” is not a callsign"),
        ("callsign", "G4ABC\0", "is not a callsign"),
        ("callsign", "G4" + "A" * 5000, "is not a callsign"),
        ("callsign", "<script>1", "“&lt;script&gt;1” is not a callsign"),
        ("name", "x" * 61, "at most 60 characters"),
        ("name", "An\0na", "all of them printable"),
        ("grid", "JN", "“JN” is not a grid"),
        ("grid", "ZZ99", "“ZZ99” is not a grid"),
        ("grid", "JN03\n", ""),
        ("time_zone", "Mars/Olympus", "“Mars/Olympus” is not a time zone"),
        ("time_zone", "../../etc/passwd", "is not a time zone"),
        ("time_zone", "", "is not a time zone"),
        ("time_zone", "\0", "is not a time zone"),
        ("units", "furlongs", "“furlongs” is not a unit. Choose kilometres or miles."),
        ("units", "", "is not a unit"),
        ("interest", "11m", "“11m” is not a band."),
        ("interest", "\0", "is not a band."),
        ("theme", "pink", "“pink” is not a theme. Choose as the system, light or dark."),
        ("theme", "", "is not a theme"),
        ("contrast", "less", "“less” is not a contrast"),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_saved(
    anna: Browser, owner: Connection, field: str, value: str, sentence: str
) -> None:
    answer = anna.post("/settings", **GIVEN | {field: value})
    if not sentence:  # blanks around a value are no fault
        assert answer.status_code == 302
        return
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "Nothing was saved" in answer.text
    assert stored(owner) is None


@pytest.mark.parametrize(
    "values", ['{"time_zone": "Nowhere/Gone"}', '{"grid": 7}', '{"filters": []}', '{"other": {"a": 1}}']
)
def test_settings_of_another_release_do_not_shut_the_pages(
    anna: Browser, owner: Connection, values: str
) -> None:
    owner.execute("INSERT INTO user_settings (user_id, values) SELECT id, %s FROM users", [values])
    assert anna.get("/").status_code == 200
    assert anna.get("/settings").status_code == 200


def test_they_are_ones_own(anna: Browser, app: Flask, add_user: Callable[..., None]) -> None:
    anna.post("/settings", **GIVEN)
    add_user("bert")
    bert = Browser(app)
    bert.sign_in("bert")
    assert "M0XYZ" not in bert.get("/settings").text
