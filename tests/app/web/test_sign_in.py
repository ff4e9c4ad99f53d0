"""Signing in and out, and who is slowed down."""

import re
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from spotkeeper.db import accounts
from spotkeeper.db.connection import Connection
from werkzeug.test import TestResponse

from tests.app.web.browser import PASSWORD, Browser

COOKIE = "__Host-device"


def device_cookie(response: TestResponse) -> str:
    (cookie,) = [each for each in response.headers.getlist("Set-Cookie") if each.startswith(COOKIE + "=")]
    return cookie


def is_in(browser: Browser) -> bool:
    return browser.get("/").status_code == 200


def test_who_signs_in_sees_the_page_asked_for(browser: Browser, add_user: Callable[..., None]) -> None:
    add_user()
    asked = browser.get("/settings?saved=yes")
    assert asked.status_code == 302
    assert asked.location == "/sign-in?next=/settings?saved%3Dyes"
    signed_in = browser.sign_in(next="/settings?saved=yes")
    assert (signed_in.status_code, signed_in.location) == (302, "/settings?saved=yes")
    assert browser.get("/settings").status_code == 200


@pytest.mark.parametrize("name", ["Anna", " anna "])
def test_a_phone_that_writes_names_with_a_capital_is_let_in(
    browser: Browser, add_user: Callable[..., None], name: str
) -> None:
    add_user("anna")
    assert browser.sign_in(name).status_code == 302


@pytest.mark.parametrize(
    ("name", "password", "status"),
    [
        ("anna", "not the password", 401),
        ("nobody", PASSWORD, 401),
        ("", PASSWORD, 400),
        ("anna", "", 400),
        ("a" * 33, PASSWORD, 400),
        ("anna", "x" * 201, 400),
        ("an\0na", PASSWORD, 401),
        ("anna", "\0", 401),
        ("\N{PILE OF POO}", PASSWORD, 401),
    ],
)
def test_all_others_stay_outside(
    browser: Browser, add_user: Callable[..., None], name: str, password: str, status: int
) -> None:
    add_user("anna")
    answer = browser.sign_in(name, password)
    assert answer.status_code == status
    assert COOKIE + "=" not in str(answer.headers)
    assert not is_in(browser)


def test_the_answer_does_not_tell_which_names_exist(browser: Browser, add_user: Callable[..., None]) -> None:
    add_user("anna")
    known, unknown = browser.sign_in("anna", "wrong password"), browser.sign_in("zoe", "wrong password")

    def visible(answer: TestResponse) -> str:
        return re.sub(r'(value|data-made)="[^"]*"', "", answer.text)

    assert visible(known) == visible(unknown)


def test_an_unknown_name_takes_the_same_work(app: Flask, add_user: Callable[..., None]) -> None:
    add_user("anna")

    def seconds(name: str, number: int) -> float:
        browser = Browser(app, f"192.0.2.{number}")
        browser.get("/sign-in")
        before = time.thread_time()
        browser.sign_in(name, "wrong password")
        return time.thread_time() - before

    known = statistics.median(seconds("anna", number) for number in range(10, 15))
    unknown = statistics.median(seconds("zoe", number) for number in range(20, 25))
    assert 0.5 < unknown / known < 2


