"""Who may use the API, how often, and what its answers let others do with them."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from flask import Flask, Response
from spotkeeper import tokens
from spotkeeper.db import tokens as table
from spotkeeper.db.connection import Connection
from spotkeeper.settings import Api
from spotkeeper.web import create_app
from spotkeeper.web.access import public
from spotkeeper.web.api.access import needs

from tests.app.web.browser import Browser, settings

# Views of the test's own: these rules hold whatever the API offers.
READ, LIVE, OPEN, SUMS = "/api/v1/made-up", "/api/v1/made-up-live", "/api/v1/made-up-open", "/api/made-up-old"


def build(database: str, folder: Path, rules: Api) -> Flask:
    key = folder / "secret_key"
    key.write_bytes(b"k" * 32)
    app = create_app(msgspec.structs.replace(settings(database, key), api=rules))

    def sums() -> Response:
        return Response("sums", headers={"Cache-Control": "public, max-age=10"})

    app.add_url_rule(READ, "made_up", lambda: {"answer": 42})
    app.add_url_rule(LIVE, "made_up_live", needs("stream")(lambda: {"answer": 43}))
    app.add_url_rule(OPEN, "made_up_open", public(lambda: {"answer": 44}))
    app.add_url_rule(SUMS, "made_up_old", sums)
    return app


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    app = build(database, tmp_path, Api(requests_per_minute=5))
    yield app
    app.extensions["pool"].close()


@pytest.fixture
def for_all(database: str, tmp_path: Path) -> Iterator[Browser]:
    """Nobody in particular, at a station that lets everybody read."""
    app = build(database, tmp_path, Api(anonymous=True, anonymous_requests_per_minute=5))
    yield Browser(app)
    app.extensions["pool"].close()


@pytest.fixture
def make_token(owner: Connection, add_user: Callable[..., None]) -> Callable[..., str]:
    add_user("paul")

    def make(*scopes: str, lifetime: timedelta | None = None) -> str:
        token = tokens.make()
        made = table.make(
            owner, "paul", tokens.digest(token), token[-8:], scopes, lifetime=lifetime, most=tokens.MOST
        )
        assert made == "made"
        return f"Bearer {token}"

    return make


@pytest.mark.parametrize("path", [READ, SUMS, LIVE, "/api/v1/openapi.json"])
def test_nothing_without_a_token_or_a_sign_in(browser: Browser, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = browser.send(method, path)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="spotkeeper"'
    assert "Sign in, or send a token" in browser.get(path).text


def test_what_is_public_is(browser: Browser) -> None:
    assert browser.get(OPEN).json == {"answer": 44}


def test_an_address_that_is_none(browser: Browser) -> None:
    answer = browser.get("/api/v1/nothing-here")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_a_token_opens_its_scopes_and_nothing_else(browser: Browser, make_token: Callable[..., str]) -> None:
    reader, both = make_token("read"), make_token("read", "stream")
    assert browser.get(READ, Authorization=reader).json == {"answer": 42}
    assert browser.get(LIVE, Authorization=both).json == {"answer": 43}
    refused = browser.get(LIVE, Authorization=reader)
    assert (refused.status_code, refused.content_type) == (403, "application/problem+json")
    challenge = refused.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="spotkeeper", error="insufficient_scope", scope="stream"'
    assert "lacks the scope stream" in refused.text
    for page in ("/", "/settings", "/settings/tokens"):
        assert browser.get(page, Authorization=both).status_code == 302
    assert browser.get("/auth/check", Authorization=both).status_code == 401


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER "])
def test_the_word_before_it(browser: Browser, make_token: Callable[..., str], word: str) -> None:
    token = make_token("read").split()[1]
    assert browser.get(READ, Authorization=f"{word} {token}").status_code == 200


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer spk_", "Basic cGF1bDpwYXNz", "Bearer spk_" + "x" * 43,
     "Bearer spk_" + "x" * 44, "Bearer spk_" + "é" * 43, "Bearer " + "x" * 5000, "Bearer spk_\0" + "x" * 42],
)  # fmt: skip
def test_what_is_no_token(anna: Browser, for_all: Browser, authorization: str) -> None:
    for browser in (anna, for_all):  # who gives one wants it to count, even where none is needed
        answer = browser.get(READ, Authorization=authorization)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert "token" in answer.json["detail"]


def test_a_token_that_is_over(browser: Browser, make_token: Callable[..., str], owner: Connection) -> None:
    token = make_token("read", lifetime=timedelta(days=1))
    assert browser.get(READ, Authorization=token).status_code == 200
    owner.execute("UPDATE tokens SET expires = now() - interval '1 second'")
    assert browser.get(READ, Authorization=token).status_code == 401
    owner.execute("UPDATE tokens SET expires = NULL, revoked = now()")
    assert browser.get(READ, Authorization=token).status_code == 401
    owner.execute("UPDATE tokens SET revoked = NULL")
    assert browser.get(READ, Authorization=token).status_code == 200
    owner.execute("DELETE FROM users")
    assert browser.get(READ, Authorization=token).status_code == 401


def test_its_use_is_written_down_once_an_hour(
    browser: Browser, make_token: Callable[..., str], owner: Connection
) -> None:
    token = make_token("read")

    def last_used() -> object:
        row = owner.execute("SELECT last_used FROM tokens").fetchone()
        return row and row[0]

    browser.get(READ, Authorization=token)
    first = last_used()
    assert first
    browser.get(READ, Authorization=token)
    assert last_used() == first
    owner.execute("UPDATE tokens SET last_used = now() - interval '61 minutes'")
    browser.get(READ, Authorization=token)
    assert last_used() > first


def test_whoever_is_signed_in_may_read(anna: Browser) -> None:
    assert anna.get(READ).json == {"answer": 42}
    assert anna.get(LIVE).json == {"answer": 43}
    assert anna.send("POST", READ).status_code == 405


def test_everybody_may_where_the_owner_said_so(for_all: Browser) -> None:
    assert for_all.get(READ).json == {"answer": 42}
    assert for_all.get("/spots.csv").status_code == 401


# How often


def standing(answer_headers: object) -> tuple[int, int, int]:
    headers = dict(answer_headers)  # type: ignore[call-overload]
    limit = re.fullmatch(r'"minute";q=([0-9]+);w=60', headers["RateLimit-Policy"])
    left = re.fullmatch(r'"minute";r=([0-9]+);t=([0-9]+)', headers["RateLimit"])
    assert limit and left
    return int(limit[1]), int(left[1]), int(left[2])


def test_each_answer_says_how_often_one_may_still_ask(
    browser: Browser, make_token: Callable[..., str]
) -> None:
    token, other = make_token("read"), make_token("read")
    left = [standing(browser.get(READ, Authorization=token).headers)[:2] for _ in range(5)]
    assert left == [(5, 4), (5, 3), (5, 2), (5, 1), (5, 0)]
    refused = browser.get(READ, Authorization=token)
    assert (refused.status_code, refused.content_type) == (429, "application/problem+json")
    limit, remaining, reset = standing(refused.headers)
    assert (limit, remaining) == (5, 0)
    assert 1 <= reset <= 60
    assert refused.headers["Retry-After"] == str(reset)
    assert "More than 5 requests in a minute" in refused.text
    assert browser.get(READ, Authorization=other).status_code == 200


def test_addresses_are_counted_apart_but_not_within_a_household(for_all: Browser) -> None:
    app: Flask = for_all.client.application
    for last in range(5):
        assert Browser(app, f"2001:db8::{last}").get(READ).status_code == 200
    assert Browser(app, "2001:db8::5").get(READ).status_code == 429
    assert Browser(app, "2001:db8:0:1::").get(READ).status_code == 200
    assert Browser(app, "192.0.2.1").get(READ).status_code == 200


def test_what_is_public_is_not_counted(browser: Browser) -> None:
    for _ in range(8):
        answer = browser.get(OPEN)
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


# Scripts of other sites, and whoever keeps answers on the way


def test_scripts_of_other_sites_may_use_a_token_but_not_the_cookie(
    app: Flask, anna: Browser, for_all: Browser, make_token: Callable[..., str]
) -> None:
    program = Browser(app)
    for answer in (
        program.get(READ, Authorization=make_token("read"), Origin="https://example.org"),
        program.get(READ, Origin="https://example.org"),  # that they may read why not
        for_all.get(READ, Origin="https://example.org"),
    ):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "RateLimit" in answer.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Origin" not in anna.get(READ, Origin="https://example.org").headers
    assert "Access-Control-Allow-Origin" not in for_all.get("/sign-in", Origin="https://example.org").headers


def test_browsers_may_ask_beforehand(app: Flask, anna: Browser) -> None:
    asked = {
        "Origin": "https://example.org",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }
    for browser in (Browser(app), anna):
        for path in (READ, "/api/v1/nothing-here"):
            answer = browser.client.options(path, headers=asked)
            assert answer.status_code == 204
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert answer.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
            assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Last-Event-ID"


def test_proxies_on_the_way_keep_only_what_is_for_everybody(
    anna: Browser, for_all: Browser, app: Flask, make_token: Callable[..., str]
) -> None:
    assert for_all.get(SUMS).headers["Cache-Control"] == "public, max-age=10"
    with_token = Browser(app).get(SUMS, Authorization=make_token("read"))
    for answer in (anna.get(SUMS), with_token):
        assert set(answer.headers["Cache-Control"].split(", ")) == {"private", "max-age=10"}
    for answer in (for_all.get(SUMS), anna.get(SUMS), with_token):
        assert {"Authorization", "Cookie"} <= set(answer.headers["Vary"].split(", "))
    assert anna.get(READ).headers["Cache-Control"] == "no-store"
    assert for_all.get(READ).headers["Cache-Control"] == "no-store"


def test_when_the_database_is_away(
    app: Flask, browser: Browser, make_token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    def away(*arguments: object) -> None:
        raise psycopg.OperationalError("the server closed the connection")

    monkeypatch.setattr(table, "find", away)
    answer = browser.get(READ, Authorization=make_token("read"))
    assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
    assert "Retry-After" in answer.headers
