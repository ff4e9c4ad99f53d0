"""One glance, for the car."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from spotkeeper.web.account.chosen import RULES

from tests.app.web.browser import Browser

Add = Callable[..., None]
NEAR = "JN03"


def facts(browser: Browser, path: str = "/car?grid=JN03") -> list[str]:
    text = browser.get(path).text
    return [
        " ".join(html.unescape(re.sub(r"<[^>]+>", " ", fact)).replace("\N{NO-BREAK SPACE}", " ").split())
        for fact in re.findall(r'<section class="fact">(.*?)</section>', text, re.S)
    ]


def spoken(browser: Browser) -> str:
    found = re.search(r'data-spoken="([^"]*)"', browser.get("/car?grid=JN03").text)
    assert found
    return html.unescape(found[1])


def test_it_tells_four_facts(anna: Browser, add_spot: Add) -> None:
    for number, (band, hz) in enumerate((("20m", 14_200_000), ("20m", 14_210_000), ("15m", 21_300_000))):
        for spotter in ("F5AAA", "F5BBB"):
            add_spot(
                f"K{number}ABC", 5 - number, spotter=spotter, spotter_grid=NEAR, band=band, frequency_hz=hz
            )
    open_now, best, newest = facts(anna)
    assert open_now == "Open now Was open with voice from JN03 20 15 m"
    assert best == "Best band 20 m 4 voice spots by 2 spotters, 4 min ago"
    assert newest.startswith("Newest voice near 21300.0 K2ABC by F5")
    assert 'id="freshness"' in anna.get("/car").text


def test_what_it_speaks_are_the_same_facts(anna: Browser, add_spot: Add) -> None:
    for band, hz in (("20m", 14_200_000), ("17m", 18_130_000), ("15m", 21_300_000)):
        for spotter in ("F5AAA", "F5BBB", "F5CCC")[: 3 if band == "17m" else 2]:
            add_spot(spotter=spotter, spotter_grid=NEAR, band=band, frequency_hz=hz)
    said = spoken(anna)
    assert said.startswith("Open: 20, 17 and 15 metres. Best is 17 metres. Newest voice: K 1 A B C on ")


@pytest.mark.parametrize(
    ("spots", "words"),
    [
        ([], "No band is open."),
        ([("F5AAA", 14_200_000)], "No band is open. Perhaps 20 metres. Newest"),
        ([("F5AAA", 29_600_000), ("F5BBB", 29_600_000)], "Open: 10 and 10 metre F M. Best is 10 metres."),
    ],
)
def test_it_speaks_of_little_too(
    anna: Browser, add_spot: Add, spots: list[tuple[str, int]], words: str
) -> None:
    for spotter, hz in spots:
        add_spot(
            spotter=spotter, spotter_grid=NEAR, band="10m" if hz > 20e6 else "20m", frequency_hz=hz, mode="FM"
        )
    assert spoken(anna).startswith(words)


@pytest.mark.parametrize(
    ("hz", "said"), [(14_195_900, "14195.9"), (14_200_000, "14200"), (7_118_350, "7118.35")]
)
def test_it_speaks_the_frequency_that_it_shows(anna: Browser, add_spot: Add, hz: int, said: str) -> None:
    add_spot(spotter_grid=NEAR, frequency_hz=hz)
    assert spoken(anna).endswith(f" on {said} kilohertz.")
    assert f" {said}" in facts(anna)[2]


@pytest.mark.parametrize(("minutes", "is_silent"), [(3, False), (8, True)])
def test_a_silent_feed_is_told(anna: Browser, add_spot: Add, minutes: int, is_silent: bool) -> None:
    then = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=minutes)
    add_spot("K1ABC", time=then)
    page = anna.get("/car").text
    assert ("data-stale" in page.split("<head>")[0]) == is_silent
    assert (f"No spot since {then:%H:%M} UTC, " in page) == is_silent


@pytest.mark.parametrize("rule", RULES)
def test_it_goes_by_the_rule_of_the_account(anna: Browser, add_spot: Add, rule: str) -> None:
    for spotter in ("K1AAA", "K1BBB"):
        add_spot(spotter=spotter, spotter_grid="FN31")
    anna.get(f"/?rule={rule}")
    open_now = facts(anna)[0]
    where = "by the old rule, around the world" if rule == "old" else "with voice from JN03"
    assert open_now.startswith(f"Open now Was open {where} ")
    assert open_now.endswith("20 m") == (rule == "old")


def test_by_the_old_rule_the_best_band_has_most_spots_among_its_frequencies_of_voice(
    anna: Browser, add_spot: Add
) -> None:
    for spotter in ("F5AAA", "F5BBB"):
        add_spot(spotter=spotter, spotter_grid=NEAR, band="40m", frequency_hz=7_150_000)
    for number in range(3):
        add_spot(f"K{number}ABC", 4, spotter="K1AAA", spotter_grid="FN31", mode="FT8")
    assert facts(anna)[1].startswith("Best band 40 m 2 voice spots by 2 spotters, ")
    anna.get("/?rule=old")
    assert facts(anna)[1] == "Best band 20 m 3 spots in 14150–14350 kHz, 4 min ago"
    assert spoken(anna).startswith("Open: 40 and 20 metres. Best is 20 metres.")


def test_what_is_no_grid_is_refused(anna: Browser) -> None:
    page = anna.get("/car?grid=nowhere")
    assert page.status_code == 400
    assert "“nowhere” is not a grid" in html.unescape(page.text)


def test_it_is_dark_whatever_the_account_chose(anna: Browser) -> None:
    assert '<html lang="en" data-theme="dark"' in anna.get("/car").text


def test_its_worker_may_answer_for_it_and_has_no_secrets(browser: Browser) -> None:
    worker = browser.get("/car/worker.js")
    assert worker.status_code == 200
    assert worker.mimetype in ("text/javascript", "application/javascript")
    assert worker.headers["Service-Worker-Allowed"] == "/car"
    assert worker.headers["Cache-Control"] in ("no-store", "no-cache")


def test_its_manifest_names_what_a_browser_needs_to_install_it(browser: Browser) -> None:
    manifest: Any = browser.get("/car/manifest.webmanifest").get_json(force=True)
    assert manifest["start_url"] == manifest["scope"] == "/car"
    assert manifest["display"] == "standalone"
    assert browser.get(manifest["icons"][0]["src"]).status_code == 200


def test_who_signs_out_leaves_no_kept_page(anna: Browser) -> None:
    answer = anna.post("/sign-out", page="/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert anna.get("/car").status_code == 302
