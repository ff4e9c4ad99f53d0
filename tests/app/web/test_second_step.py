"""The second step of a sign-in: an authenticator app, and recovery codes."""

import html
import re
from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from spotkeeper.db.connection import Connection
from werkzeug.test import TestResponse

from tests.app.web.browser import PASSWORD, Browser

SECURITY = "/settings/security"
APP = f"{SECURITY}/app"


class Clock:
    """That of the dashboard, which stands until the test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_010.0

    def time(self) -> float:
        return self.now


class Phone:
    """An authenticator app, by the same clock."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self.totp = pyotp.TOTP(secret)
        self.clock = clock

    def code(self) -> str:
        """The next one that was not shown yet."""
        self.clock.now += 30
        return self.at(0)

    def at(self, steps: int) -> str:
        return self.totp.at(int(self.clock.now) + 30 * steps)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("spotkeeper.web.account.sign_in.time", clock)
    return clock


def secret_on(page: TestResponse) -> str:
    found = re.search(r"otpauth://totp/[^\"]+", html.unescape(page.text))
    assert found, page.text
    assert "issuer=Spotkeeper" in found[0]
    secret = re.search(r"secret=([A-Z2-7]{32})", found[0])
    assert secret
    return secret[1]


def codes_on(page: TestResponse) -> list[str]:
    return re.findall(r"<li><code>([a-z0-9-]{11})</code>", page.text)


@pytest.fixture
def phone(anna: Browser, clock: Clock) -> Phone:
    """Set up for anna, who is signed in, a while ago."""
    phone = Phone(secret_on(anna.get(APP)), clock)
    page = anna.post(APP, code=phone.code())
    assert "Your app is set up" in page.text
    assert "Signing in asks for a second step. 10 recovery codes left." in page.text
    clock.now += 300
    return phone


@pytest.fixture
def codes(anna: Browser, phone: Phone) -> list[str]:
    """Anna's recovery codes."""
    return codes_on(anna.post(f"{SECURITY}/codes", SECURITY))


def second_step(browser: Browser, code: str) -> TestResponse:
    return browser.post("/sign-in/second", code=code)


def is_in(browser: Browser) -> bool:
    return browser.get(SECURITY).status_code == 200


def test_the_app_is_asked_for_from_the_next_sign_in_on(anna: Browser, phone: Phone, app: Flask) -> None:
    browser = Browser(app)
    answer = browser.sign_in(next="/settings")
    assert answer.location == "/sign-in/second?next=/settings"
    assert not is_in(browser)
    assert "__Host-device=" not in str(answer.headers)
    answer = browser.post("/sign-in/second", code=phone.code(), next="/settings")
    assert (answer.status_code, answer.location) == (302, "/settings")
    assert is_in(browser)
    assert is_in(anna), "who was signed in stays so"


def test_nothing_is_in_force_before_a_code_has_shown_that_the_phone_has_it(anna: Browser, app: Flask) -> None:
    secret = secret_on(anna.get(APP))
    wrong = anna.post(APP, code="000000")
    assert wrong.status_code == 400
    assert "not the code of now" in wrong.text
    assert secret_on(wrong) == secret, "the app has it already"
    assert Browser(app).sign_in().location == "/"


def test_a_secret_that_was_not_confirmed_for_an_hour_is_made_anew(
    anna: Browser, owner: Connection, clock: Clock
) -> None:
    secret = secret_on(anna.get(APP))
    owner.execute("UPDATE totp SET made = made - interval '61 minutes'")
    answer = anna.post(APP, code=Phone(secret, clock).code())
    assert answer.status_code == 400
    assert secret_on(answer) != secret


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_phone_whose_clock_is_half_a_minute_off_is_let_in(phone: Phone, app: Flask, steps: int) -> None:
    browser = Browser(app)
    browser.sign_in()
    assert second_step(browser, phone.at(steps)).status_code == 302


@pytest.mark.parametrize("steps", [-2, 2])
def test_codes_of_another_time_are_not(phone: Phone, app: Flask, steps: int) -> None:
    browser = Browser(app)
    browser.sign_in()
    assert second_step(browser, phone.at(steps)).status_code == 401


def test_no_code_is_taken_twice_nor_one_before_it(phone: Phone, app: Flask) -> None:
    before, code = phone.at(-1), phone.at(0)
    first, second = Browser(app), Browser(app, "192.0.2.9")
    first.sign_in()
    second.sign_in()
    assert second_step(first, code).status_code == 302
    assert second_step(second, code).status_code == 401
    assert second_step(second, before).status_code == 401


@pytest.mark.parametrize(
    "code", ["", "12345", "1234567", "abc def", "000000", "x" * 33, "\0", "١٢٣٤٥٦", "''--"]
)
def test_what_is_no_code_lets_nobody_in(phone: Phone, app: Flask, code: str) -> None:
    browser = Browser(app)
    browser.sign_in()
    assert second_step(browser, code).status_code in (400, 401)
    assert not is_in(browser)


