"""What somebody sees on the first page."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Request, expect

from tests.support.stack import Stack

Open = Callable[..., BrowserContext]
MOST_BYTES = 100_000
MOST_REQUESTS = 5


@pytest.fixture
def maya(open_browser: Open, signed_in: Callable[[str], Any]) -> Page:
    """The first page of somebody in JN03, live, with a clock that can be set forward."""
    page = open_browser(storage_state=signed_in("maya")).new_page()
    page.clock.install()
    page.goto("/")
    is_live(page)
    return page


@pytest.fixture
def silent_node(stack: Stack) -> Iterator[None]:
    stack.tell_node("misbehave", "silent")
    yield
    stack.tell_node("misbehave", "none")


def is_live(page: Page) -> None:
    expect(page.locator("#live")).to_have_attribute("data-state", "live")


def tile(page: Page, name: str) -> Locator:
    return page.locator(f'[data-tile="{name}"]')


def banner(page: Page) -> Locator:
    return page.locator("#silent")


def test_the_feed_stops_and_comes_back(stack: Stack, maya: Page, silent_node: None) -> None:
    expect(banner(maya)).to_be_hidden()
    maya.clock.fast_forward("04:50")
    expect(banner(maya)).to_be_hidden()
    maya.clock.fast_forward("01:30")
    expect(banner(maya)).to_be_visible()
    expect(banner(maya)).to_have_text(
        re.compile(r"No spot since \d\d:\d\d UTC, \d min ago\. This is what was open then\.")
    )
    expect(maya.get_by_role("heading", level=1)).to_contain_text("Open now")
    expect(maya.locator("#board")).to_have_attribute("data-stale", "")
    for verdict in maya.locator(".verdict").all():
        expect(verdict).to_have_text(re.compile(r"^(was\s+(open|marginal)|not known)"), use_inner_text=True)

    stack.tell_node("misbehave", "none")
    stack.tell_node("spot", "F5AAA 14200.0 XX1ABC SSB")
    expect(banner(maya)).to_be_hidden()
    expect(maya.locator("#board")).not_to_have_attribute("data-stale", "")
    expect(maya.locator("#last")).to_have_text(re.compile(r"\d+\.\d \S+ by \S+"))


def test_a_lost_line_is_told_after_half_a_minute_and_mended(stack: Stack, maya: Page) -> None:
    stack.stop_part("nginx")
    try:
        expect(maya.locator("#live")).to_have_attribute("data-state", "lost")
        expect(banner(maya)).to_be_hidden()
        maya.clock.fast_forward("00:50")
        expect(banner(maya)).to_have_text(re.compile(r"^No line to the server since \d\d:\d\d UTC\."))
        expect(maya.locator("#board")).to_have_attribute("data-stale", "")
    finally:
        stack.start_nginx()
    maya.clock.fast_forward("00:10")
    is_live(maya)
    expect(banner(maya)).to_be_hidden()


def test_a_band_opens_before_ones_eyes(stack: Stack, maya: Page) -> None:
    maya.goto("/?grid=ME50")  # Kerguelen: no station of the node's own traffic is within 1,000 km
    is_live(maya)
    expect(tile(maya, "2m")).to_have_attribute("data-verdict", "closed")
    for spotter in ("FT5XA", "FT5XB"):
        stack.tell_node("spot", f"{spotter} 144300.0 FT5XC SSB ME50<TR>ME40")
    expect(tile(maya, "2m")).to_have_class(re.compile("touched"))
    for _ in range(30):  # the server keeps what is open for 15 of its own seconds
        maya.wait_for_timeout(1_000)
        maya.clock.fast_forward("00:10")
        if tile(maya, "2m").get_attribute("data-verdict") == "open":
            break
    expect(tile(maya, "2m")).to_have_attribute("data-verdict", "open")
    expect(tile(maya, "2m")).to_contain_text("2 voice spots by 2 spotters within 1,000\u00a0km of you")
    expect(maya.get_by_role("heading", level=1)).to_contain_text("2 m")


def test_where_i_am(open_browser: Open, signed_in: Callable[[str], Any]) -> None:
    page = open_browser(
        storage_state=signed_in("anna"),
        permissions=["geolocation"],
        geolocation={"latitude": 41.71, "longitude": -72.73},
    ).new_page()
    page.goto("/")
    page.get_by_role("button", name="Where I am").click()
    expect(page).to_have_url(re.compile(r"/\?grid=FN31pr$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("from FN31pr")


def test_who_may_not_know_the_place_is_told(open_browser: Open, signed_in: Callable[[str], Any]) -> None:
    page = open_browser(storage_state=signed_in("anna")).new_page()
    page.goto("/")
    page.locator("#where").click()
    expect(page.locator("#where")).to_have_text("This browser may not tell where you are.")


def test_the_rule_is_chosen_by_a_click_and_kept(open_browser: Open, signed_in: Callable[[str], Any]) -> None:
    page = open_browser(storage_state=signed_in("bert")).new_page()
    page.goto("/")
    page.get_by_role("link", name="Any two spots").click()
    expect(page.get_by_role("heading", name="The rule in force: any two spots")).to_be_visible()
    other = open_browser(storage_state=signed_in("bert")).new_page()
    other.goto("/")
    other.get_by_role("link", name="Spotters near you").click()
    expect(other.get_by_role("heading", name="The rule in force: spotters near you")).to_be_visible()


def test_it_is_light(open_browser: Open, signed_in: Callable[[str], Any]) -> None:
    page = open_browser(storage_state=signed_in("maya"), viewport={"width": 390, "height": 844}).new_page()
    begun: list[Request] = []
    page.on("request", lambda request: begun.append(request))
    page.goto("/", wait_until="load")
    is_live(page)
    live = [request for request in begun if request.resource_type == "eventsource"]
    sizes = [request.sizes() for request in begun if request not in live]
    on_the_wire = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    print(f"the first page: {len(begun)} requests, {on_the_wire:,} bytes")
    assert len(live) == 1
    # The picture of the tab is that of the header: a browser that trusts the certificate has it by then.
    assert len({request.url for request in begun}) <= MOST_REQUESTS, [request.url for request in begun]
    assert on_the_wire <= MOST_BYTES
