"""The page for the car: at one glance, and without a link."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect

from tests.e2e.conftest import ARGUMENTS, CHROMIUM, PATIENCE, from_menu, sign_in
from tests.support.stack import Stack, wait_until

Open = Callable[..., BrowserContext]
UPRIGHT = {"width": 390, "height": 844}
USUAL = [(390, 844), (844, 390), (360, 640), (640, 360)]
"""Screens of phones, on which one need not scroll."""
SMALL = [(320, 480), (320, 256), (422, 195), (320, 160)]
"""Those of old phones, and what is left of one when its page is enlarged."""
BANDS = ["160", "80", "60", "40", "30", "20", "17", "15", "12", "10", "10 FM", "6", "2"]


@pytest.fixture(scope="module")
def trusting(playwright: Playwright) -> Iterator[Browser]:
    """A browser to which the station's certificate is as good as any: else it starts no worker."""
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*ARGUMENTS, "--ignore-certificate-errors"]
    )
    yield browser
    browser.close()


@pytest.fixture
def car(stack: Stack, trusting: Browser, signed_in: Callable[[str], Any]) -> Iterator[Page]:
    """The page of somebody in JN03, kept for when there is no link, with a clock that can be set forward."""
    context = trusting.new_context(
        base_url=stack.url, viewport=UPRIGHT, storage_state=signed_in("maya"), ignore_https_errors=True
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.clock.install()
    page.goto("/car")
    is_kept(page)
    yield page
    context.close()


def is_kept(page: Page) -> None:
    """Waits until the worker has the page, and its style, script and picture."""
    end = time.monotonic() + 2 * PATIENCE / 1000
    kept = (
        "async () => navigator.serviceWorker.controller && (await (await caches.open('car')).keys()).length"
    )
    while page.evaluate(kept) != 4:
        assert time.monotonic() < end, "the page was not kept"
        page.wait_for_timeout(100)


@pytest.fixture
def show(open_browser: Open, signed_in: Callable[[str], Any]) -> Callable[[tuple[int, int], int], Page]:
    """Opens the page on a screen of that size, with so many bands open."""

    def show(size: tuple[int, int], number: int) -> Page:
        viewport = {"width": size[0], "height": size[1]}
        page = open_browser(storage_state=signed_in("maya"), viewport=viewport).new_page()
        answer = page.goto("/car")
        assert answer and answer.ok, page.content()
        page.locator("#facts[data-ahead]").wait_for()  # those that replace the first ones
        page.evaluate(
            """(bands) => {
                const [fact] = document.querySelectorAll(".fact");
                const value = fact.querySelector(".value");
                value.className = "value open";
                value.dataset.many = bands.length > 9 ? 10 : bands.length > 6 ? 7 : bands.length > 3 ? 4 : 1;
                value.replaceChildren(...bands.map((band) => {
                    const name = document.createElement("span");
                    name.textContent = band;
                    return name;
                }));
            }""",
            BANDS[-number:],
        )
        return page

    return show


def cut(page: Page, parts: str) -> list[str]:
    """What of these parts is larger than its place; large letters may reach a little beyond their line."""
    found: list[str] = page.evaluate(
        """(parts) => [...document.querySelectorAll(parts)].filter((each) =>
            each.scrollHeight > each.clientHeight + 2 || each.scrollWidth > each.clientWidth + 1)
            .map((each) => `${each.className}: ${each.scrollHeight} > ${each.clientHeight},`
                + ` ${each.scrollWidth} > ${each.clientWidth}`)""",
        parts,
    )
    return found


@pytest.mark.parametrize("size", USUAL)
@pytest.mark.parametrize("number", [1, 4, 7, 13])
def test_everything_fits_without_scrolling(
    show: Callable[[tuple[int, int], int], Page], size: tuple[int, int], number: int
) -> None:
    page = show(size, number)
    assert cut(page, ".fact, .car, html") == []
    for name in ("Speak", "Where I am"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box and box["height"] >= 44 and box["y"] + box["height"] <= size[1]


@pytest.mark.parametrize("size", SMALL)
@pytest.mark.parametrize("number", [1, 9, 13])
def test_on_less_than_a_phone_nothing_is_cut_off_and_one_scrolls(
    show: Callable[[tuple[int, int], int], Page], size: tuple[int, int], number: int
) -> None:
    page = show(size, number)
    assert cut(page, ".fact, #facts, .fresh, .buttons, .button, .car") == []
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    page.mouse.move(50, 50)
    page.mouse.wheel(0, 3_000)
    expect(page.get_by_role("button", name="Speak")).to_be_in_viewport(ratio=1)


def test_without_a_link_the_last_known_state_is_shown_as_such(stack: Stack, car: Page) -> None:
    expect(car.locator("#freshness")).to_have_text(re.compile("^Live, last spot"))
    known = car.locator(".fact .value").all_inner_texts()
    stack.stop_part("nginx")
    try:
        car.reload()
        expect(car.locator("#freshness")).to_have_text("No link")
        assert len(car.locator(".fact .value").all_inner_texts()) == len(known)
        car.clock.fast_forward("12:00")
        expect(car.locator("#freshness")).to_have_text(re.compile(r"^Last known, 1[12] min ago\. No link$"))
        expect(car.get_by_role("heading", level=1)).to_have_text(re.compile("Was open"), use_inner_text=True)
    finally:
        stack.start_nginx()
    car.clock.fast_forward("00:40")
    expect(car.locator("#freshness")).to_have_text(re.compile("^Live, last spot"))


def test_what_is_kept_is_never_live_although_the_clock_was_put_back(stack: Stack, car: Page) -> None:
    car.clock.set_system_time(datetime.now(UTC) - timedelta(hours=1))
    freshness = car.locator("#freshness")
    stack.stop_part("nginx")
    try:
        with socket.create_server(("127.0.0.1", stack.ports["https"])):  # answers nothing
            car.reload()
            expect(freshness).to_have_text(
                re.compile(r"^Last known, \d\d:\d\d UTC\. Waiting for the server$")
            )
            expect(car.get_by_role("heading", level=1)).to_have_text(
                re.compile("Was open"), use_inner_text=True
            )
        expect(freshness).to_have_text(re.compile(r"^Last known, \d\d:\d\d UTC\. No link$"))
        for moment in car.locator(".fact time").all():
            expect(moment).to_have_text(re.compile(r"^\d\d:\d\d UTC$"))
    finally:
        stack.start_nginx()


def test_the_age_of_what_is_kept_is_told_by_the_servers_clock(stack: Stack, car: Page) -> None:
    made = """async () => (await (await caches.match("/car")).text()).match(/data-now="([^"]+)"/)[1]"""
    before = car.evaluate(made)
    car.clock.set_system_time(datetime.now(UTC) - timedelta(hours=1))
    car.reload()
    wait_until(lambda: car.evaluate(made) != before, PATIENCE / 1000)
    stack.stop_part("nginx")
    try:
        car.reload()
        expect(car.locator("#freshness")).to_have_text("No link")
        car.clock.fast_forward("12:00")
        expect(car.locator("#freshness")).to_have_text(re.compile(r"^Last known, 1[12] min ago\. No link$"))
    finally:
        stack.start_nginx()


def test_a_lost_sign_in_is_told_and_the_facts_stay(car: Page) -> None:
    car.context.clear_cookies()
    car.clock.fast_forward("00:40")
    expect(car.locator("#freshness")).to_have_text("Signed out")
    expect(car.locator(".fact").first).to_be_visible()
    wait_until(lambda: car.evaluate("caches.keys()") == [], PATIENCE / 1000)
    car.get_by_role("link", name="Sign in").click()
    expect(car).to_have_url(re.compile(r"/sign-in\?next=/car"))


REFUSALS = {
    "any cache": "for (const name of ['open', 'delete']) CacheStorage.prototype[name] = refuse",
    "more space": "Cache.prototype.put = CacheStorage.prototype.delete = refuse",
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_fresh_answer_is_fresh_where_the_browser_keeps_nothing(
    open_browser: Open, signed_in: Callable[[str], Any], refusal: str
) -> None:
    context = open_browser(storage_state=signed_in("maya"), viewport=UPRIGHT)
    context.add_init_script(
        "window.refused = 0;"
        "const refuse = async () => { window.refused++; throw new DOMException('', 'SecurityError'); };"
        f"if (isSecureContext) {{ {REFUSALS[refusal]} }}"
    )
    page = context.new_page()
    page.clock.install()
    page.goto("/car")
    wait_until(lambda: page.evaluate("refused") >= 1, PATIENCE / 1000)
    page.clock.fast_forward("00:40")
    wait_until(lambda: page.evaluate("refused") >= 2, PATIENCE / 1000)
    expect(page.locator("#freshness")).to_have_text(re.compile("^Live, last spot"))
    context.clear_cookies()
    page.clock.fast_forward("00:40")
    expect(page.locator("#freshness")).to_have_text("Signed out")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_who_was_signed_out_elsewhere_finds_nothing_without_a_link(stack: Stack, car: Page) -> None:
    car.context.clear_cookies()
    car.goto("/car")
    expect(car).to_have_url(re.compile(r"/sign-in\?next=/car"))
    stack.stop_part("nginx")
    try:
        with pytest.raises(Error, match="net::ERR"):
            car.goto("/car")
    finally:
        stack.start_nginx()


def test_who_signs_out_leaves_nothing_behind(
    stack: Stack, trusting: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    context = trusting.new_context(base_url=stack.url, ignore_https_errors=True)
    page = context.new_page()
    sign_in(page, "vera")
    page.goto("/car")
    is_kept(page)
    page.goto("/")
    from_menu(page, "Sign out")
    expect(page).to_have_url(re.compile("/sign-in"))
    assert page.evaluate("caches.keys()") == []
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    context.close()


def test_it_speaks_its_facts(open_browser: Open, signed_in: Callable[[str], Any]) -> None:
    context = open_browser(storage_state=signed_in("maya"))
    context.add_init_script(
        "window.said = []; speechSynthesis.speak = (words) => window.said.push(words.text);"
    )
    page = context.new_page()
    page.goto("/car")
    page.get_by_role("button", name="Speak").click()
    [said] = page.evaluate("window.said")
    assert re.match(r"(Open: [\d, andmetrsFM]+\.|No band is open\.)", said), said


def test_it_uses_where_one_is(open_browser: Open, signed_in: Callable[[str], Any]) -> None:
    page = open_browser(
        storage_state=signed_in("maya"),
        permissions=["geolocation"],
        geolocation={"latitude": 41.71, "longitude": -72.73},
    ).new_page()
    page.goto("/car")
    expect(page.get_by_role("heading", level=1)).to_contain_text("from FN31pr")


def test_a_browser_would_install_it(car: Page) -> None:
    session = car.context.new_cdp_session(car)
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {error["errorId"] for error in errors} == {"in-incognito"}, "nothing but that this is a test"
    assert session.send("Page.getAppManifest")["errors"] == []