def test_the_cookie_lasts_400_days_and_is_bound_to_this_host(
    browser: Browser, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user()
    attributes = set(device_cookie(browser.sign_in()).split("; ")[1:])
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", f"Max-Age={400 * 86400}"} <= attributes
    assert not any(attribute.startswith("Domain") for attribute in attributes)
    (left,) = owner.execute("SELECT expires - now() FROM sign_in_sessions").fetchone() or ()
    assert timedelta(days=399) < left <= timedelta(days=400)


def test_only_the_hash_of_the_token_is_stored(
    browser: Browser, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user()
    token = device_cookie(browser.sign_in()).split(";")[0].removeprefix(COOKIE + "=")
    (row,) = owner.execute("SELECT sign_in_tokens::text FROM sign_in_tokens").fetchone() or ()
    assert token not in row
    assert token.encode().hex() not in row


def test_a_token_planted_before_the_sign_in_is_worth_nothing_after(
    app: Flask, browser: Browser, add_user: Callable[..., None]
) -> None:
    add_user()
    for planted in ("planted", "ü", "x" * 1000):
        browser.client.set_cookie(COOKIE, planted, domain="proxy")
        assert browser.sign_in().status_code == 302
        attacker = Browser(app)
        attacker.client.set_cookie(COOKIE, planted, domain="proxy")
        assert not is_in(attacker)
        browser.post("/sign-out", page="/")


def test_signing_in_again_replaces_the_device(anna: Browser, app: Flask, owner: Connection) -> None:
    old = anna.client.get_cookie(COOKIE, domain="proxy")
    assert old
    browser = Browser(app)
    browser.get("/sign-in")
    form = browser.get("/sign-in").text
    browser.client.set_cookie(COOKIE, old.value, domain="proxy")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', form)
    assert token
    again = browser.send(
        "POST", "/sign-in", data={"csrf_token": token[1], "name": "anna", "password": PASSWORD}
    )
    assert again.status_code == 302
    assert not is_in(anna)
    assert owner.execute("SELECT count(*) FROM sign_in_sessions").fetchone() == (1,)


def test_signing_out_ends_the_session_at_the_server(anna: Browser, app: Flask) -> None:
    stolen = anna.client.get_cookie(COOKIE, domain="proxy")
    assert stolen
    assert anna.post("/sign-out", page="/").location == "/sign-in"
    thief = Browser(app)
    thief.client.set_cookie(COOKIE, stolen.value, domain="proxy")
    assert not is_in(thief)
    assert not is_in(anna)


def test_other_devices_can_be_signed_out(anna: Browser, app: Flask, add_user: Callable[..., None]) -> None:
    add_user("bert")
    phone, bert = Browser(app), Browser(app)
    phone.sign_in("anna")
    bert.sign_in("bert")
    anna.post("/sign-out-elsewhere", page="/settings/devices")
    assert [is_in(anna), is_in(phone), is_in(bert)] == [True, False, True]


def test_a_new_password_signs_all_devices_out(anna: Browser, owner: Connection) -> None:
    assert accounts.change_password(owner, "anna", "$argon2id$other")
    assert not is_in(anna)


def test_a_session_ends_after_its_time(anna: Browser, owner: Connection) -> None:
    owner.execute("UPDATE sign_in_sessions SET expires = now() - interval '1 second'")
    assert not is_in(anna)


def test_a_device_in_use_stays_signed_in(anna: Browser, owner: Connection) -> None:
    owner.execute("UPDATE sign_in_sessions SET last_seen = now() - '2 days'::interval, expires = 'tomorrow'")
    anna.get("/auth/check")
    query = "SELECT (expires - now())::text, (now() - last_seen)::text FROM sign_in_sessions"
    left, seen = owner.execute(query).fetchone() or ("", "")
    assert left.startswith(("400 days", "399 days"))
    assert seen.startswith("00:00")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.test/", "//evil.test/", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "x", "",
        "//[", "http://[x", "/\t/evil.test", "/x\r\nSet-Cookie: y", "/\0",
    ],
)  # fmt: skip
def test_nobody_is_sent_to_another_site(browser: Browser, add_user: Callable[..., None], target: str) -> None:
    add_user()
    for path in ("/sign-in", "/sign-in/second"):
        assert browser.get(f"{path}?next={quote(target)}").status_code < 400
    assert browser.sign_in(next=target).location == "/"


def test_a_form_of_another_site_changes_nothing(app: Flask, anna: Browser, owner: Connection) -> None:
    fields = {"name": "anna", "password": PASSWORD, "role": "owner", "id": "1", "csrf_token": "made up"}
    paths = [rule.rule.replace("<token>", "x") for rule in app.url_map.iter_rules() if "POST" in rule.methods]
    assert "/settings/security/password" in paths
    for path in paths:
        for data in (fields, {}):
            assert anna.send("POST", path, data=data).status_code in (400, 405), path
    assert is_in(anna)
    assert owner.execute("SELECT count(*) FROM user_settings").fetchone() == (0,)


def test_an_old_hash_is_renewed_at_the_next_sign_in(browser: Browser, owner: Connection) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    accounts.create_user(owner, "anna", old, "user")
    assert browser.sign_in().status_code == 302
    (new,) = owner.execute("SELECT password_hash FROM users").fetchone() or ()
    assert "m=19456,t=2,p=1" in new
    browser.post("/sign-out", page="/")
    assert browser.sign_in().status_code == 302


