"""Looking up a call with a browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.stack import Stack, wait_until

Open = Callable[..., BrowserContext]


@pytest.fixture
def maya(open_browser: Open, signed_in: Callable[[str], Any]) -> Page:
    """Whose call is F4MAY; she is in JN03."""
    return open_browser(storage_state=signed_in("maya")).new_page()


def heard(stack: Stack, page: Page, call: str, spot: str) -> None:
    """The node tells of it, and it is stored."""
    stack.tell_node("spot", spot)
    wait_until(lambda: page.request.get(f"/api/v1/callsigns/{call}").json()["times_spotted"], 20)


def test_who_heard_me(stack: Stack, maya: Page) -> None:
    heard(stack, maya, "F4MAY/P", "VK3AAA 14250.0 F4MAY/P SSB 59")
    maya.goto("/call")
    expect(maya.get_by_role("heading", name="Who heard you")).to_be_visible()
    expect(maya.get_by_text(re.compile("1 spot by 1 station .*best DX VK3AAA"))).to_be_visible()


def test_an_hour_of_a_band_tells_its_spots(stack: Stack, maya: Page) -> None:
    heard(stack, maya, "YY9TIP", "F5AAA 14250.0 YY9TIP SSB 59")
    maya.goto("/call/YY9TIP")
    maya.locator(".heat tbody td:not([data-level='0'])").hover()
    expect(maya.locator(".tip")).to_have_text(re.compile(r"^20\sm, \d\d–\d\d UTC: 1 spot$"))
    maya.locator(".heat tbody td[data-level='0']").first.hover()
    expect(maya.locator(".tip")).to_have_text(re.compile(r"^20\sm, \d\d–\d\d UTC: 0 spots$"))


def test_calls_are_suggested_while_one_types(stack: Stack, maya: Page) -> None:
    heard(stack, maya, "YY9SUG", "F5AAA 14250.0 YY9SUG SSB 59")
    maya.goto("/call")
    field = maya.get_by_label("Callsign")
    field.fill("")
    field.press_sequentially("yy9s")
    expect(maya.locator("#calls option")).to_have_attribute("value", "YY9SUG")
    field.fill("yy9sug")
    field.press("Enter")
    expect(maya).to_have_url(re.compile("/call/YY9SUG$"))
    expect(maya.get_by_role("heading", name="YY9SUG", exact=True)).to_be_visible()
    maya.locator(".newest tbody a").first.click()
    expect(maya).to_have_url(re.compile("/spots/"))
