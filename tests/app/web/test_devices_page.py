"""The page of the devices on which an account is signed in."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection
from spotkeeper.web.account.user_agent import in_words

from tests.app.web.browser import Browser

PAGE = "/settings/devices"
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/143.0.0.0 Mobile Safari/537.36"
)


def sign_in_from(app: Flask, address: str, user_agent: str, name: str = "anna") -> Browser:
    browser = Browser(app, address)
    original = browser._headers
    browser._headers = lambda headers: original({"User-Agent": user_agent, **headers})  # type: ignore[method-assign]
    assert browser.sign_in(name).status_code == 302
    return browser


def shown(browser: Browser) -> list[str]:
    """Names of the devices, from top to bottom."""
    return re.findall(r'<li class="token">\s*<div>\s*<p><strong>([^<]*)</strong>', browser.get(PAGE).text)


def test_it_tells_devices_apart_and_marks_this_one(anna: Browser, app: Flask, owner: Connection) -> None:
    phone = sign_in_from(app, "198.51.100.7", PHONE)
    owner.execute(
        "UPDATE sign_in_sessions SET last_seen = now() - interval '3 hours' WHERE device = 'Test/1.0'"
    )
    page = phone.get(PAGE).text
    assert shown(phone) == ["Chrome on Android", "Test"]
    assert page.count("this device") == 1
    assert page.index("this device") < page.index("<strong>Test</strong>")
    assert "Last seen 3 h ago from 192.0.2.*" in page
    assert "198.51.100.7" not in page


def test_one_is_signed_out_at_once(anna: Browser, app: Flask, owner: Connection) -> None:
    phone = sign_in_from(app, "198.51.100.7", PHONE)
    [(number,)] = owner.execute("SELECT id FROM sign_in_sessions WHERE device LIKE 'Mozilla%'").fetchall()
    answer = anna.post("/settings/devices/sign-out", PAGE, id=str(number))
    assert "The device is signed out." in anna.get(answer.location).text
    assert shown(anna) == ["Test"]
    for path in (PAGE, "/auth/check", "/spots.csv", "/api/v1/spots"):
        assert phone.get(path).status_code in (302, 401)
    assert owner.execute("SELECT detail FROM audit_trail ORDER BY id DESC LIMIT 1").fetchone() == (
        "Chrome on Android",
    )


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "1; DROP TABLE users", "\0", "١"])
def test_a_number_that_is_none_signs_nothing_out(anna: Browser, number: str) -> None:
    answer = anna.post("/settings/devices/sign-out", PAGE, id=number)
    assert answer.location == PAGE
    assert shown(anna) == ["Test"]


def test_nobody_signs_out_what_is_not_theirs(
    anna: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("bert")
    bert = sign_in_from(app, "198.51.100.7", PHONE, "bert")
    for (number,) in owner.execute("SELECT id FROM sign_in_sessions").fetchall():
        bert.post("/settings/devices/sign-out", PAGE, id=str(number))
    assert shown(anna) == ["Test"]
    assert bert.get(PAGE).status_code == 302, "bert has signed himself out"


def test_a_viewer_has_none(browser: Browser, add_user: Callable[..., None]) -> None:
    add_user("anna", "viewer")
    browser.sign_in()
    assert browser.get(PAGE).status_code == 403
    for path in ("/settings/devices/sign-out", "/sign-out-elsewhere"):
        assert browser.post(path, "/api/v1/", id="1").status_code == 403
    assert browser.get("/auth/check").status_code == 204


def test_it_is_found_from_the_settings(anna: Browser) -> None:
    assert f'href="{PAGE}"' in anna.get("/settings").text


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari on an iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
            " Chrome/143.0.0.0 Safari/537.36 Edg/143.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/18.5 Safari/605.1.15",
            "Safari on a Mac",
        ),
        (PHONE, "Chrome on Android"),
        ("curl/8.14.1", "curl"),
        ("", "A browser"),
        ("\u202e<script>" * 10, "A browser"),
    ],
)
def test_browsers_in_plain_words(user_agent: str, words: str) -> None:
    assert in_words(user_agent) == words
