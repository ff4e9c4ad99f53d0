"""A browser before the whole stack."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from spotkeeper import invitations
from spotkeeper.db import accounts, user_settings
from spotkeeper.db import invitations as table
from spotkeeper.db.connection import connect

from simulator.dialects import DIALECTS
from simulator.lines import read_spot, spot_line
from simulator.traffic import Traffic
from tests.e2e.pages import LONG_NAME
from tests.support.database import NoServer
from tests.support.stack import Stack

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a long enough one"
USERS = {"anna": "user", "bert": "user", "maya": "user", LONG_NAME: "user", "vera": "viewer", "olga": "owner"}
HOME = {"callsign": "F4MAY", "grid": "JN03", "time_zone": "Europe/Paris"}
"""What maya has chosen; the others have the defaults."""
LONG_CALL = "VP8/SV9ABC/P"
LONG_REPORTS = (
    ("HB0/OE5XYZ-15 14031.5", "CW -24 dB 45 WPM CQ"),
    ("VP2E/DL1ABC/P 14031.5", "GOT 599 TNX FOR THE NEW ONE"),
    ("3D2/ZL1ABC-1-# 14031.5", "CW 24 dB 45 WPM CQ"),
)
"""Of the longest calls: who heard LONG_CALL and where, and what was said."""
PATIENCE = 15_000  # milliseconds; a busy machine paints slowly, and only a failure waits so long
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"


expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("stack"))
    try:
        try:
            stack.start()
        except NoServer as error:
            pytest.exit(f"the browser test needs PostgreSQL: {error}", returncode=2)
        for name, role in USERS.items():
            stack.run("user", "add", name, "--role", role, "--password-stdin", text=PASSWORD + "\n")
        with connect(stack.conninfo, "owner") as owner:
            maya = accounts.find_user(owner, "maya")
            assert maya
            user_settings.save(owner, maya.id, HOME)
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def history(stack: Stack) -> None:
    """The spots of a day and an hour before the station began; the newest are those of LONG_CALL."""
    dialect = DIALECTS["dxspider"]
    traffic = Traffic(2, dialect.machine_share, dialect.machine_comment)
    end = time.time()
    moments = range(int(end) - 25 * 3600, int(end) - 60, 15)
    spots = [traffic.spot(moment) for moment in moments]
    spots += [read_spot(f"{heard} {LONG_CALL} {said}", int(end) // 60 * 60) for heard, said in LONG_REPORTS]
    lines = [f"{spot.time}\t{spot_line(spot)}\n" for spot in spots]
    file = stack.folder / "history.log"
    file.write_text("".join(lines), encoding="latin-1")
    stack.run("import", "log", "--node", "demo", str(file))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def open_browser(stack: Stack, chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a fresh browser; what its pages complain about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    # A refused answer or a broken line is the test's own affair; no worker starts with its certificate.
    expected = (
        "Failed to load resource",
        "Access to fetch at ",
        "htmx:afterRequest",
        "htmx:sendError",
        "An SSL certificate error occurred when fetching the script.",
    )

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith(expected):
            complaints.append(said.text)

    def open_browser(**options: Any) -> BrowserContext:
        options = {"viewport": {"width": 1440, "height": 900}} | options
        context = chromium.new_context(base_url=stack.url, ignore_https_errors=True, **options)
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("console", hear)
        contexts.append(context)
        return context

    yield open_browser
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_browser: Callable[..., BrowserContext]) -> Page:
    """A page on which nobody is signed in."""
    return open_browser().new_page()


@pytest.fixture(scope="session")
def signed_in(stack: Stack, chromium: Browser) -> Callable[[str], Any]:
    """The cookies of a user, who signs in once: nginx lets an address try only so often."""

    @cache
    def state(name: str) -> Any:
        context = chromium.new_context(base_url=stack.url, ignore_https_errors=True)
        sign_in(context.new_page(), name)
        cookies = context.storage_state()
        context.close()
        return cookies

    return state


@pytest.fixture(scope="session")
def places(
    stack: Stack, history: None, playwright: Playwright, signed_in: Callable[[str], Any]
) -> dict[str, str]:
    """What stands for the names in the addresses of tests/e2e/pages.py."""
    program = playwright.request.new_context(
        base_url=stack.url, ignore_https_errors=True, storage_state=signed_in("anna")
    )
    spot = program.get("/api/v1/spots", params={"dx": LONG_CALL}).json()["spots"][0]
    program.dispose()
    token = invitations.make()
    with connect(stack.conninfo, "owner") as owner:
        table.make(
            owner,
            invitations.digest(token),
            "user",
            name_hint="nora",
            lifetime=timedelta(days=1),
            made_by="olga",
        )
    return {"spot": spot["id"], "call": spot["dx"], "invitation": token}


@pytest.fixture
def anna(open_browser: Callable[..., BrowserContext], signed_in: Callable[[str], Any]) -> Page:
    """The spots, as a user with default settings sees them."""
    page = open_browser(storage_state=signed_in("anna")).new_page()
    page.goto("/spots?since=1h")
    return page


def sign_in(page: Page, name: str) -> None:
    give_password(page, name)
    page.get_by_role("navigation", name="Pages").wait_for()


def give_password(page: Page, name: str) -> None:
    """Send the form to sign in; again when nginx has had too many of this address, as it says in words."""
    while True:
        page.goto("/sign-in")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
            page.get_by_role("button", name="Sign in", exact=True).click()
        if answer.value.status != 429:
            return
        page.wait_for_timeout(1_000 * int(answer.value.headers["retry-after"]))


def from_menu(page: Page, name: str) -> None:
    """Choose what the menu of the header has under this name."""
    page.get_by_role("banner").locator("details.menu > summary").click()
    page.get_by_role("banner").locator("details.menu").get_by_text(name, exact=True).click()
