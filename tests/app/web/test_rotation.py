"""The cookie's token follows another: what keeps a device signed in, and what a copy is worth."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection

from tests.app.web.browser import PASSWORD, Browser

COOKIE = "__Host-device"
PAGE = "/settings/devices"


@pytest.fixture
def pass_time(owner: Connection) -> Callable[[str], None]:
    """Lets so much time pass for all devices."""

    def pass_time(interval: str) -> None:
        owner.execute(
            "UPDATE sign_in_tokens SET made = made - %(t)s::interval, settled = settled - %(t)s::interval,"
            " replaced = replaced - %(t)s::interval",
            {"t": interval},
        )
        owner.execute("UPDATE sign_in_sessions SET last_seen = last_seen - %s::interval", [interval])

    return pass_time


def token(browser: Browser) -> str:
    cookie = browser.client.get_cookie(COOKIE, domain="proxy")
    assert cookie
    return cookie.value


def with_token(app: Flask, value: str) -> Browser:
    browser = Browser(app)
    browser.client.set_cookie(COOKIE, value, domain="proxy")
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get(PAGE).status_code == 200


def test_a_device_gets_another_token_every_day_and_stays_signed_in(
    anna: Browser, pass_time: Callable[[str], None], owner: Connection
) -> None:
    had = {token(anna)}
    for _ in range(3):
        assert is_in(anna)
        assert token(anna) in had, "no new one on the same day"
        pass_time("25 hours")
        assert is_in(anna)
        assert token(anna) not in had
        had.add(token(anna))
        pass_time("2 minutes")
    assert is_in(anna)
    assert owner.execute("SELECT count(*) FROM sign_in_sessions").fetchone() == (1,)


def test_a_lost_answer_signs_nobody_out_however_late_one_comes_back(
    anna: Browser, app: Flask, pass_time: Callable[[str], None]
) -> None:
    old = token(anna)
    pass_time("25 hours")
    assert is_in(with_token(app, old))  # its answer is lost
    pass_time("3 days")
    assert is_in(anna)
    assert token(anna) != old
    pass_time("1 hour")
    assert is_in(anna)


def test_a_browser_that_dies_before_it_wrote_the_cookie_comes_back_with_the_old_one(
    anna: Browser, app: Flask, pass_time: Callable[[str], None]
) -> None:
    old = token(anna)
    pass_time("25 hours")
    assert is_in(anna)
    pass_time("20 seconds")
    assert is_in(anna)  # with the new one, which dies with the browser
    pass_time("2 hours")
    revived = with_token(app, old)
    assert is_in(revived)
    pass_time("2 minutes")
    assert is_in(revived)


def test_requests_side_by_side_get_one_new_token(
    anna: Browser, app: Flask, pass_time: Callable[[str], None], owner: Connection
) -> None:
    old = token(anna)
    pass_time("25 hours")
    browsers = [with_token(app, old) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(is_in, browsers))
    assert len({token(browser) for browser in browsers} - {old}) == 1
    assert owner.execute("SELECT count(*) FROM sign_in_tokens").fetchone() == (2,)


def test_the_old_token_is_good_for_minutes_after_the_new_one_has_arrived(
    anna: Browser, app: Flask, pass_time: Callable[[str], None]
) -> None:
    old = token(anna)
    pass_time("25 hours")
    assert is_in(anna)
    pass_time("2 minutes")
    assert is_in(anna)
    pass_time("4 minutes")
    late = with_token(app, old)
    assert is_in(late)
    assert token(late) == old, "a copy gets no new one"
    assert is_in(anna)


def test_a_copy_that_is_used_after_that_ends_the_session_and_stands_in_the_trail(
    anna: Browser, app: Flask, pass_time: Callable[[str], None], owner: Connection
) -> None:
    old = token(anna)
    pass_time("25 hours")
    assert is_in(anna)
    pass_time("2 minutes")
    assert is_in(anna)
    pass_time("6 minutes")
    thief = with_token(app, old)
    answer = thief.get(PAGE)
    assert answer.status_code == 302
    assert "somebody used an old copy" in thief.get(answer.location).text
    assert not is_in(anna)
    trail = owner.execute(
        "SELECT event, actor, subject, host(address) FROM audit_trail ORDER BY id DESC LIMIT 1"
    )
    assert trail.fetchone() == ("copied token used", None, "anna", "192.0.2.1")


def test_a_thief_who_renews_first_is_found_when_the_owner_comes_back(
    anna: Browser, app: Flask, pass_time: Callable[[str], None], owner: Connection
) -> None:
    thief = with_token(app, token(anna))
    pass_time("25 hours")
    assert is_in(thief)
    pass_time("2 minutes")
    assert is_in(thief)
    pass_time("1 hour")
    assert not is_in(anna)
    assert not is_in(thief)


def test_only_the_device_of_the_copy_is_out(
    anna: Browser, app: Flask, pass_time: Callable[[str], None]
) -> None:
    phone = Browser(app)
    phone.sign_in()
    old = token(anna)
    for interval in ("25 hours", "2 minutes", "6 minutes"):
        pass_time(interval)
        assert is_in(anna)
        assert is_in(phone)
    assert not is_in(with_token(app, old))
    assert not is_in(anna)
    assert is_in(phone)


def test_what_nginx_asks_renews_nothing_since_its_answer_reaches_no_browser(
    anna: Browser, pass_time: Callable[[str], None], owner: Connection
) -> None:
    pass_time("25 hours")
    assert COOKIE not in str(anna.get("/auth/check").headers)
    assert owner.execute("SELECT count(*) FROM sign_in_tokens").fetchone() == (1,)


def test_tokens_of_long_ago_are_forgotten(
    anna: Browser, pass_time: Callable[[str], None], owner: Connection
) -> None:
    for _ in range(4):
        pass_time("40 days")
        assert is_in(anna)
        pass_time("2 minutes")
        assert is_in(anna)
    assert owner.execute("SELECT count(*) FROM sign_in_tokens").fetchone() == (4,)


def test_a_new_password_ends_every_copy_of_the_device_s_own_token_at_once(
    anna: Browser, app: Flask, pass_time: Callable[[str], None], owner: Connection
) -> None:
    old = [token(anna)]
    pass_time("25 hours")
    assert is_in(anna)
    old.append(token(anna))
    owner.execute("UPDATE sign_in_sessions SET confirmed = now()")
    fields = {"old": PASSWORD, "new": "a better long one", "again": "a better long one"}
    answer = anna.post("/settings/security/password", "/settings/security", **fields)
    assert answer.location == "/settings/security?done=password"
    assert not any(is_in(with_token(app, value)) for value in old)
    assert is_in(anna)
    assert owner.execute("SELECT count(*) FROM sign_in_sessions").fetchone() == (1,)
    events = owner.execute("SELECT event FROM audit_trail ORDER BY id").fetchall()
    assert events == [("signed in",), ("password changed",)]
    pass_time("2 days")
    assert is_in(anna)


def test_signing_out_ends_all_tokens_of_the_device(
    anna: Browser, app: Flask, pass_time: Callable[[str], None], owner: Connection
) -> None:
    old = token(anna)
    pass_time("25 hours")
    assert is_in(anna)
    anna.post("/sign-out", page=PAGE)
    assert not is_in(with_token(app, old))
    assert owner.execute("SELECT count(*) FROM sign_in_tokens").fetchone() == (0,)
