"""Passkeys: adding them, signing in with them, and answers that are refused."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection
from werkzeug.test import TestResponse

from tests.app.web.authenticator import Authenticator
from tests.app.web.browser import Browser

SECURITY = "/settings/security"
ADD = f"{SECURITY}/passkeys"
BY_PASSKEY = "/sign-in/passkey"


def options_on(page: TestResponse) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]+)"', page.text)
    assert found, page.text
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


def add(browser: Browser, authenticator: Authenticator, name: str = "phone") -> TestResponse:
    answer = authenticator.create(options_on(browser.get(SECURITY)))
    return browser.post(ADD, SECURITY, name=name, credential=answer)


def sign_in(browser: Browser, authenticator: Authenticator, page: str = "/sign-in") -> TestResponse:
    answer = authenticator.get(options_on(browser.get(page)))
    return browser.post(BY_PASSKEY, page, credential=answer, next="/settings")


def is_in(browser: Browser) -> bool:
    return browser.get("/auth/check").status_code == 204


@pytest.fixture
def passkey(anna: Browser) -> Authenticator:
    """Anna's; she is signed in."""
    passkey = Authenticator()
    assert "Recovery codes" in add(anna, passkey).text
    return passkey


def test_it_signs_in_without_the_password(passkey: Authenticator, app: Flask, owner: Connection) -> None:
    browser = Browser(app)
    answer = sign_in(browser, passkey)
    assert (answer.status_code, answer.location) == (302, "/settings")
    assert is_in(browser)
    assert "<strong>phone</strong>" in browser.get(SECURITY).text
    events = owner.execute("SELECT event, detail FROM audit_trail ORDER BY id").fetchall()
    assert events[1:] == [
        ("passkey added", "phone"),
        ("recovery codes made", ""),
        ("signed in", "passkey phone"),
    ]


def test_the_browser_is_asked_for_what_the_station_is(anna: Browser, passkey: Authenticator) -> None:
    options = options_on(anna.get(SECURITY))
    assert options["rp"] == {"id": "dashboard.test", "name": "Spotkeeper"}
    assert options["user"]["name"] == "anna"
    assert len(options["excludeCredentials"]) == 1
    assert options["excludeCredentials"][0]["transports"] == ["internal"]


def test_behind_the_password_it_is_the_second_step(passkey: Authenticator, app: Flask) -> None:
    browser = Browser(app)
    assert browser.sign_in(next="/settings").location == "/sign-in/second?next=/settings"
    passkey.verifies = False
    assert sign_in(browser, passkey, "/sign-in/second").status_code == 302
    assert is_in(browser)


def test_one_that_did_not_ask_who_it_was_is_not_enough_alone(passkey: Authenticator, app: Flask) -> None:
    browser = Browser(app)
    passkey.verifies = False
    answer = sign_in(browser, passkey)
    assert answer.status_code == 401
    assert "Sign in with your password first" in answer.text
    assert not is_in(browser)


def test_nor_behind_the_password_of_somebody_else(
    passkey: Authenticator, anna: Browser, app: Flask, add_user: Callable[..., None]
) -> None:
    add_user("bert")
    bert = Browser(app)
    bert.sign_in("bert")
    add(bert, Authenticator(2))
    thief = Browser(app)
    thief.sign_in("bert")
    passkey.verifies = False
    assert sign_in(thief, passkey, "/sign-in/second").status_code == 401
    assert not is_in(thief)


def other_origin(passkey: Authenticator) -> None:
    passkey.origin = "https://dashboard.evil.test"


def other_host(passkey: Authenticator) -> None:
    passkey.host = "evil.test"


def other_key(passkey: Authenticator) -> None:
    passkey.key = Authenticator().key


def unknown(passkey: Authenticator) -> None:
    passkey.id = b"\xff" * 32


@pytest.mark.parametrize("fault", [other_origin, other_host, other_key, unknown])
def test_answers_that_are_refused(
    passkey: Authenticator, app: Flask, fault: Callable[[Authenticator], None]
) -> None:
    fault(passkey)
    browser = Browser(app)
    assert sign_in(browser, passkey).status_code == 401
    assert not is_in(browser)


def test_an_answer_is_good_once_also_with_the_cookie_it_came_with(passkey: Authenticator, app: Flask) -> None:
    browser = Browser(app)
    page = browser.get("/sign-in")
    answer = passkey.get(options_on(page))
    kept = browser.client.get_cookie("__Host-form", domain="proxy")
    assert kept
    assert browser.post(BY_PASSKEY, "/sign-in", credential=answer).status_code == 302
    thief = Browser(app)
    thief.client.set_cookie("__Host-form", kept.value, domain="proxy")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert token
    again = thief.send("POST", BY_PASSKEY, data={"csrf_token": token[1], "credential": answer})
    assert again.status_code == 401
    assert "answered before" in again.text
    assert not is_in(thief)


