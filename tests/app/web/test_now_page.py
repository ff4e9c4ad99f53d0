"""The first page: what is open now, from here, with voice."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from spotkeeper.spots.openings import VOICE_SEGMENTS_KHZ
from spotkeeper.web.account.chosen import RULES
from spotkeeper.web.now import sky
from werkzeug.test import TestResponse

from tests.app.web.browser import Browser, rows

Add = Callable[..., None]
NEAR, REGION, FAR = "JN03", "KO02", "FN31"  # 0, 1,900 and 6,100 km from JN03


class Tile(NamedTuple):
    """As it is read on the page."""

    verdict: str
    reason: str
    classes: dict[str, str]


def tiles(page: TestResponse) -> dict[str, Tile]:
    found = {}
    for item in re.findall(
        r'<li class="band".*?</li>\s*(?=<li class="band"|</ul>\s*(?:<|$))', page.text, re.S
    ):
        name = re.search(r'data-tile="([^"]+)"', item)
        verdict = re.search(r'class="word">(\w+)<', item)
        assert name and verdict
        found[name[1]] = Tile(
            verdict[1],
            words(re.search(r'<p class="reason">(.*?)</p>', item, re.S)),
            {label: words(text) for label, text in re.findall(r"<b>(\w+)</b>(.*?)</span></li>", item, re.S)},
        )
    return found


def words(text: Any) -> str:
    text = text if isinstance(text, str) else text[1]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).replace("\N{NO-BREAK SPACE}", " ").split())


def headline(page: TestResponse) -> str:
    heading = re.search(r"<h1>(.*?)</h1>", page.text, re.S)
    assert heading
    return words(re.sub(r'<span class="past">[^<]*</span>', "", heading[1]))


def silence(page: TestResponse) -> str | None:
    banner = re.search(r'<p id="silent"([^>]*)>(.*?)</p>', page.text, re.S)
    assert banner
    return None if " hidden" in banner[1] else words(banner[2])


def test_every_band_has_a_tile_from_long_to_short_waves(anna: Browser) -> None:
    page = anna.get("/?grid=JN03")
    assert list(tiles(page)) == [
        "160m", "80m", "60m", "40m", "30m", "20m", "17m", "15m", "12m", "10m", "10m-fm", "6m", "2m",
    ]  # fmt: skip
    assert {tile.verdict for tile in tiles(page).values()} == {"closed"}
    assert headline(page) == "Open now with voice, from JN03 No band that anybody was heard on."


def test_two_spotters_near_make_a_band_open_and_the_tile_says_why(anna: Browser, add_spot: Add) -> None:
    for spotter, minutes in (("F5AAA", 9), ("F5BBB", 6), ("F5BBB", 3)):
        add_spot(f"K{minutes}ABC", minutes, spotter=spotter, spotter_grid=NEAR)
    page = anna.get("/?grid=JN03")
    assert tiles(page)["20m"].verdict == "open"
    assert tiles(page)["20m"].reason == "3 voice spots by 2 spotters within 1,000 km of you; last 3 min ago"
    assert headline(page) == "Open now with voice, from JN03 20 m m"


@pytest.mark.parametrize(
    ("grids", "verdict", "reason"),
    [
        ([NEAR], "marginal", "1 voice spot by 1 spotter within 1,000 km of you; last 1 min ago"),
        (
            [REGION, REGION],
            "marginal",
            "No voice near you; 2 voice spots by 2 spotters within 3,000 km, last 1 min ago",
        ),
        (
            [REGION],
            "closed",
            "No voice near you; 1 voice spot by 1 spotter within 3,000 km, last 1 min ago",
        ),
        ([FAR, FAR, FAR], "closed", "No voice near you; 3 voice spots further away"),
    ],
)
def test_spotters_further_away_count_less(
    anna: Browser, add_spot: Add, grids: list[str], verdict: str, reason: str
) -> None:
    for number, grid in enumerate(grids):
        add_spot(spotter=f"F{number}AAA", spotter_grid=grid)
    tile = tiles(anna.get("/?grid=JN03"))["20m"]
    assert (tile.verdict, tile.reason) == (verdict, reason)


def test_voice_is_not_drowned_by_ft8(anna: Browser, add_spot: Add) -> None:
    for number in range(30):
        add_spot(
            f"K{number % 10}FT{number // 10 * 'A'}X",
            spotter=f"F{number % 10}SK",
            spotter_grid=NEAR,
            mode="FT8",
            frequency_hz=14_074_000,
            source="machine",
        )
    tile = tiles(anna.get("/?grid=JN03"))["20m"]
    assert tile.verdict == "closed"
    assert tile.reason == "No voice spot"
    assert tile.classes["Digital"] == "open: 30 by 10, 1 min"
    assert tile.classes["CW"] == "closed: no spot"


def test_spots_of_more_than_half_an_hour_ago_do_not_count(anna: Browser, add_spot: Add) -> None:
    for spotter in ("F5AAA", "F5BBB"):
        add_spot("K1ABC", 32, spotter=spotter, spotter_grid=NEAR)
    assert tiles(anna.get("/?grid=JN03"))["20m"].verdict == "closed"


def test_stations_that_spot_themselves_open_no_band_but_by_the_old_rule(anna: Browser, add_spot: Add) -> None:
    for dx, spotter in (("F5AAA", "F5AAA"), ("F5BBB/P", "F5BBB")):
        add_spot(dx, spotter=spotter, spotter_grid=NEAR, comment="POTA")
    page = anna.get("/?grid=JN03")
    assert (tiles(page)["20m"].verdict, tiles(page)["20m"].reason) == ("closed", "No voice spot")
    assert '<p class="gauge-words">No voice</p>' in page.text
    assert "None in the last 30 minutes." in page.text
    assert "Stations that spot themselves do not count." in page.text
    assert silence(page) is None

    old = anna.get("/?grid=JN03&rule=old")
    assert tiles(old)["20m"].verdict == "open"
    assert tiles(old)["20m"].reason == "2 spots in 14150–14350 kHz, 2 in all; last 1 min ago"
    assert "Stations that spot themselves" not in old.text


def test_fm_on_ten_metres_is_known_by_its_frequency(anna: Browser, add_spot: Add) -> None:
    for spotter in ("F5AAA", "F5BBB"):
        add_spot(spotter=spotter, spotter_grid=NEAR, frequency_hz=29_600_000, band="10m", mode=None)
    found = tiles(anna.get("/?grid=JN03"))
    assert found["10m-fm"].verdict == "open"
    assert found["10m"].verdict == "closed"


@pytest.mark.parametrize("rule", RULES)
def test_a_tile_leads_to_its_spots(anna: Browser, add_spot: Add, rule: str) -> None:
    for dx, hz, mode in (
        ("K1FM", 29_600_000, None),
        ("K2SSB", 28_500_000, "SSB"),
        ("K3CW", 28_010_000, "CW"),
    ):
        add_spot(dx, frequency_hz=hz, band="10m", mode=mode)
    page = anna.get(f"/?rule={rule}").text

    def calls(tile: str) -> set[str]:
        link = re.search(rf'<a id="tile-{tile}" href="([^"]+)"', page)
        assert link
        return {*rows(anna.get(html.unescape(link[1])))}

    assert calls("10m-fm") == {"K1FM"}
    assert calls("10m") == ({"K2SSB"} if rule == "near" else {"K1FM", "K2SSB", "K3CW"})


def test_the_old_rule_stays_and_the_account_keeps_it(anna: Browser, add_spot: Add) -> None:
    for spotter in ("F5AAA", "F5BBB"):
        add_spot(spotter=spotter, spotter_grid=FAR, mode="FT8", frequency_hz=14_200_000)
    add_spot(spotter="F5AAA", frequency_hz=7_074_000, band="40m", mode="FT8")
    assert tiles(anna.get("/?grid=JN03"))["20m"].verdict == "closed"

    found = tiles(anna.get("/?grid=JN03&rule=old"))
    assert found["20m"].verdict == "open"
    assert found["20m"].reason == "2 spots in 14150–14350 kHz, 2 in all; last 1 min ago"
    assert found["40m"].verdict == "marginal"
    assert found["15m"].verdict == "closed"
    assert "The rule in force: any two spots" in anna.get("/").text
    assert "The rule in force: spotters near you" in anna.get("/?rule=near").text


@pytest.mark.parametrize("band", VOICE_SEGMENTS_KHZ)
def test_the_segments_of_the_old_rule_have_their_edges(anna: Browser, add_spot: Add, band: str) -> None:
    low, high = VOICE_SEGMENTS_KHZ[band]
    add_spot("K1ABC", band=band, frequency_hz=low * 1000 - 100, spotter="F5AAA")
    add_spot("K1ABD", band=band, frequency_hz=low * 1000, spotter="F5AAA")
    add_spot("K1ABE", band=band, frequency_hz=high * 1000, spotter="F5AAA")
    tile = tiles(anna.get("/?rule=old"))[band]
    assert tile.verdict == "open"
    assert tile.reason.startswith(f"2 spots in {low}–{high} kHz, 3 in all")


def test_the_old_rule_counts_by_frequency_also_where_the_region_has_no_band(
    anna: Browser, add_spot: Add
) -> None:
    add_spot("K1ABC", 9, band=None, frequency_hz=7_250_000)
    add_spot("K2ABC", band=None, frequency_hz=7_300_000)
    add_spot("K3ABC", band=None, frequency_hz=7_310_000)
    add_spot("K4ABC", band="40m", frequency_hz=7_050_000)
    tile = tiles(anna.get("/?rule=old"))["40m"]
    assert tile.verdict == "open"
    assert tile.reason == "2 spots in 7125–7300 kHz, 3 in all; last 1 min ago"


def test_fm_by_the_old_rule_names_its_own_frequencies(anna: Browser, add_spot: Add) -> None:
    for number, khz in enumerate((28_400, 29_600, 29_600, 29_700)):
        add_spot(f"K{number}ABC", band="10m", frequency_hz=khz * 1000, mode="FM" if number == 2 else None)
    found = tiles(anna.get("/?rule=old"))
    assert found["10m-fm"].verdict == "open"
    assert found["10m-fm"].reason == "3 FM spots in 29500–29700 kHz; last 1 min ago"
    assert found["10m"].reason == "4 spots in 28300–29700 kHz, 4 in all; last 1 min ago"


def test_a_viewer_may_look_by_the_other_rule_but_keeps_none(
    browser: Browser, add_user: Callable[..., None]
) -> None:
    add_user("vera", role="viewer")
    browser.sign_in("vera")
    assert "The rule in force: any two spots" in browser.get("/?rule=old").text
    assert "The rule in force: spotters near you" in browser.get("/").text


def test_the_grid_of_the_account_is_where_it_is(anna: Browser, add_spot: Add) -> None:
    anna.post("/settings", grid="fn31", callsign="", name="", time_zone="UTC", units="imperial")
    for spotter in ("K1AAA", "K1BBB"):
        add_spot(spotter=spotter, spotter_grid=FAR)
    page = anna.get("/")
    assert "from FN31" in headline(page)
    assert tiles(page)["20m"].reason == "2 voice spots by 2 spotters within 621 mi of you; last 1 min ago"
    assert tiles(anna.get("/?grid=JN03"))["20m"].verdict == "closed"


def test_without_a_grid_the_country_of_the_call_counts_and_the_page_says_so(anna: Browser) -> None:
    anna.post("/settings", grid="", callsign="F4XYZ", name="", time_zone="UTC", units="metric")
    page = anna.get("/")
    assert headline(page).startswith("Open now with voice, from France")
    assert "By spotters in France, the country of F4XYZ. Give a grid above" in words(page.text)


def test_without_any_place_all_spotters_count_and_the_page_says_so(anna: Browser, add_spot: Add) -> None:
    for spotter, grid in (("F5AAA", NEAR), ("K1BBB", FAR)):
        add_spot(spotter=spotter, spotter_grid=grid)
    page = anna.get("/")
    assert tiles(page)["20m"].verdict == "open"
    assert "By spotters all over the world, as it is not known where you are." in words(page.text)


@pytest.mark.parametrize("grid", ["nowhere", "JN", "<script>", "JN03'--", "\u0661", "a" * 500])
def test_what_is_no_grid_is_named(anna: Browser, grid: str) -> None:
    page = anna.client.get(
        "/", query_string={"grid": grid}, headers=anna._headers({}), base_url="http://proxy"
    )
    assert page.status_code == 400
    assert "is not a grid" in page.text
    assert "<script>alert" not in page.text and "“<script>”" not in page.text
    assert tiles(page)


def test_a_grid_that_is_none_is_not_asked_for_again(anna: Browser) -> None:
    page = anna.get("/?grid=JN0")
    [refreshed] = re.findall(r'<div id="board"[^>]* hx-get="([^"]*)"', page.text)
    assert refreshed == "/"
    assert "/?rule=old" in re.findall(r'href="([^"]*)"', html.unescape(page.text))


def test_what_is_no_rule_is_refused(anna: Browser) -> None:
    page = anna.get("/?rule=newest")
    assert page.status_code == 400
    assert "“newest” is not a rule; there are near, old." in html.unescape(page.text)


@pytest.mark.parametrize(
    ("grid", "moment", "said"),
    [
        ("KP07", "2026-05-29T10:00Z", "; rises 22:54 UTC"),
        ("KP07", "2026-07-14T10:00Z", "; sets 22:18 UTC"),
        ("KP07", "2026-06-21T10:00Z", "; it does not set"),
        ("KP07", "2026-12-21T10:00Z", "; it does not rise"),
        ("JN03", "2026-06-21T10:00Z", "; rises 04:15 UTC, sets 19:40 UTC"),
    ],
)
def test_the_sun_may_rise_and_not_set(
    anna: Browser, monkeypatch: pytest.MonkeyPatch, grid: str, moment: str, said: str
) -> None:
    then, day = datetime.fromisoformat(moment), sky.day
    monkeypatch.setattr(sky, "day", lambda point, now: day(point, then))
    page = anna.get(f"/?grid={grid}")
    assert page.status_code == 200
    own = re.search(r'<p class="own">.*?</p>', page.text, re.S)
    assert words(own and own[0]).endswith(said)


def test_a_spotter_on_the_other_side_of_the_earth_is_not_near(anna: Browser, add_spot: Add) -> None:
    for spotter in ("ZL1AAA", "ZL1BBB"):
        add_spot(spotter=spotter, spotter_grid="RF73")
    assert tiles(anna.get("/?grid=IM76"))["20m"].verdict == "closed"
    assert tiles(anna.get("/?grid=RF73"))["20m"].verdict == "open"


def test_what_is_dated_ahead_hides_no_silence(anna: Browser, add_spot: Add) -> None:
    then = datetime.now(UTC).replace(second=0, microsecond=0)
    last = then - timedelta(minutes=40)
    add_spot("K1ABC", time=last)
    add_spot("K1XYZ", time=then + timedelta(hours=2))
    assert f"No spot since {then - timedelta(minutes=40):%H:%M} UTC" in (
        silence(anna.get("/?grid=JN03")) or ""
    )


@pytest.mark.parametrize(("minutes", "is_silent"), [(3, False), (8, True), (60 * 30, True)])
def test_a_silent_feed_is_told_and_the_tiles_do_not_look_fresh(
    anna: Browser, add_spot: Add, minutes: int, is_silent: bool
) -> None:
    then = datetime.now(UTC) - timedelta(minutes=minutes)
    add_spot("K1ABC", time=then.replace(second=0, microsecond=0))
    page = anna.get("/?grid=JN03")
    assert ("data-stale" in page.text) == is_silent
    if is_silent:
        assert f"No spot since {then:%H:%M} UTC" in (silence(page) or "")
    else:
        assert silence(page) is None


def test_before_the_first_spot_nothing_is_known(anna: Browser) -> None:
    assert silence(anna.get("/")) == "No spot has come yet: nothing is known of the bands."


def test_the_highest_frequency_is_one_that_two_spotters_near_report(anna: Browser, add_spot: Add) -> None:
    for spotter in ("F5AAA", "F5BBB"):
        add_spot(spotter=spotter, spotter_grid=NEAR, band="15m", frequency_hz=21_300_000)
        add_spot(spotter=spotter, spotter_grid=NEAR, band="10m", frequency_hz=28_074_000, mode="FT8")
    add_spot(spotter="F5AAA", spotter_grid=NEAR, band="6m", frequency_hz=50_150_000)
    gauge = words(re.search(r'<p class="gauge-words">(.*?)</p>', anna.get("/?grid=JN03").text, re.S))
    assert gauge == "21.30 MHz voice, 28.07 MHz any mode"


def test_bands_of_interest_come_first_and_the_rest_is_folded(
    anna: Browser, add_spot: Add, owner: Any
) -> None:
    owner.execute(
        """INSERT INTO user_settings (user_id, values)
        SELECT id, '{"interest": ["10m", "20m"]}' FROM users WHERE name = 'anna'"""
    )
    for spotter in ("F5AAA", "F5BBB"):
        add_spot(spotter=spotter, spotter_grid=NEAR, band="40m", frequency_hz=7_150_000)
    shown, folded = anna.get("/?grid=JN03").text.split('<details class="others"')
    assert re.findall(r'data-tile="([^"]+)"', shown) == ["20m", "10m", "10m-fm"]
    assert "10 other bands; open: 40" in words(folded)


def test_htmx_gets_the_part_that_changes(anna: Browser, add_spot: Add) -> None:
    add_spot()
    part = anna.get("/?grid=JN03", **{"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div class="board"')
    assert tiles(part) == tiles(anna.get("/?grid=JN03"))
    assert "HX-Request" in part.headers["Vary"]


def add_bulletins(owner: Any, *bulletins: tuple[int, str, int, int]) -> None:
    """By how many hours ago they came, kind, SFI and K."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for hours, kind, sfi, k in bulletins:
        owner.execute(
            "INSERT INTO solar (time, kind, station, sfi, k_index, node, received)"
            " VALUES (%s, %s, 'W0MU', %s, %s, 'demo', now())",
            [now - timedelta(hours=hours), kind, sfi, k],
        )


