"""Accounts as somebody meets them in a browser."""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect
from spotkeeper.db import accounts, sessions
from spotkeeper.db.connection import connect

from tests.e2e import axe
from tests.e2e.conftest import ARGUMENTS, CHROMIUM, PASSWORD, SCREENSHOTS, give_password, sign_in
from tests.support.stack import Stack

Open = Callable[..., BrowserContext]


@contextmanager
def browser_of(stack: Stack, playwright: Playwright, folder: Path) -> Iterator[Page]:
    """A browser that keeps what it has in that folder."""
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=ARGUMENTS, base_url=stack.url, ignore_https_errors=True
    )
    yield context.pages[0]
    context.close()


@pytest.fixture(autouse=True)
def whole_ration(stack: Stack) -> None:
    """nginx lets an address sign in so often; started anew, it forgets how often others have."""
    stack.stop_part("nginx")
    stack.start_nginx()


@pytest.fixture
def somebody(stack: Stack, request: pytest.FixtureRequest) -> str:
    """A user of the test's own, whose name is as long as one may be."""
    name = re.sub(r"[^a-z0-9]", "", request.node.name.removeprefix("test_"))[:32].ljust(32, "x")
    stack.run("user", "add", name, "--password-stdin", text=PASSWORD + "\n")
    return name


def let_in(context: BrowserContext, stack: Stack, name: str) -> Page:
    """A page of that user without a sign-in, of which nginx lets an address try only so many."""
    token = secrets.token_urlsafe(32)
    with connect(stack.conninfo, "owner") as owner:
        user = accounts.find_user(owner, name)
        assert user
        sessions.open_session(
            owner,
            hashlib.sha256(token.encode()).digest(),
            user.id,
            "Let in/1",
            "127.0.0.*",
            timedelta(days=1),
        )
    context.add_cookies(
        [
            {"name": "__Host-device", "value": token, "domain": host, "path": "/", "secure": True}
            for host in ("127.0.0.1", "localhost")
        ]
    )
    return context.new_page()


def is_in(page: Page) -> None:
    expect(page.get_by_text("Account and more pages")).to_be_attached()