def test_without_the_password_the_second_step_is_not_reached(phone: Phone, app: Flask) -> None:
    browser = Browser(app)
    browser.sign_in(password="wrong password")
    assert browser.get("/sign-in/second").location.startswith("/sign-in?")
    page = browser.get("/sign-in").text
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert token
    answer = browser.send("POST", "/sign-in/second", data={"csrf_token": token[1], "code": phone.code()})
    assert answer.location.startswith("/sign-in?")
    assert not is_in(browser)


def test_ten_minutes_after_the_password_it_is_asked_for_again(phone: Phone, app: Flask, clock: Clock) -> None:
    browser = Browser(app)
    browser.sign_in()
    clock.now += 601
    assert browser.get("/sign-in/second").location.startswith("/sign-in?")


def test_a_new_password_ends_what_was_half_done(phone: Phone, app: Flask, owner: Connection) -> None:
    browser = Browser(app)
    browser.sign_in()
    owner.execute("UPDATE users SET password_hash = '$argon2id$other'")
    assert browser.get("/sign-in/second").status_code == 302


def test_the_secret_is_not_readable_in_the_database(anna: Browser, owner: Connection) -> None:
    secret = secret_on(anna.get(APP))
    [(kept, row)] = owner.execute("SELECT secret, totp::text FROM totp").fetchall()
    assert secret.encode() not in kept
    assert secret not in row
    assert pyotp.TOTP(secret).byte_secret() not in kept