class TestGuessing:
    """Names anna (the victim) and bert (somebody else); what is measured is who is refused."""

    @pytest.fixture(autouse=True)
    def _users(self, add_user: Callable[..., None]) -> None:
        add_user("anna")
        add_user("bert")

    def test_the_sixth_wrong_password_makes_one_wait(self, app: Flask) -> None:
        guesser = Browser(app)
        assert [guesser.sign_in("anna", "wrong password").status_code for _ in range(5)] == [401] * 5
        refused = guesser.sign_in("anna")
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) >= 1
        assert "Try again in" in refused.text

    def test_the_wait_doubles_and_then_it_goes_on(self, app: Flask, owner: Connection) -> None:
        guesser = Browser(app)
        waits = []
        for _ in range(10):
            answer = guesser.sign_in("anna", "wrong password")
            if answer.status_code == 429:
                waits.append(int(answer.headers["Retry-After"]))
                owner.execute(
                    "UPDATE sign_in_attempts SET time = time - make_interval(secs => %s)", [waits[-1]]
                )
        assert waits == [1, 2, 4]
        assert guesser.sign_in("anna").status_code == 302

    def test_nobody_else_is_shut_out(self, app: Flask) -> None:
        guesser = Browser(app, "198.51.100.1")
        for _ in range(6):
            guesser.sign_in("anna", "wrong password")
        assert Browser(app, "192.0.2.7").sign_in("anna").status_code == 302
        assert Browser(app, "198.51.100.1").sign_in("bert").status_code == 302

    def test_many_names_from_one_address_slow_it_down_but_not_who_lives_there(self, app: Flask) -> None:
        address = "198.51.100.1"
        assert Browser(app, address).sign_in("bert").status_code == 302
        for number in range(30):
            Browser(app, address).sign_in(f"user{number}", "wrong password")
        assert Browser(app, address).sign_in("anna").status_code == 429
        assert Browser(app, address).sign_in("bert").status_code == 302
        assert Browser(app, "192.0.2.7").sign_in("anna").status_code == 302

    def test_many_addresses_slow_one_name_down_but_not_where_its_owner_was_before(self, app: Flask) -> None:
        assert Browser(app, "192.0.2.7").sign_in("anna").status_code == 302
        for number in range(30):
            Browser(app, f"198.51.100.{number}").sign_in("anna", "wrong password")
        assert Browser(app, "198.51.100.99").sign_in("anna").status_code == 429
        assert Browser(app, "192.0.2.7").sign_in("anna").status_code == 302
        assert Browser(app, "198.51.100.99").sign_in("bert").status_code == 302

    def test_another_address_of_the_same_ipv6_network_does_not_help(self, app: Flask) -> None:
        for number in range(5):
            Browser(app, f"2001:db8:1:2::{number}").sign_in("anna", "wrong password")
        assert Browser(app, "2001:db8:1:2:ffff::1").sign_in("anna").status_code == 429
        assert Browser(app, "2001:db8:1:3::1").sign_in("anna").status_code == 302

    def test_guesses_sent_at_the_same_moment_are_counted_too(self, app: Flask) -> None:
        with ThreadPoolExecutor(8) as pool:
            guesses = [pool.submit(Browser(app).sign_in, "anna", "wrong password") for _ in range(24)]
            statuses = sorted(guess.result().status_code for guess in guesses)
        assert statuses.count(401) <= 6
        assert set(statuses) == {401, 429}
        assert statuses.count(429) >= 18

    def test_a_success_forgives(self, app: Flask) -> None:
        browser = Browser(app)
        for _ in range(3):
            for _ in range(4):
                assert browser.sign_in("anna", "wrong password").status_code == 401
            assert browser.sign_in("anna").status_code == 302
            browser.post("/sign-out", page="/")

    def test_waiting_a_quarter_of_an_hour_forgives(self, app: Flask, owner: Connection) -> None:
        browser = Browser(app)
        for _ in range(6):
            browser.sign_in("anna", "wrong password")
        owner.execute("UPDATE sign_in_attempts SET time = time - interval '15 minutes'")
        assert browser.sign_in("anna").status_code == 302

    def test_what_failed_while_the_clock_was_ahead_shuts_nobody_out(
        self, app: Flask, owner: Connection
    ) -> None:
        browser = Browser(app)
        for _ in range(6):
            browser.sign_in("anna", "wrong password")
        owner.execute("UPDATE sign_in_attempts SET time = time + interval '1 day'")
        assert browser.sign_in("anna").status_code == 302
