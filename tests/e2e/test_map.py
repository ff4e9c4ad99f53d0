"""The map before a browser: it draws, follows, plays, and tells."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.e2e.conftest import SCREENSHOTS
from tests.support.stack import Stack

Open = Callable[..., BrowserContext]

# How many pixels of the canvas have the band's colour, or nearly.
_OF_COLOUR = """(canvas, [red, green, blue]) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let number = 0;
    for (let n = 0; n < data.length; n += 4) {
        const far = Math.abs(data[n] - red) + Math.abs(data[n + 1] - green) + Math.abs(data[n + 2] - blue);
        if (far < 40) number++;
    }
    return number;
}"""
SIX_METRES = [0x5B, 0x7F, 0xF0]
_numbers = itertools.count(1)


def new_call() -> str:
    """A DX call of Japan that no spot had yet."""
    return f"JA1{''.join(chr(65 + int(digit)) for digit in f'{next(_numbers):03}')}"


@pytest.fixture
def open_map(open_browser: Open, signed_in: Callable[[str], Any]) -> Callable[..., Page]:
    """The map as maya sees it, who lives in JN03; on a band that the simulator hardly uses."""

    def open_map(query: str = "band=6m&since=15m", user: str = "maya", **options: Any) -> Page:
        page = open_browser(storage_state=signed_in(user), **options).new_page()
        page.goto(f"/map?view=azimuthal&colour=band&zoom=&at=&grid=&{query}")
        expect(canvas(page)).to_have_attribute("aria-label", re.compile(r"\d path"))
        expect(page.locator("#live")).to_have_text(re.compile("Live"))
        return page

    return open_map


def canvas(page: Page) -> Locator:
    return page.get_by_role("application")


def row(page: Page, call: str) -> Locator:
    return page.locator("#paths tbody tr").filter(has=page.get_by_text(call, exact=True))


def change_filters(page: Page) -> None:
    page.get_by_role("checkbox", name=re.compile(r"^2\sm\b")).check()
    expect(page).to_have_url(re.compile("band=2m"))


def test_it_draws_and_follows(stack: Stack, open_map: Callable[..., Page]) -> None:
    page = open_map()
    before = canvas(page).evaluate(_OF_COLOUR, SIX_METRES)
    call = new_call()
    stack.tell_node("spot", f"F5AAA 50313.0 {call} FT8 -12 dB")
    expect(page.get_by_role("button", name=re.compile(r"^6\sm"))).to_be_visible()
    expect(row(page, call)).to_be_visible()
    assert canvas(page).evaluate(_OF_COLOUR, SIX_METRES) > before + 50
    for text in ("50313.0", "F5AAA", "Japan", "about: by country"):
        expect(row(page, call)).to_contain_text(text)


@pytest.mark.parametrize("comes_back", [Page.reload, change_filters], ids=["reload", "filters"])
def test_what_the_server_does_not_tell_yet_was_heard(
    stack: Stack, open_map: Callable[..., Page], comes_back: Callable[[Page], object]
) -> None:
    def as_before(route: Route) -> None:
        columns = route.fetch().json()
        columns["paths"] = {name: [] for name in columns["paths"]}
        route.fulfill(json=columns)

    page = open_map()
    call = new_call()
    page.route("**/map/paths?*", as_before)
    stack.tell_node("spot", f"F5AAA 50313.0 {call} FT8 -12 dB")
    expect(row(page, call)).to_be_visible()
    comes_back(page)
    expect(row(page, call).get_by_role("button", name=f"Show {call} on the map")).to_be_visible()


def test_a_path_is_told_when_pointed_at_and_when_picked_from_the_list(
    stack: Stack, open_map: Callable[..., Page]
) -> None:
    page = open_map()
    call = new_call()
    stack.tell_node("spot", f"F5AAA 50313.0 {call} FT8 JN03<ES>PM95 -12 dB")
    row(page, call).get_by_role("button", name=f"Show {call} on the map").click()
    told = page.locator("[data-part=told]")
    for text in (call, "Japan", "50313.0", "FT8", "F5AAA", "UTC", "km", "°", "From you"):
        expect(told).to_contain_text(text)
    expect(page.get_by_text(f"{call} on 50313 kHz, heard by F5AAA")).to_be_attached()
    told.get_by_role("button", name="Close").click()
    expect(told).to_be_hidden()

    # Somewhere along the middle of the map there is the path to Japan.
    box = canvas(page).bounding_box()
    assert box
    middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for up in range(10, 200, 4):
        page.mouse.move(middle + 60, height - up)
        page.wait_for_timeout(40)
        if told.is_visible():
            break
    expect(told).to_contain_text("Heard by")
    page.mouse.click(middle + 60, height - up)
    page.mouse.move(middle, height)
    told.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/call/JA1"))


def test_filters_hold_at_once_and_for_what_comes(stack: Stack, open_map: Callable[..., Page]) -> None:
    page = open_map()
    page.get_by_role("checkbox", name=re.compile(r"^6\sm\b")).uncheck()
    page.get_by_role("checkbox", name=re.compile(r"^2\sm\b")).check()
    expect(page).to_have_url(re.compile("band=2m&.*view=azimuthal"))
    other, fitting = new_call(), new_call()
    stack.tell_node("spot", f"F5AAA 50313.0 {other} FT8")
    stack.tell_node("spot", f"F5AAA 144174.0 {fitting} FT8")
    expect(row(page, fitting)).to_be_visible()
    expect(row(page, other)).to_have_count(0)
    page.goto("/spots")
    expect(page).to_have_url(re.compile("band=2m"))


def test_view_colour_and_zoom_stay(open_map: Callable[..., Page]) -> None:
    page = open_map()
    page.get_by_role("radio", name="World").check()
    page.get_by_role("radio", name="SNR").check()
    canvas(page).focus()
    with page.expect_response(lambda answer: "2.25" in (answer.request.post_data or "")) as saved:
        for key in ("+", "+", "ArrowLeft"):
            page.keyboard.press(key)
    assert saved.value.status == 204
    expect(page).to_have_url(re.compile(r"view=world&colour=snr&zoom=2\.25&at="))
    page.goto("/map")
    expect(page.get_by_role("radio", name="World")).to_be_checked()
    expect(page).to_have_url(re.compile(r"colour=snr&zoom=2\.25&at="))


def test_the_last_day_is_played(history: None, open_map: Callable[..., Page]) -> None:
    page = open_map("since=1h")
    told = page.locator("[data-part=status]")
    page.get_by_role("button", name="Play the last 24 hours").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    slider = page.get_by_role("slider")
    expect(slider).not_to_have_value("-1440")
    expect(told).to_have_text(re.compile(r"^[1-9][\d,]* path"))
    page.get_by_role("button", name="Pause").click()
    stands = slider.input_value()
    slider.fill("-600")
    assert stands != "-600"
    expect(told).to_have_text(re.compile(r"^[1-9][\d,]* path"))
    page.get_by_role("button", name="Now").click()
    expect(slider).to_have_value("0")


def test_the_legend_hides_and_shows(stack: Stack, open_map: Callable[..., Page]) -> None:
    page = open_map()
    call = new_call()
    stack.tell_node("spot", f"F5AAA 50313.0 {call} FT8")
    expect(row(page, call)).to_be_visible()
    key = page.get_by_role("button", name=re.compile(r"^6\sm"))
    key.click()
    expect(key).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-part=status]")).to_have_text(re.compile("^0 paths"))
    key.click()
    expect(page.locator("[data-part=status]")).to_have_text(re.compile("^[1-9]"))


def test_without_scripts_there_is_a_list(open_browser: Open, signed_in: Callable[[str], Any]) -> None:
    page = open_browser(java_script_enabled=False, storage_state=signed_in("anna")).new_page()
    page.goto("/map?since=1h")
    expect(page.locator("#paths tbody tr").first).to_be_visible()
    expect(canvas(page)).to_be_hidden()
    expect(page.get_by_text("The map is drawn by a script.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900)])
def test_screenshots(
    history: None, open_map: Callable[..., Page], width: int, height: int, scheme: str
) -> None:
    size = {"viewport": {"width": width, "height": height}, "device_scale_factor": 2 if width < 500 else 1}
    page = open_map("since=1h", color_scheme=scheme, **size)
    for name in ("From here", "World"):
        page.get_by_role("radio", name=name).check()
        expect(canvas(page)).to_have_attribute("aria-label", re.compile(r"[1-9]\d* path"))
        page.screenshot(path=SCREENSHOTS / f"map-{name.split()[-1].lower()}-{width}-{scheme}.png")
        assert page.evaluate("document.documentElement.scrollWidth") == width