def test_an_answer_to_another_browser_s_challenge_is_refused(passkey: Authenticator, app: Flask) -> None:
    answer = passkey.get(options_on(Browser(app).get("/sign-in")))
    thief = Browser(app)
    assert thief.post(BY_PASSKEY, "/sign-in", credential=answer).status_code == 401


def test_a_copy_of_the_key_that_counts_behind_is_refused_and_stands_in_the_trail(
    passkey: Authenticator, app: Flask, owner: Connection
) -> None:
    def refused() -> list[tuple[object, ...]]:
        return owner.execute(
            "SELECT actor, subject, host(address), detail FROM audit_trail"
            " WHERE event = 'copied passkey refused' ORDER BY id"
        ).fetchall()

    passkey.count = 7
    assert sign_in(Browser(app), passkey).status_code == 302
    stranger = Authenticator()
    stranger.count = 7
    assert sign_in(Browser(app), stranger).status_code == 401
    assert refused() == [], "of anybody with a key of their own nothing is written"
    answer = sign_in(Browser(app, "198.51.100.9"), passkey)
    assert answer.status_code == 401
    assert "it may be a copy" in answer.text
    passkey.count = 0
    assert sign_in(Browser(app, "198.51.100.9"), passkey).status_code == 401
    assert refused() == [(None, "anna", "198.51.100.9", "phone")] * 2
    passkey.count = 8
    assert sign_in(Browser(app), passkey).status_code == 302


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        "{",
        '{"id": 7}',
        '{"id": "AA"}',
        '{"id": "\\u0000"}',
        "x" * 30_000,
        '{"id": ' + "[" * 9_000,
    ],
    ids=lambda answer: answer[:20],
)
def test_rubbish_is_refused(passkey: Authenticator, anna: Browser, app: Flask, answer: str) -> None:
    browser = Browser(app)
    assert browser.post(BY_PASSKEY, "/sign-in", credential=answer).status_code == 401
    assert anna.post(ADD, SECURITY, name="other", credential=answer).status_code == 400
    assert "other" not in re.findall(r"<strong>(\w+)</strong>", anna.get(SECURITY).text)


def test_the_same_passkey_is_not_added_twice(passkey: Authenticator, anna: Browser) -> None:
    answer = add(anna, passkey, "again")
    assert answer.status_code == 400
    assert "That passkey is here already." in answer.text


def test_one_made_for_another_site_is_not_added(anna: Browser, owner: Connection) -> None:
    passkey = Authenticator()
    passkey.origin = "https://evil.test"
    assert add(anna, passkey).status_code == 400
    assert owner.execute("SELECT count(*) FROM passkeys").fetchone() == (0,)


@pytest.mark.parametrize("name", ["", " ", "x" * 61, "a\0b", "a\nb"])
def test_it_has_a_name(anna: Browser, owner: Connection, name: str) -> None:
    assert "1 to 60 characters" in add(anna, Authenticator(), name).text
    assert owner.execute("SELECT count(*) FROM passkeys").fetchone() == (0,)


def test_it_is_renamed_and_removed_by_its_user_alone(
    passkey: Authenticator, anna: Browser, app: Flask, add_user: Callable[..., None]
) -> None:
    add_user("bert")
    bert = Browser(app)
    bert.sign_in("bert")
    for browser, names in ((bert, ["phone"]), (anna, ["watch"])):
        browser.post(f"{ADD}/rename", SECURITY, id=passkey.id.hex(), name="watch")
        shown = re.findall(r"<strong>(\w+)</strong></p>\s*<p class=.hint.>Added", anna.get(SECURITY).text)
        assert shown == names
    bert.post(f"{ADD}/remove", SECURITY, id=passkey.id.hex())
    assert sign_in(Browser(app), passkey).status_code == 302
    anna.post(f"{ADD}/remove", SECURITY, id=passkey.id.hex())
    assert sign_in(Browser(app), passkey).status_code == 401
    assert Browser(app).sign_in().location == "/", "no second step is left to ask for"


def test_a_station_without_a_name_says_why_there_are_none(
    anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = anna._headers
    monkeypatch.setattr(
        anna, "_headers", lambda headers: original(headers) | {"X-Forwarded-Host": "192.0.2.5"}
    )
    page = anna.get(SECURITY).text
    assert "data-passkey" not in page
    assert "open this page by the name of the station" in page