def test_a_secret_of_another_user_s_row_is_worth_nothing(
    anna: Browser, phone: Phone, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("bert")
    owner.execute(
        "INSERT INTO totp (user_id, secret, confirmed)"
        " SELECT users.id, totp.secret, now() FROM users, totp WHERE name = 'bert'"
    )
    bert = Browser(app)
    bert.sign_in("bert")
    assert second_step(bert, phone.code()).status_code == 401


def test_there_are_ten_recovery_codes_each_good_once(codes: list[str], app: Flask, owner: Connection) -> None:
    assert len(set(codes)) == 10
    for spelling in (codes[0], codes[1].upper().replace("-", " ")):
        browser = Browser(app)
        browser.sign_in()
        assert second_step(browser, spelling).status_code == 302
        again = Browser(app)
        again.sign_in()
        assert second_step(again, spelling).status_code == 401
    assert owner.execute("SELECT count(*) FROM recovery_codes WHERE used IS NULL").fetchone() == (8,)
    assert "8 recovery codes left" in browser.get(SECURITY).text
    kept = owner.execute("SELECT string_agg(recovery_codes::text, '') FROM recovery_codes").fetchone()
    assert kept
    assert codes[0] not in kept[0]
    assert codes[0].encode().hex() not in kept[0]


def test_the_first_codes_come_with_the_app_and_new_ones_end_them(
    anna: Browser, app: Flask, clock: Clock
) -> None:
    phone = Phone(secret_on(anna.get(APP)), clock)
    first = codes_on(anna.post(APP, code=phone.code()))
    assert len(first) == 10
    assert codes_on(anna.get(SECURITY)) == [], "they are shown once"
    second = codes_on(anna.post(f"{SECURITY}/codes", SECURITY))
    assert not set(first) & set(second)
    browser = Browser(app)
    browser.sign_in()
    assert second_step(browser, first[0]).status_code == 401
    assert second_step(browser, second[0]).status_code == 302


def test_the_app_can_be_removed_and_its_codes_go_with_it(
    anna: Browser, phone: Phone, app: Flask, owner: Connection
) -> None:
    anna.post(f"{SECURITY}/app/remove", SECURITY)
    assert Browser(app).sign_in().location == "/"
    assert owner.execute("SELECT count(*) FROM recovery_codes").fetchone() == (0,)
    assert anna.post(f"{SECURITY}/codes", SECURITY).status_code == 400


def test_a_right_password_does_not_forgive_wrong_codes(phone: Phone, app: Flask) -> None:
    guesser = Browser(app, "198.51.100.1")
    statuses = []
    for _ in range(4):
        statuses.append(guesser.sign_in().status_code)
        if statuses[-1] == 302:
            statuses.append(second_step(guesser, "000000").status_code)
    assert statuses[:5] == [302, 401, 302, 401, 302]
    assert set(statuses[5:]) == {429}


class TestGuessing:
    """Somebody has the password and guesses codes."""

    def guess(self, app: Flask, owner: Connection, addresses: list[str], wanted: int) -> int:
        """How many are judged before they are refused for the day; it waits whenever it is told to."""
        judged = 0
        for number in range(wanted):
            guesser = Browser(app, addresses[number % len(addresses)])
            while (answer := guesser.sign_in()).status_code == 429:
                self.wait(owner, answer)
            while (answer := second_step(guesser, "000000")).status_code == 429:
                if int(answer.headers["Retry-After"]) > 3600:
                    return judged
                self.wait(owner, answer)
            judged += 1
        return judged

    @staticmethod
    def wait(owner: Connection, answer: TestResponse) -> None:
        owner.execute(
            "UPDATE sign_in_attempts SET time = time - make_interval(secs => %s)",
            [int(answer.headers["Retry-After"])],
        )

    def test_ten_a_day_from_everywhere_together(self, phone: Phone, app: Flask, owner: Connection) -> None:
        addresses = [f"198.51.100.{number}" for number in range(1, 8)]
        assert self.guess(app, owner, addresses, 14) == 10

    def test_where_one_has_signed_in_before_one_is_not_shut_out_by_it(
        self, phone: Phone, app: Flask, owner: Connection
    ) -> None:
        self.guess(app, owner, [f"198.51.100.{number}" for number in range(1, 8)], 14)
        anna = Browser(app)
        anna.sign_in()
        assert second_step(anna, phone.code()).status_code == 302

    def test_there_it_is_ten_a_day_too(self, phone: Phone, app: Flask, owner: Connection) -> None:
        assert self.guess(app, owner, ["192.0.2.1"], 14) == 10

    def test_a_recovery_code_still_helps(self, codes: list[str], app: Flask, owner: Connection) -> None:
        self.guess(app, owner, [f"198.51.100.{number}" for number in range(1, 8)], 14)
        owner.execute("UPDATE sign_in_attempts SET time = time - interval '1 hour'")
        anna = Browser(app, "203.0.113.5")
        anna.sign_in()
        refused = second_step(anna, "000000")
        assert refused.status_code == 429
        assert "Use a recovery code" in refused.text
        assert second_step(anna, codes[3]).status_code == 302

    def test_nobody_else_is_shut_out(
        self, phone: Phone, app: Flask, owner: Connection, add_user: Callable[..., None]
    ) -> None:
        add_user("bert")
        self.guess(app, owner, ["198.51.100.1"], 14)
        assert Browser(app, "203.0.113.5").sign_in("bert").status_code == 302


@pytest.mark.parametrize("path", ["app", "app/remove", "codes", "password", "passkeys", "passkeys/remove"])
def test_all_of_it_asks_for_the_password_an_hour_after_it_was_given(
    anna: Browser, owner: Connection, path: str
) -> None:
    owner.execute("UPDATE sign_in_sessions SET confirmed = now() - interval '61 minutes'")
    assert anna.get(SECURITY).location == f"/confirm?next={SECURITY}"
    answer = anna.post(f"{SECURITY}/{path}", "/settings", new="another good one", code="000000")
    assert answer.location == f"/confirm?next={SECURITY}?late%3Dyes&late=yes"
    assert anna.post("/confirm", password="wrong password").status_code == 401
    assert anna.post("/confirm", password=PASSWORD, next=SECURITY).location == SECURITY
    assert is_in(anna)


def test_guessing_at_that_question_is_slowed_down(anna: Browser) -> None:
    statuses = [anna.post("/confirm", password="wrong password").status_code for _ in range(7)]
    assert statuses[:5] == [401] * 5
    assert statuses[5:] == [429] * 2


def test_a_password_is_changed_with_the_old_one_and_other_devices_are_out(anna: Browser, app: Flask) -> None:
    other = Browser(app)
    other.sign_in()
    fields = {"old": PASSWORD, "new": "another good one", "again": "another good one"}
    answer = anna.post(f"{SECURITY}/password", SECURITY, **fields)
    assert "You have a new password" in anna.get(answer.location).text
    assert is_in(anna)
    assert not is_in(other)
    assert Browser(app, "192.0.2.9").sign_in().status_code == 401
    assert Browser(app, "192.0.2.9").sign_in(password="another good one").status_code == 302


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"old": "wrong password"}, "That is not your password."),
        ({"new": "short", "again": "short"}, "A password has 10 to 200 characters, this one has 5."),
        ({"new": "tab\tin the midst", "again": "tab\tin the midst"}, "printable characters"),
        ({"again": "another one"}, "The two are not the same."),
        ({"old": ""}, "Give the password you have now."),
    ],
)
def test_a_password_that_cannot_be_is_named_and_nothing_changes(
    anna: Browser, app: Flask, given: dict[str, str], sentence: str
) -> None:
    fields = {"old": PASSWORD, "new": "another good one", "again": "another good one"} | given
    answer = anna.post(f"{SECURITY}/password", SECURITY, **fields)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert Browser(app).sign_in().status_code == 302


def test_a_viewer_changes_nothing_of_it(browser: Browser, add_user: Callable[..., None]) -> None:
    add_user("anna", "viewer")
    browser.sign_in()
    assert browser.get(SECURITY).status_code == 403
    assert browser.get(APP).status_code == 403
    assert browser.post(f"{SECURITY}/password", "/confirm", old=PASSWORD).status_code == 403


def test_the_picture_has_no_style_that_the_policy_would_refuse(anna: Browser) -> None:
    page = anna.get(APP).text
    assert "<svg" in page
    assert "style=" not in page
    assert "<style" not in page


def test_it_stands_in_the_trail(anna: Browser, phone: Phone, owner: Connection) -> None:
    events = [event for (event,) in owner.execute("SELECT event FROM audit_trail ORDER BY id")]
    assert events == ["signed in", "second step on", "recovery codes made"]
