"""What an attacker gets: nothing, and nobody else suffers from it."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from spotkeeper.db.connection import connect

from tests.e2e.conftest import sign_in
from tests.e2e.pages import VIEWS
from tests.support.stack import Stack

Open = Callable[..., BrowserContext]


def guess(client: httpx.Client, name: str, password: str) -> httpx.Response:
    form = client.get("/sign-in").text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form)
    assert token
    fields = {"csrf_token": token[1], "name": name, "password": password}
    return client.post("/sign-in", data=fields, headers={"Referer": str(client.base_url)})


def test_guessing_gets_slow_and_nobody_else_is_shut_out(stack: Stack, page: Page) -> None:
    elsewhere = httpx.HTTPTransport(verify=False, local_address="127.0.0.66")
    with httpx.Client(base_url=stack.url, transport=elsewhere) as attacker:
        answers = [guess(attacker, "bert", f"guess number {number}") for number in range(16)]
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    assert len(slowed) >= 6
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in slowed)
    sign_in(page, "bert")


@pytest.mark.parametrize("by", ["vera", "anna"])
@pytest.mark.parametrize("path", [view.path for view in VIEWS if view.by == "olga"])
def test_the_owners_pages_are_the_owners(
    open_browser: Open, signed_in: Callable[[str], Any], path: str, by: str
) -> None:
    page = open_browser(storage_state=signed_in(by)).new_page()
    answer = page.goto(path)
    assert answer
    assert answer.status == 403
    expect(page.get_by_role("main")).to_contain_text("Not for you")
    page.goto("/")
    expect(page.locator(f"a[href='{path}']")).to_have_count(0)


def test_cookies_planted_before_the_sign_in_are_worth_nothing_after(open_browser: Open) -> None:
    attacker = open_browser()
    attacker.new_page().goto("/sign-in")
    planted = attacker.cookies()
    device = {**planted[0], "name": "__Host-device", "value": "planted" * 6}
    victim = open_browser()
    victim.add_cookies([*planted, device])
    sign_in(victim.new_page(), "anna")
    attacker.add_cookies([device])
    before = {(cookie["name"], cookie["value"]) for cookie in attacker.cookies()}
    after = {(cookie["name"], cookie["value"]) for cookie in victim.cookies()}
    assert {name for name, _ in before} == {name for name, _ in after}
    assert before & after == set()
    assert attacker.request.get("/auth/check").status == 401
    assert victim.request.get("/auth/check").status == 204


@pytest.mark.parametrize(
    ("site", "sends_the_cookie"),
    [("https://elsewhere.example/", False), ("https://127.0.0.1:7/", True)],
    ids=["another site", "another port of this host"],
)
@pytest.mark.parametrize("path", ["/settings", "/settings/tokens", "/sign-out", "/sign-out-elsewhere"])
def test_a_form_on_a_foreign_page_changes_nothing(
    stack: Stack,
    open_browser: Open,
    signed_in: Callable[[str], Any],
    site: str,
    sends_the_cookie: bool,
    path: str,
) -> None:
    form = f"""<form method="post" action="{stack.url}{path}">
        <input name="callsign" value="EV1L"><input name="name" value="evil"><input name="scopes" value="read">
        <button>Win a radio</button></form>"""

    def page_of_the_attacker(route: Route) -> None:
        route.fulfill(content_type="text/html", body=form)

    browser = open_browser(storage_state=signed_in("maya"))
    page = browser.new_page()
    page.route(f"{site}**", page_of_the_attacker)
    page.goto(site)
    with page.expect_response(f"{stack.url}{path}") as answer:
        page.get_by_role("button").click()
    assert answer.value.status == 400
    assert ("__Host-device=" in answer.value.request.all_headers().get("cookie", "")) is sends_the_cookie
    page.goto("/settings")
    expect(page.get_by_label("Callsign", exact=True)).to_have_value("F4MAY")
    page.goto("/settings/tokens")
    expect(page.get_by_text("You have none yet.")).to_be_visible()


@pytest.mark.parametrize("path", ["/live/spots", "/prometheus/-/healthy"])
def test_where_a_device_is_nobody_but_nginx_says(
    stack: Stack, signed_in: Callable[[str], Any], path: str
) -> None:
    cookies = {cookie["name"]: cookie["value"] for cookie in signed_in("olga")["cookies"]}
    forged = {"X-Forwarded-For": "192.0.2.7"}
    with (
        connect(stack.conninfo, "owner", autocommit=True) as owner,
        httpx.Client(base_url=stack.url, verify=False, cookies=cookies, headers=forged) as browser,  # noqa: S501
    ):
        owner.execute("UPDATE sign_in_sessions SET last_seen = now() - interval '1 hour'")
        with browser.stream("GET", path):
            pass
        seen = owner.execute(
            "SELECT address FROM sign_in_sessions WHERE last_seen > now() - interval '1 minute'"
        ).fetchall()
    assert seen == [("127.0.0.*",)]
