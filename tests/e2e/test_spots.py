"""The page of the spots in a browser: filters, keys, columns, a spot's page, and thousands of rows."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Locator, Page, Route, expect
from spotkeeper.db.connection import connect

from tests.e2e.conftest import SCREENSHOTS
from tests.e2e.test_dashboard import band, is_live, row
from tests.support.calls import new_call
from tests.support.spots import a_spot, add_spots
from tests.support.stack import Stack

Open = Callable[..., BrowserContext]
ROWS = 5_000


def spots_shown(page: Page) -> Locator:
    return page.locator("table.spots tr[data-id]")


def select(page: Page, call: str) -> None:
    """By a click into the row, where there is no link."""
    row(page, call).locator(".mode").click()
    expect(row(page, call)).to_be_focused()


def test_a_filter_fetches_what_changes_and_the_page_stays(anna: Page) -> None:
    is_live(anna)
    anna.evaluate("window.stays = true")
    asked: list[tuple[str, bool]] = []
    anna.on("request", lambda request: asked.append((request.url, "hx-request" in request.headers)))
    band(anna, "10").check()
    expect(anna).to_have_url(re.compile(r"/spots\?band=10m&since=1h$"))
    assert [is_fragment for url, is_fragment in asked if "/spots?" in url and "cursor=" not in url] == [True]
    assert anna.evaluate("window.stays")
    expect(band(anna, "10")).to_be_focused()
    anna.locator("summary", has_text="More filters").click()
    anna.get_by_label("Add a country of the DX").select_option("Japan")
    expect(anna).to_have_url(re.compile(r"band=10m&since=1h&dx_dxcc=339$"))
    expect(anna.get_by_label("Japan")).to_be_checked()
    anna.go_back()
    expect(anna).to_have_url(re.compile(r"/spots\?band=10m&since=1h$"))
    expect(anna.get_by_label("Japan")).to_have_count(0)
    expect(band(anna, "10")).to_be_checked()


def test_what_comes_while_the_server_looks_is_not_lost_however_long_it_takes(
    stack: Stack, anna: Page
) -> None:
    anna.clock.install()
    anna.goto("/spots?since=1h")
    is_live(anna)
    held: list[tuple[Route, APIResponse]] = []
    anna.route("**/spots?*", lambda route: held.append((route, route.fetch())))
    band(anna, "10").check()
    while not held:
        anna.wait_for_timeout(20)
    calls = [new_call(), new_call()]
    for call in calls:
        stack.tell_node("spot", f"F5AAA 29600.0 {call} FM")
        expect(row(anna, call)).to_be_visible()
        anna.clock.fast_forward(20_000)
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(anna).to_have_url(re.compile("band=10m"))
    for call in calls:
        expect(row(anna, call)).to_have_count(1)


def test_live_spots_are_those_of_the_filters(stack: Stack, anna: Page) -> None:
    anna.goto("/spots?mode=voice&dx_prefix=XX&min_khz=28000&max_khz=28600&since=1h")
    is_live(anna)
    fitting, others = new_call(), [new_call() for _ in range(3)]
    stack.tell_node("spot", f"F5AAA 28700.0 {others[0]} SSB")
    stack.tell_node("spot", f"F5AAA 28010.0 {others[1]} CW")
    stack.tell_node("spot", f"F5AAA 28500.0 YY{others[2][2:]} SSB")
    stack.tell_node("spot", f"F5AAA 28500.0 {fitting} SSB")
    row(anna, fitting).wait_for()
    expect(spots_shown(anna)).to_have_count(1)
    anna.reload()
    expect(spots_shown(anna)).to_have_count(1)
    expect(row(anna, fitting)).to_be_visible()


def tell_old_spot(stack: Stack, call: str, then: datetime) -> None:
    stack.tell_node("line", f"DX de F5AAA:     14025.0  {call:12} {'CW':30} {then:%H%M}Z")


def test_a_late_spot_is_not_among_those_of_a_shorter_time(stack: Stack, anna: Page) -> None:
    late, fitting = new_call(), new_call()
    anna.goto(f"/spots?dx={late}&dx={fitting}&since=15m")
    is_live(anna)
    tell_old_spot(stack, late, datetime.now(UTC) - timedelta(minutes=45))
    stack.tell_node("spot", f"F5AAA 28500.0 {fitting} SSB")
    row(anna, fitting).wait_for()
    expect(row(anna, late)).to_have_count(0)
    anna.goto(f"/spots?dx={late}&dx={fitting}&since=1h")
    expect(row(anna, late)).to_be_visible()


def test_a_spot_of_yesterday_is_written_with_its_day(stack: Stack, anna: Page) -> None:
    call = new_call()
    anna.goto(f"/spots?dx={call}&since=24h")
    is_live(anna)
    tell_old_spot(stack, call, datetime.now(UTC) + timedelta(minutes=10))
    cells = row(anna, call).locator("td")
    expect(cells.first).to_be_visible()
    live = cells.all_inner_texts()
    anna.reload()
    expect(cells.first).to_be_visible()
    assert cells.all_inner_texts() == live


def test_a_human_and_a_skimmer_of_one_name_are_two_rows(stack: Stack, anna: Page) -> None:
    call = new_call()
    anna.goto(f"/spots?dx={call}&since=1h")
    is_live(anna)
    for spotter, comment in (("W1AW-#", "CW 20 dB 25 WPM CQ"), ("W1AW", "tnx")):
        stack.tell_node(
            "line", f"DX de {spotter + ':':7}    14025.0  {call:12} {comment:30} {datetime.now(UTC):%H%M}Z"
        )
    expect(spots_shown(anna)).to_have_count(2)
    anna.reload()
    is_live(anna)
    expect(spots_shown(anna)).to_have_count(2)


def test_what_belongs_further_down_does_not_wait_above(stack: Stack, anna: Page) -> None:
    now = int(time.time()) // 60 * 60
    with connect(stack.conninfo, "scraper", autocommit=True) as scraper:
        add_spots(scraper, *(a_spot(dx="QR1A", time=now - 7200 - 60 * n) for n in range(60)))
    anna.goto("/spots?dx_prefix=QR&since=24h")
    is_live(anna)
    expect(anna.locator("tbody.older")).to_be_attached()
    anna.evaluate("scrollTo(0, 500)")
    tell_old_spot(stack, "QR2OLD", datetime.now(UTC) - timedelta(hours=20))
    stack.tell_node("spot", "F5AAA 28500.0 QR3NEW SSB")
    waiting = anna.get_by_role("button", name=re.compile("new spot"))
    expect(waiting).to_have_text("1 new spot")

    # Nor does the button lie over what comes into sight at the lower end.
    anna.set_viewport_size({"width": 390, "height": 844})
    link = spots_shown(anna).nth(40).locator(".dx a")
    link.evaluate("link => link.scrollIntoView({ block: 'end' })")
    place, button = link.bounding_box(), waiting.bounding_box()
    assert place and button
    assert place["y"] + place["height"] <= button["y"]


@pytest.mark.parametrize("reads", [False, True], ids=["at the top", "further down"])
def test_of_a_minute_with_many_each_spot_is_there_once(stack: Stack, anna: Page, reads: bool) -> None:
    minute = int(time.time()) // 60 * 60 - 600
    prefix = f"QT{int(reads)}"
    calls = {f"{prefix}{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(300)}
    first, later = sorted(calls)[::2], sorted(calls)[1::2]

    def hear(calls: list[str]) -> None:
        with connect(stack.conninfo, "scraper", autocommit=True) as scraper:
            add_spots(scraper, *(a_spot(dx=call, time=minute) for call in calls), received=time.time())

    hear(first)
    anna.goto(f"/spots?dx_prefix={prefix}&since=1h")
    is_live(anna)
    if reads:
        anna.evaluate("scrollTo(0, 500)")
    hear(later)
    if reads:
        expect(anna.locator("#waiting")).to_have_text(f"{len(later)} new spots")
    else:
        expect(row(anna, later[-1])).to_be_visible()
    while anna.locator("tbody.older").count():
        anna.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        anna.wait_for_timeout(20)
    anna.evaluate("scrollTo(0, 0)")
    expect(spots_shown(anna)).to_have_count(len(calls))
    assert set(spots_shown(anna).locator(".dx").all_text_contents()) == calls


def test_a_late_spot_is_not_lost_while_older_ones_are_under_way(stack: Stack, anna: Page) -> None:
    now = int(time.time()) // 60 * 60
    with connect(stack.conninfo, "scraper", autocommit=True) as scraper:
        add_spots(scraper, *(a_spot(dx="QU1A", time=now - 3600 - 60 * n) for n in range(100)))
    anna.goto("/spots?dx_prefix=QU&since=24h")
    is_live(anna)
    held: list[tuple[Route, APIResponse]] = []
    anna.route("**/spots?*cursor=*", lambda route: held.append((route, route.fetch())))
    with anna.expect_request("**/spots?*cursor=*"):
        anna.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    while not held:
        anna.wait_for_timeout(20)
    with connect(stack.conninfo, "scraper", autocommit=True) as scraper:
        late = (a_spot(dx="QU2LATE", time=now - 3600 - 60 * 80), a_spot(dx="QU3NEW", time=now))
        for spot in late:
            add_spots(scraper, spot, received=time.time())
    expect(anna.get_by_role("button", name="1 new spot")).to_be_visible()
    route, answer = held[0]
    route.fulfill(response=answer)
    expect(anna.get_by_role("button", name="2 new spots")).to_be_visible()
    anna.get_by_role("button", name="2 new spots").click()
    expect(spots_shown(anna)).to_have_count(102)
    calls = spots_shown(anna).locator(".dx").all_text_contents()
    assert (calls.index("QU3NEW"), calls.index("QU2LATE")) == (0, 81)


def test_more_than_can_be_shown_are_counted_and_the_page_comes_anew(stack: Stack, anna: Page) -> None:
    now = int(time.time()) // 60 * 60
    old = [a_spot(dx="QV1A", time=now - 7200 - 60 * n) for n in range(40)]
    new = [a_spot(dx=f"QV2{chr(65 + n // 26)}{chr(65 + n % 26)}", time=now) for n in range(600)]
    with connect(stack.conninfo, "scraper", autocommit=True) as scraper:
        add_spots(scraper, *old)
        anna.goto("/spots?dx_prefix=QV&since=24h")
        is_live(anna)
        anna.evaluate("scrollTo(0, 500)")
        expect(spots_shown(anna)).to_have_count(len(old))
        add_spots(scraper, *new, received=time.time())
    waiting = anna.get_by_role("button", name="600 new spots")
    expect(waiting).to_be_visible()

    anna.evaluate(
        """() => new MutationObserver(() => (sessionStorage.changed = true))
            .observe(document.querySelector("table.spots"), { childList: true, subtree: true })"""
    )
    asked_anew: list[Route] = []
    anna.route("**/spots?*", lambda route: asked_anew.append(route))
    waiting.dispatch_event("click")
    anna.wait_for_timeout(2_000)
    assert len(asked_anew) == 1
    asked_anew[0].continue_()
    expect(spots_shown(anna).first.locator(".dx")).to_have_text(re.compile("^QV2"))
    assert anna.evaluate("sessionStorage.changed") is None


def test_how_many_there_are_is_told_anew_every_minute(stack: Stack, anna: Page) -> None:
    anna.clock.install()
    call = new_call()
    anna.goto(f"/spots?dx_prefix={call}&since=1h")
    is_live(anna)
    expect(anna.locator("#summary")).to_have_text("0 spots in the last hour")
    for spotter in ("F5AAA", "F5BBB"):
        stack.tell_node("spot", f"{spotter} 28500.0 {call} SSB")
    expect(spots_shown(anna)).to_have_count(2)
    anna.clock.fast_forward(61_000)
    expect(anna.locator("#summary")).to_have_text("2 spots in the last hour")
    expect(anna.locator("#heard-10m")).to_contain_text("2 spots")
    expect(spots_shown(anna)).to_have_count(2)


def test_a_filter_that_cannot_be_is_told_at_the_form(anna: Page) -> None:
    field = anna.get_by_label("DX call begins with")
    field.fill("%%%")
    field.press("Enter")
    expect(anna.get_by_role("alert")).to_contain_text("“%%%” is not what a callsign begins with")
    expect(anna).to_have_url(re.compile(r"/spots\?since=1h$"))
    field.fill("")
    field.press("Enter")
    expect(anna.get_by_role("alert")).to_have_count(0)


def test_keys_select_copy_and_open(stack: Stack, open_browser: Open, signed_in: Callable[[str], Any]) -> None:
    context = open_browser(storage_state=signed_in("bert"))
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto("/spots?since=1h")
    is_live(page)
    calls = [new_call() for _ in range(3)]
    for number, call in enumerate(calls):
        stack.tell_node("spot", f"F5AAA 2960{number}.0 {call} FM")
        row(page, call).wait_for()
    page.goto("/spots?since=1h&dx_prefix=" + ",".join(calls))
    is_live(page)
    order = spots_shown(page).locator(".dx").all_inner_texts()

    page.keyboard.press("c")
    expect(page.locator("#said")).to_be_empty()
    select(page, order[0])
    page.keyboard.press("j")
    expect(row(page, order[1])).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    expect(row(page, order[2])).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("c")
    frequency = row(page, order[1]).locator(".khz").inner_text()
    expect(page.locator("#said")).to_have_text(f"{frequency} kHz copied")
    assert page.evaluate("navigator.clipboard.readText()") == frequency
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("/")
    field = page.get_by_label("DX call begins with")
    expect(field).to_be_focused()
    page.keyboard.type("jkc/?")
    expect(field).to_have_value("jkc/?")
    field.fill("")
    select(page, order[1])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/spots/[0-9a-z]+-[0-9a-f]{16}$"))
    expect(page.get_by_role("heading", name=order[1])).to_be_visible()


def test_a_click_copies_the_frequency_also_where_the_clipboard_is_shut(
    stack: Stack, open_browser: Open, signed_in: Callable[[str], Any]
) -> None:
    context = open_browser(storage_state=signed_in("bert"))
    context.add_init_script("navigator.clipboard && (navigator.clipboard.writeText = () => Promise.reject())")
    page = context.new_page()
    page.goto("/spots?since=1h")
    call = new_call()
    stack.tell_node("spot", f"F5AAA 14207.5 {call} SSB")
    row(page, call).get_by_role("button", name="14207.5").click()
    expect(page.locator("#said")).to_have_text("14207.5 kHz copied")


def test_saved_filters_are_a_click_away_and_go_to_other_devices(
    open_browser: Open, signed_in: Callable[[str], Any]
) -> None:
    page = open_browser(storage_state=signed_in("bert"), java_script_enabled=False).new_page()
    page.goto("/spots?band=10m&mode=voice&since=3h")
    page.locator("summary", has_text="Save").click()
    page.get_by_label("Keep these filters as").fill("Ten, voice")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Ten, voice")).to_have_attribute("aria-current", "true")

    phone = open_browser(storage_state=signed_in("bert"), viewport={"width": 390, "height": 844}).new_page()
    phone.goto("/spots?since=1h")
    phone.get_by_role("link", name="Ten, voice").click()
    expect(phone).to_have_url(re.compile(r"band=10m&mode=voice&since=3h$"))
    expect(phone.get_by_label("Voice", exact=True)).to_be_checked()
    phone.locator("summary", has_text="Save").click()
    phone.get_by_role("button", name="Delete Ten, voice").click()
    expect(phone.get_by_role("link", name="Ten, voice")).to_have_count(0)


def test_columns_that_are_chosen_are_filled_live_too(
    stack: Stack, open_browser: Open, signed_in: Callable[[str], Any]
) -> None:
    page = open_browser(storage_state=signed_in("maya")).new_page()
    page.goto("/spots?since=1h")
    page.locator("summary", has_text="Columns").click()
    for name in ("Country", "Distance", "Bearing", "Node"):
        page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Country")).to_be_visible()
    is_live(page)
    call = "JA" + new_call()[2:]
    stack.tell_node("spot", f"F5AAA 14207.5 {call} SSB")
    row(page, call).wait_for()
    live = row(page, call).locator("td").all_inner_texts()
    assert "Japan" in live
    assert any(text.endswith("km") for text in live)
    page.goto(f"/spots?since=1h&dx_prefix={call}")
    assert row(page, call).locator("td").all_inner_texts() == live


def test_a_spots_page_says_who_else_heard_it(stack: Stack, anna: Page) -> None:
    is_live(anna)
    call = new_call()
    for spotter in ("F5AAA", "K1ABC"):
        stack.tell_node("spot", f"{spotter} 14195.0 {call} QSX 14210 POTA US-0001")
    row(anna, call).nth(1).wait_for()
    row(anna, call).first.get_by_role("link").first.click()
    expect(anna.get_by_role("heading", name="Heard by 2 stations")).to_be_visible()
    expect(anna.get_by_role("link", name="US-0001")).to_be_visible()
    anna.get_by_role("link", name=call, exact=True).click()
    expect(anna).to_have_url(re.compile(f"/call/{call}$"))


def test_thousands_of_rows_are_as_fast_as_a_hundred(
    stack: Stack, open_browser: Open, signed_in: Callable[[str], Any]
) -> None:
    """Compared with the same page before the older rows are there, whatever else the machine does."""
    now = int(time.time()) // 60 * 60
    spots = [
        a_spot(dx=f"QQ{n % 10}{chr(65 + n % 26)}{chr(65 + n // 26 % 26)}{chr(65 + n // 676 % 26)}",
               time=now - 7200 - n // 60 * 60, spotter=f"F5A{chr(65 + n % 26)}")
        for n in range(ROWS + 200)
    ]  # fmt: skip
    with connect(stack.conninfo, "scraper", autocommit=True) as scraper:
        add_spots(scraper, *spots)
    page = open_browser(storage_state=signed_in("anna")).new_page()
    page.goto("/spots?since=24h&dx_prefix=QQ")
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(spots_shown(page).nth(99)).to_be_attached()
    page.evaluate("scrollTo(0, 0)")
    few = [insertion(page), frame(page)]
    end = page.get_by_text("Older ones are left out here")
    while not end.is_visible():
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.wait_for_timeout(20)
    assert spots_shown(page).count() >= ROWS
    page.evaluate("scrollTo(0, 0)")
    many = [insertion(page), frame(page)]
    print(f"a row in {few[0]:.2f} and {many[0]:.2f} ms, a frame in {few[1]:.1f} and {many[1]:.1f} ms")
    assert many[0] < 6 * few[0]
    assert many[1] < 2 * few[1]


def insertion(page: Page) -> float:
    """Milliseconds until a row that comes at the top is laid out."""
    times = page.evaluate(
        """async () => {
            const body = document.querySelector("table.spots tr[data-id]").parentNode;
            const times = [];
            for (let n = 0; n < 30; n++) {
                await new Promise(requestAnimationFrame);
                const row = body.rows[0].cloneNode(true);
                const start = performance.now();
                body.prepend(row);
                document.documentElement.getBoundingClientRect();
                times.push(performance.now() - start);
                row.remove();
            }
            return times;
        }"""
    )
    return median(times)


def frame(page: Page) -> float:
    """Milliseconds between two pictures while one scrolls."""
    times = page.evaluate(
        """async () => {
            const times = [];
            let last = await new Promise(requestAnimationFrame);
            for (let n = 0; n < 60; n++) {
                scrollBy(0, n < 30 ? 100 : -100);
                const now = await new Promise(requestAnimationFrame);
                times.push(now - last);
                last = now;
            }
            return times;
        }"""
    )
    return median(times)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900)])
def test_screenshots(
    stack: Stack, open_browser: Open, signed_in: Callable[[str], Any], width: int, height: int, scheme: str
) -> None:
    size = {"viewport": {"width": width, "height": height}, "device_scale_factor": 2 if width < 500 else 1}
    for contrast in ("no-preference", "more"):
        name = f"{width}-{scheme}{'-contrast' if contrast == 'more' else ''}"
        context = open_browser(
            color_scheme=scheme, contrast=contrast, storage_state=signed_in("maya"), **size
        )
        page = context.new_page()
        page.goto("/spots?band=20m&mode=CW&dx_continent=EU&since=3h")
        is_live(page)
        page.screenshot(path=SCREENSHOTS / f"spots-filters-{name}.png", animations="disabled")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.goto("/spots?since=3h")
        page.goto(page.locator("tr[data-id] .time a").first.get_attribute("href") or "")
        page.screenshot(path=SCREENSHOTS / f"spot-{name}.png", animations="disabled")
        assert page.evaluate("document.documentElement.scrollWidth") == width
