"""API tokens in a browser: made, used and revoked."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import SCREENSHOTS

Open = Callable[..., BrowserContext]


def make(page: Page, name: str) -> str:
    """A new token that may only read."""
    page.goto("/settings")
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("follow spots live").uncheck()
    page.get_by_label("30 days").check()
    page.get_by_role("button", name="Make it").click()
    return page.get_by_label("Copy it now").inner_text()


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of another site."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_token_works_until_it_is_revoked(
    open_browser: Open, signed_in: Callable[[str], Any], scripts: bool
) -> None:
    name = f"logger {scripts}"
    page = open_browser(java_script_enabled=scripts, storage_state=signed_in("anna")).new_page()
    token = make(page, name)
    program = open_browser().request
    authorization = {"Authorization": f"Bearer {token}"}
    assert program.get("/api/v1/spots", headers=authorization).status == 200
    page.get_by_role("link", name="I have it").click()
    expect(page.get_by_text(token)).to_have_count(0)
    page.get_by_role("button", name=f"Revoke {name}").click()
    expect(page.get_by_text(f"{name} is revoked.")).to_be_visible()
    assert program.get("/api/v1/spots", headers=authorization).status == 401


def test_a_script_of_another_site_uses_a_token_and_never_the_cookie(
    open_browser: Open, signed_in: Callable[[str], Any], elsewhere: str
) -> None:
    context = open_browser(storage_state=signed_in("bert"))
    token = make(context.new_page(), "elsewhere")
    page = context.new_page()
    page.goto(elsewhere)
    address = re.sub(r"/settings.*", "/api/v1/spots?limit=1", context.pages[0].url)
    ask = """async ([address, options]) => {
        try {
            const answer = await fetch(address, options);
            return [answer.status, answer.headers.get("RateLimit")];
        } catch (error) { return String(error); }
    }"""
    status, standing = page.evaluate(ask, [address, {"headers": {"Authorization": f"Bearer {token}"}}])
    assert status == 200
    assert standing.startswith('"minute";r=')
    assert "TypeError" in page.evaluate(ask, [address, {"credentials": "include"}])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_pictures(open_browser: Open, signed_in: Callable[[str], Any], scheme: Any, width: int) -> None:
    page = open_browser(
        storage_state=signed_in("olga"),
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    ).new_page()
    make(page, f"logger on the {'phone' if width == 390 else 'desk'}, {scheme}")
    page.screenshot(path=SCREENSHOTS / f"token-{scheme}-{width}.png", full_page=True)
    page.goto("/settings/tokens")
    page.get_by_label("Name").fill(f"logger on the {'phone' if width == 390 else 'desk'}, {scheme}")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=SCREENSHOTS / f"tokens-{scheme}-{width}.png", full_page=True)