def is_fine(page: Page, name: str) -> None:
    """Nothing is wrong for anybody on the page, which is pictured on a phone and a desk, light and dark."""
    for width, height in ((390, 844), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{theme}.png", animations="disabled")
            assert axe.violations(page) == []
    for fits in (1440, 390, 320):
        page.set_viewport_size({"width": fits, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == fits


def test_still_signed_in_after_the_browser_was_closed_and_a_token_has_followed_another(
    stack: Stack, playwright: Playwright, tmp_path: Path, somebody: str
) -> None:
    with browser_of(stack, playwright, tmp_path / "profile") as page:
        sign_in(page, somebody)
        first = token(page)
    pass_time(stack, somebody, "25 hours")
    with browser_of(stack, playwright, tmp_path / "profile") as page:
        page.goto("/")
        is_in(page)
        second = token(page)
        assert second != first
    pass_time(stack, somebody, "2 minutes")
    with browser_of(stack, playwright, tmp_path / "profile") as page:
        page.goto("/")
        is_in(page)
        assert token(page) == second


def pass_time(stack: Stack, name: str, interval: str) -> None:
    with connect(stack.conninfo, "owner") as owner:
        owner.execute(
            """
            UPDATE sign_in_tokens SET made = made - %(t)s::interval, settled = settled - %(t)s::interval
            FROM sign_in_sessions JOIN users ON users.id = user_id
            WHERE sign_in_sessions.id = session_id AND users.name = %(name)s
            """,
            {"t": interval, "name": name},
        )


def token(page: Page) -> str:
    (cookie,) = [each for each in page.context.cookies() if each["name"] == "__Host-device"]
    return cookie["value"]


def test_a_device_that_is_signed_out_elsewhere_is_out_at_once(
    stack: Stack, open_browser: Open, somebody: str
) -> None:
    phone = open_browser(user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1")
    lost = phone.new_page()
    sign_in(lost, somebody)
    page = let_in(open_browser(), stack, somebody)
    page.goto("/settings")
    page.get_by_role("link", name="Devices").click()
    expect(page.get_by_text("this device", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out Safari on an iPhone").click()
    expect(page.get_by_text("The device is signed out.")).to_be_visible()
    assert lost.request.get("/live/spots").status == 401
    lost.goto("/settings")
    expect(lost).to_have_url(re.compile("/sign-in"))


def test_an_authenticator_app_the_whole_way(stack: Stack, open_browser: Open, somebody: str) -> None:
    page = let_in(open_browser(reduced_motion="reduce"), stack, somebody)
    page.goto("/settings")
    page.get_by_role("link", name="Password and second step").click()
    page.get_by_role("link", name="Set up an app").click()
    is_fine(page, "authenticator")
    page.get_by_text("It cannot read the picture").click()
    totp = pyotp.TOTP(page.locator("output.secret").inner_text().replace(" ", ""))
    page.get_by_label("Code of the app").fill(totp.at(time.time() - 30))
    page.get_by_role("button", name="Turn it on").click()
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    page.screenshot(path=SCREENSHOTS / "recovery-codes.png", full_page=True)

    other = open_browser(reduced_motion="reduce").new_page()
    give_password(other, somebody)
    is_fine(other, "second-step")
    other.get_by_label("Code").fill("000000")
    other.get_by_role("button", name="Go on").click()
    expect(other.get_by_role("alert").first).to_contain_text("That code is wrong")
    other.get_by_label("Code").fill(totp.now())
    other.get_by_role("button", name="Go on").click()
    is_in(other)

    third = open_browser(java_script_enabled=False).new_page()
    give_password(third, somebody)
    third.get_by_label("Code").fill(codes[0])
    third.get_by_role("button", name="Go on").click()
    is_in(third)


@pytest.fixture
def station(stack: Stack, chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that comes by the name of the station: passkeys are made for names."""
    url = stack.url.replace("127.0.0.1", "localhost")
    context = chromium.new_context(base_url=url, ignore_https_errors=True, reduced_motion="reduce")
    yield context
    context.close()


def plug_in(page: Page, *, keeps_names: bool, verifies: bool) -> None:
    """A virtual authenticator: does it keep whose passkeys it has, and does it know who uses it?"""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal" if keeps_names else "usb",
                "hasResidentKey": keeps_names,
                "hasUserVerification": verifies,
                "isUserVerified": verifies,
                "automaticPresenceSimulation": True,
            }
        },
    )


def add_passkey(page: Page, name: str) -> None:
    page.goto("/settings/security")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have them").click()
    expect(page.get_by_role("button", name=f"Remove {name}")).to_be_visible()


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def test_a_passkey_signs_in_without_name_and_password(
    stack: Stack, station: BrowserContext, somebody: str
) -> None:
    page = let_in(station, stack, somebody)
    plug_in(page, keeps_names=True, verifies=True)
    add_passkey(page, "this computer")
    sign_out(page)
    # The browser offers it where the name is filled in; this one takes it up by itself.
    page.goto("/sign-in?next=/settings")
    expect(page).to_have_url(re.compile("/settings$"))
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = undefined")
    sign_out(page)
    page.goto("/sign-in?next=/settings/devices")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/settings/devices$"))
    expect(page.get_by_text(somebody, exact=True).last).to_be_visible()

    page.goto("/settings/security")
    is_fine(page, "security-with-passkey")
    page.get_by_role("button", name="Remove this computer").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    sign_out(page)
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").first).to_contain_text("does not know that passkey")


def test_a_key_that_keeps_no_names_is_the_second_step(
    stack: Stack, station: BrowserContext, somebody: str
) -> None:
    page = let_in(station, stack, somebody)
    plug_in(page, keeps_names=False, verifies=False)
    add_passkey(page, "key on the ring")
    sign_out(page)
    give_password(page, somebody)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert page.request.get("/auth/check").status == 401
    page.get_by_role("button", name="Use a passkey").click()
    is_in(page)


def test_who_is_asked_for_the_password_again(stack: Stack, open_browser: Open, somebody: str) -> None:
    page = let_in(open_browser(reduced_motion="reduce"), stack, somebody)
    with connect(stack.conninfo, "owner") as owner:
        owner.execute("UPDATE sign_in_sessions SET confirmed = '-infinity' WHERE device = 'Let in/1'")
    page.goto("/settings/security")
    is_fine(page, "confirm")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Password and second step")).to_be_visible()


def test_an_invitation_the_whole_way(open_browser: Open, signed_in: Callable[[str], Any], page: Page) -> None:
    olga = open_browser(storage_state=signed_in("olga")).new_page()
    olga.goto("/users")
    olga.get_by_label("Name, if you want to propose one").fill("dl9new")
    olga.get_by_label("viewer").check()
    olga.get_by_role("button", name="Make an invitation").click()
    link = olga.get_by_label("Send this link").inner_text()
    page.goto(link)
    expect(page.get_by_label("Name")).to_have_value("dl9new")
    page.get_by_label("Password", exact=True).fill("another long one")
    page.get_by_label("Password again").fill("another long one")
    page.get_by_role("button", name="Make the account").click()
    is_in(page)
    assert page.request.get("/users").status == 403
    olga.goto("/users")
    expect(olga.get_by_text("None is open.")).to_be_visible()
    row = olga.get_by_role("listitem").filter(has_text="dl9new")
    row.get_by_text("Change").click()
    olga.screenshot(path=SCREENSHOTS / "users-changing.png", full_page=True)
    row.get_by_role("button", name="Remove with all that is theirs").click()
    expect(olga.get_by_text("dl9new is removed.")).to_be_visible()
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in"))
    olga.goto("/audit")
    expect(olga.get_by_role("row").nth(1)).to_contain_text("User removed: dl9new")


def test_what_one_chose_holds_on_another_device(stack: Stack, open_browser: Open, somebody: str) -> None:
    page = let_in(open_browser(), stack, somebody)
    page.goto("/settings")
    page.get_by_label("Grid").fill("jn03")
    page.get_by_label("dark").check()
    page.get_by_label("high").check()
    page.get_by_label("10\N{NO-BREAK SPACE}m", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()

    other = let_in(open_browser(color_scheme="light"), stack, somebody)
    other.goto("/settings")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    expect(other.locator("html")).to_have_attribute("data-contrast", "more")
    expect(other.get_by_label("Grid")).to_have_value("JN03")
    expect(other.get_by_label("10\N{NO-BREAK SPACE}m", exact=True)).to_be_checked()
