"""The owners' pages of the users and of the audit trail."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection

from tests.app.web.browser import PASSWORD, Browser

OWNERS = ("/users", "/audit", "/station")


@pytest.fixture
def olga(browser: Browser, add_user: Callable[..., None]) -> Browser:
    """The owner, signed in."""
    add_user("olga", "owner")
    assert browser.sign_in("olga").status_code == 302
    return browser


def role_of(owner: Connection, name: str) -> str | None:
    row = owner.execute("SELECT role FROM users WHERE name = %s", [name]).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize("role", ["viewer", "user"])
def test_nobody_else_reaches_any_address_of_the_owners(
    app: Flask, browser: Browser, add_user: Callable[..., None], owner: Connection, role: str
) -> None:
    add_user("olga", "owner")
    add_user("anna", role)
    browser.sign_in()
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.get("/confirm").text)
    assert token
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(OWNERS)]
    assert {rule.rule for rule in rules} >= {
        "/users",
        "/users/role",
        "/users/remove",
        "/users/invite",
        "/audit",
    }
    fields = {"csrf_token": token[1], "name": "olga", "role": "viewer", "days": "7", "id": "1"}
    for rule in rules:
        for method in sorted(rule.methods & {"GET", "POST"}):  # type: ignore[operator]
            answer = browser.send(method, rule.rule, data=fields if method == "POST" else None)
            assert answer.status_code == 403, (method, rule.rule)
            assert "olga" not in answer.text
    assert browser.get("/auth/check?role=owner").status_code == 403
    assert role_of(owner, "olga") == "owner"


def test_everybody_stands_there_with_what_they_have(
    olga: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("anna")
    add_user("vera", "viewer")
    for _ in range(2):
        Browser(app).sign_in("anna")
    owner.execute(
        "INSERT INTO totp (user_id, secret, confirmed) SELECT id, '', now() FROM users WHERE name = 'anna'"
    )
    page = olga.get("/users").text
    people = re.findall(r'<p class="name"><strong>(\w+)</strong>.*?<p class="role">(\w+)</p>', page, re.S)
    assert people == [("anna", "user"), ("olga", "owner"), ("vera", "viewer")]
    seen = re.findall(r'class="hint seen">([^<]+)<', page)
    assert seen == ["Last seen just now, 2 devices", "Last seen just now, 1 device", "Never seen, 0 devices"]
    steps = re.findall(r'class="hint step">([^<]+)<', page)
    assert steps == ["Second step on", "Password alone", "Password alone"]


def test_a_role_holds_from_the_next_request_on(
    olga: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("anna")
    anna = Browser(app)
    anna.sign_in()
    olga.post("/users/role", "/users", name="anna", role="viewer")
    assert anna.get("/settings").status_code == 403
    olga.post("/users/role", "/users", name="anna", role="owner")
    assert anna.get("/users").status_code == 200
    trail = owner.execute(
        "SELECT actor, subject, detail FROM audit_trail WHERE event = 'role changed' ORDER BY id"
    )
    assert trail.fetchall() == [("olga", "anna", "user to viewer"), ("olga", "anna", "viewer to owner")]


def test_who_is_removed_is_out_at_once_with_all_that_is_theirs(
    olga: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("anna")
    anna = Browser(app)
    anna.sign_in()
    anna.post("/settings/tokens", name="logger", scopes="read", days="")
    olga.post("/users/remove", "/users", name="anna")
    assert anna.get("/auth/check").status_code == 401
    assert role_of(owner, "anna") is None
    for table in ("sign_in_tokens", "tokens"):
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (int(table == "sign_in_tokens"),)


def test_signing_out_everywhere_ends_programs_too(
    olga: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("anna")
    anna = Browser(app)
    anna.sign_in()
    anna.post("/settings/tokens", name="logger", scopes="read", days="")
    olga.post("/users/sign-out", "/users", name="anna")
    assert anna.get("/auth/check").status_code == 401
    assert owner.execute("SELECT count(*) FROM tokens WHERE revoked IS NULL").fetchone() == (0,)
    olga.post("/users/sign-out", "/users", name="olga")
    assert olga.get("/users").status_code == 200, "the owner stays in here"


def test_the_devices_of_somebody_are_seen_and_one_is_signed_out(
    olga: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("anna")
    anna = Browser(app, "198.51.100.7")
    anna.sign_in()
    owner.execute("UPDATE sign_in_sessions SET last_seen = now() - interval '3 hours'")
    phone = Browser(app, "203.0.113.9")
    phone.sign_in()
    devices = re.search(r'href="(/users/devices\?name=anna)"', olga.get("/users").text)
    assert devices
    page = olga.get(devices[1]).text
    assert "Devices of anna" in page
    assert re.findall(r"Last seen ([^,]+),", page) == [
        "just now from 203.0.113.*",
        "3 h ago from 198.51.100.*",
    ]
    numbers = re.findall(r'name="id" value="(\d+)"', page)
    answer = olga.post("/users/devices/sign-out", devices[1], name="anna", id=numbers[0])
    page = olga.get(answer.location).text
    assert "The device is signed out." in page
    assert re.findall(r'name="id" value="(\d+)"', page) == numbers[1:]
    assert phone.get("/auth/check").status_code == 401
    assert anna.get("/auth/check").status_code == 204
    trail = owner.execute(
        "SELECT event, actor, subject, detail FROM audit_trail ORDER BY id DESC LIMIT 1"
    ).fetchone()
    assert trail == ("device signed out", "olga", "anna", "Test")


def test_one_s_own_device_is_marked_and_somebody_may_have_none(
    olga: Browser, add_user: Callable[..., None]
) -> None:
    add_user("vera", "viewer")
    own = olga.get("/users/devices?name=olga").text
    assert "this device" in own
    assert 'name="id"' not in own
    assert "vera is signed in nowhere." in olga.get("/users/devices?name=vera").text


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 30, "\0", "own"])
def test_a_device_that_is_not_theirs_is_not_signed_out(
    olga: Browser, add_user: Callable[..., None], owner: Connection, number: str
) -> None:
    add_user("anna")
    [(own,)] = owner.execute("SELECT id FROM sign_in_sessions").fetchall()
    fields = {"name": "anna", "id": str(own) if number == "own" else number}
    answer = olga.post("/users/devices/sign-out", "/users", **fields)
    assert answer.location == "/users/devices?name=anna"
    assert olga.get("/auth/check").status_code == 204


def test_the_second_step_is_taken_away(
    olga: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("anna")
    owner.execute(
        "INSERT INTO totp (user_id, secret, confirmed) SELECT id, '', now() FROM users WHERE name = 'anna'"
    )
    assert Browser(app).sign_in().location.startswith("/sign-in/second")
    olga.post("/users/reset", "/users", name="anna")
    assert Browser(app).sign_in().location == "/"
    assert owner.execute("SELECT count(*) FROM audit_trail WHERE event = 'second step reset'").fetchone() == (
        1,
    )


@pytest.mark.parametrize(("path", "role"), [("role", "user"), ("role", "viewer"), ("remove", "")])
def test_the_last_owner_stays(olga: Browser, owner: Connection, path: str, role: str) -> None:
    answer = olga.post(f"/users/{path}", "/users", name="olga", role=role)
    assert answer.status_code == 409
    assert "This is the last owner" in answer.text
    assert role_of(owner, "olga") == "owner"


def test_two_owners_who_remove_each_other_at_the_same_time_do_not_both_go(
    olga: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    add_user("otto", "owner")
    otto = Browser(app)
    otto.sign_in("otto")
    with ThreadPoolExecutor(2) as pool:
        pool.submit(olga.post, "/users/remove", "/users", name="otto")
        pool.submit(otto.post, "/users/role", "/users", name="olga", role="user")
    assert owner.execute("SELECT count(*) FROM users WHERE role = 'owner'").fetchone() == (1,)


def test_the_password_is_asked_for_before_a_form_is_filled_in(olga: Browser, owner: Connection) -> None:
    owner.execute("UPDATE sign_in_sessions SET confirmed = now() - interval '61 minutes'")
    for page in ("/users", "/users/devices?name=olga"):
        assert olga.get(page).location == "/confirm?next=/users"
    assert "Nothing was done" not in olga.get("/confirm?next=/users").text
    assert olga.get("/audit").status_code == 200
    assert olga.post("/confirm", password=PASSWORD, next="/users").location == "/users"
    assert "Nothing was done" not in olga.get("/users").text


@pytest.mark.parametrize(
    "path", ["role", "remove", "reset", "sign-out", "devices/sign-out", "invite", "uninvite"]
)
def test_a_change_that_comes_too_late_is_not_made_and_says_so(
    olga: Browser, add_user: Callable[..., None], owner: Connection, path: str
) -> None:
    add_user("anna")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', olga.get("/users").text)
    assert token
    owner.execute("UPDATE sign_in_sessions SET confirmed = now() - interval '61 minutes'")
    fields = {"csrf_token": token[1], "name": "anna", "role": "owner", "days": "7", "id": "1"}
    question = olga.send("POST", f"/users/{path}", data=fields).location
    assert role_of(owner, "anna") == "user"
    page = olga.get(question).text
    assert "Nothing was done yet" in page
    back = re.search(r'name="next" value="([^"]+)"', page)
    assert back
    answer = olga.post("/confirm", question, password=PASSWORD, next=back[1])
    assert answer.location == "/users?late=yes"
    assert "Nothing was done yet" in olga.get(answer.location).text


@pytest.mark.parametrize("name", ["nobody", "", "\0", "Anna", "x" * 5000, "'; DROP TABLE users; --"])
def test_somebody_who_is_not_there(olga: Browser, name: str) -> None:
    assert olga.get(f"/users/devices?name={quote(name)}").status_code == 404
    for path in ("role", "remove", "reset", "sign-out", "devices/sign-out"):
        assert olga.post(f"/users/{path}", "/users", name=name, role="user").status_code == 404


@pytest.mark.parametrize("role", ["", "admin", "\0", "OWNER"])
def test_a_role_that_is_none(
    olga: Browser, add_user: Callable[..., None], owner: Connection, role: str
) -> None:
    add_user("anna")
    assert olga.post("/users/role", "/users", name="anna", role=role).status_code == 400
    assert role_of(owner, "anna") == "user"


class TestAuditTrail:
    def test_it_says_who_did_what_to_whom_and_from_where(
        self, olga: Browser, add_user: Callable[..., None], app: Flask
    ) -> None:
        add_user("anna")
        Browser(app, "198.51.100.4").sign_in("anna", "wrong password")
        Browser(app, "198.51.100.4").sign_in("anna")
        olga.post("/users/role", "/users", name="anna", role="viewer")
        rows = re.findall(r"<tr>(.*?)</tr>", olga.get("/audit").text, re.S)
        shown = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
        assert shown[1].endswith("olga 192.0.2.1 Role changed: anna, user to viewer")
        assert shown[2].endswith("anna 198.51.100.4 Signed in: after 1 that failed")
        assert shown[3].endswith("olga 192.0.2.1 Signed in")

    def test_who_signs_out_stands_there(self, anna: Browser, owner: Connection) -> None:
        anna.post("/sign-out", "/settings")
        trail = owner.execute("SELECT event, actor, subject, host(address) FROM audit_trail ORDER BY id")
        assert trail.fetchall() == [
            ("signed in", "anna", "anna", "192.0.2.1"),
            ("signed out", "anna", "anna", "192.0.2.1"),
        ]

    def test_a_network_is_shown_as_one(self, olga: Browser, app: Flask) -> None:
        home = Browser(app, "2001:db8:7:8::1")
        home.sign_in("olga")
        Browser(app, "2001:db8:7:9::1").sign_in("olga", "wrong password")
        shown = re.findall(r'class="from">([^<]+)<', olga.get("/audit").text)
        assert shown == ["2001:db8:7:9::/64", "2001:db8:7:8::/64", "192.0.2.1"]

    def test_failures_are_summed_up(self, olga: Browser, add_user: Callable[..., None], app: Flask) -> None:
        add_user("anna")
        for _ in range(3):
            Browser(app, "198.51.100.4").sign_in("anna", "wrong password")
        page = olga.get("/audit").text
        assert "Wrong name or password, 3 times" in page
        assert page.count("198.51.100.4") == 1

    def test_a_password_that_somebody_knows_is_told_whatever_else_fails(
        self, olga: Browser, owner: Connection
    ) -> None:
        owner.execute(
            "INSERT INTO sign_in_attempts (name, success, second, time) VALUES"
            " ('bert', false, true, now() - interval '29 days')"
        )
        owner.execute(
            "INSERT INTO sign_in_attempts (name, success)"
            " SELECT 'name' || n, false FROM generate_series(1, 60) n"
        )
        assert "Somebody may know the password." in olga.get("/audit").text

    def test_old_pages_are_reached(self, olga: Browser, owner: Connection) -> None:
        owner.execute(
            "INSERT INTO audit_trail (event, detail)"
            " SELECT 'signed in', 'number ' || n FROM generate_series(1, 250) n"
        )
        page = olga.get("/audit").text
        seen = re.findall(r"number (\d+)<", page)
        while older := re.search(r'href="(/audit\?before=\d+)"', page):
            page = olga.get(older[1]).text
            seen += re.findall(r"number (\d+)<", page)
        assert seen == [str(number) for number in range(250, 0, -1)]

    @pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "%00", "1.5"])
    def test_a_number_that_is_none(self, olga: Browser, before: str) -> None:
        assert olga.get(f"/audit?before={before}").status_code == 400

    def test_hostile_names_are_only_shown(self, olga: Browser, app: Flask) -> None:
        Browser(app).sign_in("<script>alert(1)</script>", "wrong password")
        page = olga.get("/audit").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_the_dashboard_can_change_nothing_of_it(self, login: Callable[[str], Connection]) -> None:
        import psycopg

        dashboard = login("dashboard")
        dashboard.execute("INSERT INTO audit_trail (event) VALUES ('signed in')")
        for statement in (
            "UPDATE audit_trail SET detail = ''",
            "DELETE FROM audit_trail",
            "TRUNCATE audit_trail",
            "INSERT INTO audit_trail (event, time) VALUES ('signed in', '2001-01-01')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                dashboard.execute(statement)
