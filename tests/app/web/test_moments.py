"""Pages that many ask for at the same moment are looked up once for all of them, and for nobody too late."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from spotkeeper.web.api.sums_kept import Kept

from tests.app.web.browser import PASSWORD, Browser

PAGES = {"/spots": "newest spots", "/map": "map"}


@pytest.fixture
def _no_minute_ends() -> None:
    """Filters begin at full minutes: for those of the next one the page is looked up anew."""
    if (left := 60 - time.time() % 60) < 10:
        time.sleep(left)


@pytest.mark.usefixtures("_no_minute_ends")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_older_than_its_request_by_less_than_its_live_spots_make_good(
    app: Flask, anna: Browser, add_spot: Callable[..., None], path: str
) -> None:
    now = 1000.0
    app.extensions[PAGES[path]] = Kept(lambda: now)
    add_spot("K1ABC", 5)
    anna.get(path)
    add_spot("W9XYZ", 2)
    now += 0.2
    assert "W9XYZ" not in anna.get(path).text
    now += 0.1
    assert "W9XYZ" in anna.get(path).text


def test_a_part_of_the_page_of_spots_is_as_new_as_its_request(
    app: Flask, anna: Browser, add_spot: Callable[..., None]
) -> None:
    app.extensions["newest spots"] = Kept(lambda: 1000.0)
    add_spot("K1ABC", 5)
    anna.get("/spots")
    add_spot("W9XYZ", 2)
    assert "W9XYZ" in anna.get("/spots", **{"HX-Request": "true"}).text


@pytest.mark.parametrize("path", PAGES)
def test_other_filters_are_looked_up_apart(
    app: Flask, anna: Browser, add_spot: Callable[..., None], path: str
) -> None:
    app.extensions[PAGES[path]] = Kept(lambda: 1000.0)
    add_spot("K1ABC", 5, band="20m")
    add_spot("W9XYZ", 2, band="40m")
    assert "W9XYZ" in anna.get(f"{path}?since=1h").text
    assert "W9XYZ" not in anna.get(f"{path}?since=1h&band=20m").text


def test_other_units_are_written_apart(app: Flask, anna: Browser, add_spot: Callable[..., None]) -> None:
    app.extensions["map"] = Kept(lambda: 1000.0)
    add_spot("K1ABC", 5, distance_km=6123)
    assert "6,123\N{NO-BREAK SPACE}km" in anna.get("/map").text
    anna.post("/settings", time_zone="UTC", units="imperial")
    assert "3,805\N{NO-BREAK SPACE}mi" in anna.get("/map").text


@pytest.mark.parametrize("path", [*PAGES, "/station"])
def test_all_who_come_at_once_get_the_page(
    app: Flask, add_user: Callable[..., None], add_spot: Callable[..., None], path: str
) -> None:
    add_user("olga", "owner")
    add_spot("K1ABC", 5)
    browsers = [Browser(app, f"192.0.2.{number}") for number in range(8)]
    for browser in browsers:
        browser.sign_in("olga", PASSWORD)
    with ThreadPoolExecutor(len(browsers)) as threads:
        answers = list(threads.map(lambda browser: browser.get(path), browsers))
    assert {answer.status_code for answer in answers} == {200}
