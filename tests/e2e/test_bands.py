"""The bands, as somebody uses the page with a browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.stack import Stack, wait_until

Open = Callable[..., BrowserContext]
LEFT = 44
"""Pixels of the canvas beside the band, where its times stand."""


@pytest.fixture
def bands(history: None, open_browser: Open, signed_in: Callable[[str], Any]) -> Page:
    """The page, as maya of JN03 sees it."""
    page = open_browser(storage_state=signed_in("maya")).new_page()
    page.goto("/bands?band=20m")
    return page


def test_what_one_chooses_is_shown_without_leaving_the_place(bands: Page) -> None:
    expect(bands.locator("#spotters")).to_have_value("EU")
    bands.locator("#dx").focus()
    before = bands.evaluate("scrollY")
    assert before > 0
    bands.keyboard.press("ArrowDown")
    expect(bands).to_have_url(re.compile("dx=EU"))
    expect(bands.locator(".heat caption strong")).to_have_text(["Europe"])
    expect(bands.locator("#dx")).to_be_focused()
    assert bands.evaluate("scrollY") == before
    bands.get_by_label("voice", exact=True).check(force=True)
    expect(bands).to_have_url(re.compile("mode=voice.*dx=EU"))
    bands.reload()
    expect(bands.get_by_label("voice", exact=True)).to_be_checked()
    bands.go_back()
    expect(bands.get_by_label("all modes")).to_be_checked()


def test_back_leads_to_what_was_shown_before_the_first_choice(bands: Page) -> None:
    bands.goto("/bands?spotters=")
    bands.goto("/bands")
    bands.get_by_label("voice", exact=True).check(force=True)
    expect(bands).to_have_url(re.compile("mode=voice"))
    bands.go_back()
    expect(bands.get_by_label("all modes")).to_be_checked()


@pytest.mark.parametrize(
    ("status", "words"), [(503, "does not answer as it should"), (0, "cannot be reached")]
)
def test_charts_that_cannot_be_had_are_told_and_the_choice_is_as_the_charts(
    bands: Page, status: int, words: str
) -> None:
    told = bands.get_by_role("alert")
    bands.locator("#period").scroll_into_view_if_needed()
    bands.route("**/bands?*", lambda route: route.fulfill(status=status) if status else route.abort())
    bands.locator("#period").select_option("30")
    expect(told).to_contain_text(words)
    expect(told).to_be_in_viewport()
    expect(bands.locator("#period")).to_have_value("7")
    bands.unroute("**/bands?*")
    bands.locator("#period").select_option("30")
    expect(bands).to_have_url(re.compile("period=30"))
    expect(told).to_have_count(0)


def test_who_is_signed_out_meanwhile_comes_to_the_sign_in(bands: Page) -> None:
    bands.context.clear_cookies()
    bands.locator("#spotters").select_option("NA")
    expect(bands).to_have_url(re.compile("/sign-in"))
    expect(bands.get_by_label("Password")).to_be_visible()
    expect(bands.get_by_role("navigation", name="Pages")).to_have_count(0)


def test_a_mark_of_the_waterfall_tells_its_call_and_leads_to_its_page(stack: Stack, bands: Page) -> None:
    stack.tell_node("spot", "F5AAA 14340.0 XX9WTR SSB big signal")
    seen = "/api/v1/callsigns/XX9WTR"
    wait_until(lambda: bands.request.get(seen).json()["times_spotted"], 20)
    canvas = bands.locator(".waterfall canvas")
    tip = bands.locator(".tip")

    def tells() -> bool:
        # Sums are kept for a minute, and then once more while they are made anew.
        bands.goto("/bands?band=20m")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box
        for down in (24, 28, 34):
            x = LEFT + (box["width"] - LEFT) * 340 / 350
            bands.mouse.move(box["x"] + x, box["y"] + down)
            if "XX9WTR" in (tip.text_content() or ""):
                return True
        return False

    wait_until(tells, 150)
    expect(tip).to_contain_text("XX9WTR 14340.0 kHz SSB: 1 spot")
    bands.mouse.down()
    bands.mouse.up()
    expect(bands).to_have_url(re.compile("/call/XX9WTR$"))


def test_columns_and_cells_tell_their_figures(bands: Page) -> None:
    tip = bands.locator(".tip")
    bands.locator(".hit").nth(30).hover()
    expect(tip).to_have_text(re.compile(r"\w{3} \d\d–\d\d UTC: [\d,]+ spots"))
    cell = bands.locator(".heat tbody td").first
    cell.hover()
    expect(tip).to_have_text(re.compile(r", [\d.]+\sm, 00–01 UTC: [\d.,]+ spots? an hour"))


def test_without_scripts_the_charts_and_figures_are_there(
    history: None, open_browser: Open, signed_in: Callable[[str], Any]
) -> None:
    page = open_browser(storage_state=signed_in("maya"), java_script_enabled=False).new_page()
    page.goto("/bands?band=20m")
    expect(page.locator(".columns .series").first).to_be_visible()
    page.get_by_text("Stations of the last 15 minutes, by frequency").click()
    expect(page.locator(".stations tbody tr").first).to_contain_text(re.compile(r"14\d\d\d\.\d"))
    page.locator("#period").select_option("1")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("period=1"))
