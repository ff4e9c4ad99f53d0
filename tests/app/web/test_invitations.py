"""Invitations: owners make a link, somebody makes an account with it, once."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from spotkeeper.db.connection import Connection

from tests.app.web.browser import Browser

FIELDS = {"name": "carol", "password": "a very good one", "again": "a very good one"}


@pytest.fixture
def olga(browser: Browser, add_user: Callable[..., None]) -> Browser:
    """The owner, signed in."""
    add_user("olga", "owner")
    assert browser.sign_in("olga").status_code == 302
    return browser


@pytest.fixture
def link(olga: Browser) -> str:
    """For a user, good for 7 days."""
    return invite(olga)


def invite(owner: Browser, role: str = "user", days: str = "7", hint: str = "") -> str:
    page = owner.post("/users/invite", "/users", role=role, days=days, hint=hint)
    found = re.search(r'class="secret">https://dashboard\.test(/invitation/[\w-]{43})<', page.text)
    assert found, page.text
    return found[1]


def role_of(owner: Connection, name: str) -> str | None:
    row = owner.execute("SELECT role FROM users WHERE name = %s", [name]).fetchone()
    return row[0] if row else None


def revoked(owner: Connection) -> list[tuple[str, str]]:
    """Who revoked what, as the trail has it; the time when it was made is cut off."""
    trail = owner.execute(
        "SELECT actor, detail FROM audit_trail WHERE event = 'invitation revoked' ORDER BY detail"
    ).fetchall()
    for _, detail in trail:
        assert re.search(r" \d{4}-\d\d-\d\d \d\d:\d\d$", detail)
    return [(actor, detail[:-17]) for actor, detail in trail]


@pytest.mark.parametrize("role", ["viewer", "user", "owner"])
def test_who_has_the_link_makes_an_account_and_is_in(
    olga: Browser, app: Flask, owner: Connection, role: str
) -> None:
    link = invite(olga, role)
    carol = Browser(app, "198.51.100.3")
    assert carol.get(link).status_code == 200
    answer = carol.post(link, **FIELDS)
    assert (answer.status_code, answer.location) == (302, "/")
    assert carol.get("/auth/check").status_code == 204
    assert role_of(owner, "carol") == role
    assert Browser(app).sign_in("carol", "a very good one").status_code == 302
    trail = owner.execute("SELECT event, actor, detail FROM audit_trail ORDER BY id").fetchall()
    assert trail[1:3] == [
        ("invitation made", "olga", f"{role}, 7 days"),
        ("invitation used", "carol", role),
    ]


def test_it_is_good_once(link: str, app: Flask, owner: Connection) -> None:
    Browser(app).post(link, **FIELDS)
    late = Browser(app)
    assert late.get(link).status_code == 404
    assert "This invitation is over" in late.get(link).text


def test_of_two_at_the_same_time_one_has_it(link: str, app: Flask, owner: Connection) -> None:
    def use(number: int) -> int:
        return Browser(app).post(link, **FIELDS | {"name": f"carol{number}"}).status_code

    with ThreadPoolExecutor(6) as pool:
        # Who comes after the first finds no form any more.
        outcomes = [pool.submit(use, number) for number in range(6)]
    statuses = [outcome.result() for outcome in outcomes if outcome.exception() is None]
    assert statuses.count(302) == 1
    assert set(statuses) <= {302, 404}
    assert owner.execute("SELECT count(*) FROM users WHERE name LIKE 'carol%'").fetchone() == (1,)


def test_of_two_who_want_the_same_name_one_has_it_and_the_other_s_invitation_stays_good(
    olga: Browser, link: str, app: Flask, owner: Connection
) -> None:
    other = invite(olga)
    assert Browser(app).post(link, **FIELDS).status_code == 302
    late = Browser(app)
    answer = late.post(other, **FIELDS)
    assert answer.status_code == 400
    assert "carol is somebody else here" in answer.text
    assert late.post(other, **FIELDS | {"name": "carola"}).status_code == 302


def test_it_ends_with_its_time(link: str, app: Flask, owner: Connection) -> None:
    [(whole,)] = owner.execute("SELECT expires - created = interval '7 days' FROM invitations").fetchall()
    assert whole
    carol = Browser(app)
    page = carol.get(link).text
    owner.execute("UPDATE invitations SET expires = now()")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
    assert token
    assert carol.send("POST", link, data={"csrf_token": token[1], **FIELDS}).status_code == 404
    assert role_of(owner, "carol") is None


def test_it_is_taken_back(olga: Browser, link: str, app: Flask, owner: Connection) -> None:
    number = re.search(r'name="id" value="(\d+)"', olga.get("/users").text)
    assert number
    answer = olga.post("/users/uninvite", "/users", id=number[1])
    assert "The invitation is taken back." in olga.get(answer.location).text
    assert Browser(app).get(link).status_code == 404
    assert "None is open." in olga.get("/users").text
    assert revoked(owner) == [("olga", "anybody with the link as user, made by olga")]


@pytest.mark.parametrize("end", ["role", "remove"])
def test_those_of_an_owner_who_is_none_any_more_are_over(
    olga: Browser, add_user: Callable[..., None], app: Flask, owner: Connection, end: str
) -> None:
    add_user("otto", "owner")
    otto = Browser(app)
    otto.sign_in("otto")
    links = [invite(otto, "owner"), invite(otto, hint="dl9new"), invite(otto, hint="late")]
    owner.execute("UPDATE invitations SET expires = now() WHERE name_hint = 'late'")
    olga.post(f"/users/{end}", "/users", name="otto", role="user")
    assert [Browser(app).get(link).status_code for link in links] == [404] * 3
    assert revoked(owner) == [
        ("olga", "anybody with the link as owner, made by otto"),
        ("olga", "dl9new as user, made by otto"),
    ]


def test_only_its_hash_is_kept_and_it_is_shown_once(olga: Browser, link: str, owner: Connection) -> None:
    token = link.rpartition("/")[2]
    assert token not in olga.get("/users").text
    [(row, trail)] = owner.execute(
        "SELECT (SELECT string_agg(i::text, '') FROM invitations i),"
        " (SELECT string_agg(t::text, '') FROM audit_trail t)"
    ).fetchall()
    assert token not in row + trail


def test_a_proposed_name_stands_there(olga: Browser, app: Flask) -> None:
    assert 'value="dl1abc"' in Browser(app).get(invite(olga, hint="DL1ABC")).text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "C arol"}, "“C arol” cannot be a name here"),
        ({"name": ""}, "cannot be a name here"),
        ({"name": "a" * 33}, "cannot be a name here"),
        ({"name": "carol\0"}, "cannot be a name here"),
        ({"name": "<script>"}, "“&lt;script&gt;” cannot be a name here"),
        ({"name": "olga"}, "olga is somebody else here"),
        ({"password": "short", "again": "short"}, "A password has 10 to 200 characters"),
        ({"again": "another good one"}, "The two are not the same."),
    ],
)
def test_what_cannot_be_is_named_and_the_invitation_stays(
    link: str, app: Flask, given: dict[str, str], sentence: str
) -> None:
    carol = Browser(app)
    answer = carol.post(link, **FIELDS | given)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert carol.get("/auth/check").status_code == 401
    assert carol.post(link, **FIELDS).status_code == 302


@pytest.mark.parametrize(
    "given", [{"role": "admin"}, {"days": "365"}, {"days": ""}, {"hint": "a b"}, {"hint": "\0"}]
)
def test_an_invitation_that_cannot_be_is_not_made(
    olga: Browser, owner: Connection, given: dict[str, str]
) -> None:
    answer = olga.post("/users/invite", "/users", **{"role": "user", "days": "7", "hint": ""} | given)
    assert answer.status_code == 400
    assert owner.execute("SELECT count(*) FROM invitations").fetchone() == (0,)


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "..%2f..", "\N{PILE OF POO}", "'"])
def test_made_up_links_are_over(browser: Browser, token: str) -> None:
    assert browser.get(f"/invitation/{token}").status_code == 404


def test_who_is_signed_in_as_somebody_else_becomes_the_new_one(
    olga: Browser, link: str, owner: Connection
) -> None:
    assert olga.post(link, **FIELDS).status_code == 302
    assert "carol" in olga.get("/settings/devices").text
    assert owner.execute("SELECT count(*) FROM sign_in_sessions").fetchone() == (1,)
