"""The page of a spot, and who else heard the same."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from spotkeeper.db.connection import Connection
from spotkeeper.spots.countries import Place
from spotkeeper.spots.places import Point

from tests.app.web.browser import Browser, rows

FRANCE = Place(227, "France", "EU", 14, 27, Point(46, -2), 1)


def ago(minutes: int) -> datetime:
    """As nodes tell times, in whole minutes."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes)


def page_of_first(browser: Browser, query: str = "") -> str:
    """The page of the spot that stands on top of the table."""
    link = re.search(r'href="(/spots/[^"]+)" data-field="time"', browser.get(f"/spots?since=1h&{query}").text)
    assert link
    answer = browser.get(link[1])
    assert answer.status_code == 200
    return answer.text


def heard_by(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a [^>]+>([^<]+)<', page)


def test_all_spots_of_a_call_are_those_of_no_longer_one(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1AB", time=ago(2))
    add_spot("K1A", time=ago(1))
    link = re.search(r'href="([^"]+)">All spots of K1A<', page_of_first(anna))
    assert link
    page = anna.get(link[1].replace("&amp;", "&"))
    assert rows(page) == ["K1A"]
    assert re.search(r'name="dx" value="K1A" checked><span>DX K1A<', page.text)


def test_everything_that_is_stored(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot(
        "F5XX/P", time=ago(1), dx_place=FRANCE, spotter="K1ABC", frequency_hz=14_195_250, snr_db=12,
        report="59", distance_km=5432, bearing=51, place_source="country", qsx_hz=14_210_000,
        comment="<up> 15 & more",
        references=("POTA:US-0001", "IOTA:EU-005"), dx_grid="JN03", propagation="ES", node="gb7mbc",
    )  # fmt: skip
    page = page_of_first(anna)
    for text in (
        "F5XX/P", "14195.25", "K1ABC", "12\N{NO-BREAK SPACE}dB", "59", "5,432\N{NO-BREAK SPACE}km",
        "bearing 51°", "by countries", "14210.0", "&lt;up&gt; 15 &amp; more", "US-0001", "EU-005", "JN03",
        "CQ zone 14", "ES", "gb7mbc",
        'href="/call/F5XX/P"', 'href="/call/K1ABC"', "https://pota.app/#/park/US-0001",
    ):  # fmt: skip
        assert text in page, text
    assert "/map?dx=F5XX/P" in page


def test_what_is_not_known_is_left_out(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot(time=ago(1), frequency_hz=27_555_000, band=None, mode=None)
    page = page_of_first(anna)
    for word in ("Signal", "Report", "Listens on", "Path", "Propagation", "Satellite", "None", "DX is in"):
        assert f"<dt>{word}" not in page
        assert ">None<" not in page


def test_all_who_heard_it_the_newest_first(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot(time=ago(20), spotter="F1AA")
    add_spot(time=ago(12), spotter="F2AA", frequency_hz=14_200_900, snr_db=7, source="machine")
    add_spot(time=ago(11), spotter="F3AA", frequency_hz=14_202_000)
    add_spot(time=ago(31), spotter="F4AA")
    add_spot("K2ABC", time=ago(20), spotter="F5AA")
    page = page_of_first(anna, "spotter_prefix=F1AA")
    assert heard_by(page) == ["F2AA", "F1AA"]
    assert "Heard by 2 stations" in page


def test_from_ones_own_grid(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot("K1ABC", time=ago(1), dx_grid="FN42")
    assert "From your grid" not in page_of_first(anna)
    anna.post("/settings", callsign="", name="", grid="JN03", time_zone="Asia/Kolkata", units="imperial")
    page = page_of_first(anna)
    assert re.search(r"<b>29\d°</b>, 3,\d{3}\N{NO-BREAK SPACE}mi<", page.replace("</dd>", "<"))
    assert "local)" in page


@pytest.mark.parametrize(
    "id", ["0-0000000000000000", "nonsense", "zzzzzz-ffffffffffffffff", "%00", "-", "9" * 300]
)
def test_a_spot_that_is_none_is_told_in_words(anna: Browser, id: str) -> None:
    answer = anna.get(f"/spots/{id}")
    assert answer.status_code == 404
    assert "There is no such spot." in answer.text


def test_nobody_sees_it_before_signing_in(browser: Browser, owner: Connection) -> None:
    assert "/sign-in" in browser.get("/spots/0-0000000000000000").location