def solar_figures(anna: Browser) -> str:
    return words(re.search(r'<dl class="figures">(.*?)</dl>', anna.get("/").text, re.S))


def test_solar_figures_tell_their_trend_and_age(anna: Browser, owner: Any) -> None:
    add_bulletins(owner, (24, "WWV", 140, 5), (3, "WWV", 152, 2))
    figures = solar_figures(anna)
    assert re.search(r"SFI 152 ▲ 12 in a day 3 h ago", figures)
    assert "A – not told for a week" in figures
    assert re.search(r"K 2 ▼ 3 in a day quiet 3 h ago", figures)


def test_a_bulletin_of_another_kind_is_no_trend(anna: Browser, owner: Any) -> None:
    add_bulletins(owner, (1, "WCY", 150, 4), (1, "WWV", 140, 2), (4, "WWV", 140, 2))
    assert re.search("SFI 150 no trend yet .* K 4 no trend yet", solar_figures(anna))


@pytest.mark.parametrize(
    ("hours", "change", "words"),
    [
        (24, 12, "▲ 12 in a day"),
        (20, -3, "▼ 3 in a day"),
        (22, 0, "= steady"),
        (19, 1, "▲ 1 since 26 Nov 17:00 UTC"),
        (3, -2, "▼ 2 since 09:00 UTC"),
        (1, 0, "= steady since 11:00 UTC"),
    ],
)
def test_a_trend_of_less_than_a_day_says_since_when(hours: int, change: int, words: str) -> None:
    time = datetime(2026, 11, 27, 12, tzinfo=UTC)
    figure = {"time": time, "since": time - timedelta(hours=hours), "change": change}
    assert sky.trend(figure, time + timedelta(minutes=40)) == words


def test_day_and_night_at_both_ends(anna: Browser) -> None:
    text = words(anna.get("/?grid=JN03").text)
    assert re.search(
        r"JN03: (day|grey line|night), Sun -?\d+°; rises \d\d:\d\d UTC, sets \d\d:\d\d UTC", text
    )
    for continent in ("Europe", "Africa", "Asia", "North America", "South America", "Oceania"):
        assert re.search(rf"{continent}: (day|grey line|night), -?\d+°", text)


def test_nobody_sees_it_without_signing_in(browser: Browser) -> None:
    assert browser.get("/?grid=JN03").location == "/sign-in?next=/?grid%3DJN03"
