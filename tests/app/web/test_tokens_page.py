"""The page of one's own API tokens."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from spotkeeper import tokens
from spotkeeper.db.connection import Connection
from werkzeug.test import TestResponse

from tests.app.web.browser import PASSWORD, Browser

PAGE = "/settings/tokens"


def make(
    browser: Browser, name: str = "logger", scopes: str | list[str] = "read", days: str = ""
) -> TestResponse:
    return browser.post(PAGE, name=name, scopes=scopes, days=days)  # type: ignore[arg-type]


def shown_token(page: TestResponse) -> str:
    found = re.search(r'class="secret">([^<]+)<', page.text)
    assert found, page.text
    return found[1]


def works(app: Flask, token: str) -> bool:
    """Whether a program gets in with it."""
    answer = Browser(app).get("/api/v1/openapi.json", Authorization=f"Bearer {token}")
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def test_a_token_is_shown_once_and_only_its_hash_is_kept(
    anna: Browser, app: Flask, owner: Connection
) -> None:
    page = make(anna, " logger ", ["read", "stream"])
    token = shown_token(page)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert works(app, token)
    assert token not in anna.get(PAGE).text
    assert "<strong>logger</strong>" in anna.get(PAGE).text
    [(kept,)] = owner.execute("SELECT tokens::text FROM tokens").fetchall()
    assert token not in kept
    assert tokens.digest(token).hex() in kept


def test_it_ends_when_it_was_said_to(anna: Browser, app: Flask, owner: Connection) -> None:
    token = shown_token(make(anna, days="30"))
    assert owner.execute("SELECT expires - created = interval '30 days' FROM tokens").fetchone() == (True,)
    owner.execute("UPDATE tokens SET expires = now()")
    assert not works(app, token)
    assert "Its time was over" in anna.get(PAGE).text


def test_revoked_is_out_at_once_and_its_name_is_free(anna: Browser, app: Flask) -> None:
    token, other = shown_token(make(anna, "phone")), shown_token(make(anna, "logger"))
    answer = anna.post("/settings/tokens/revoke", PAGE, name="phone")
    assert "phone is revoked." in anna.get(answer.location).text
    assert (works(app, token), works(app, other)) == (False, True)
    assert make(anna, "phone").status_code == 200


def test_nobody_revokes_what_is_not_theirs(anna: Browser, app: Flask, add_user: Callable[..., None]) -> None:
    token = shown_token(make(anna))
    add_user("bert")
    bert = Browser(app)
    bert.sign_in("bert")
    assert "logger" not in bert.get(PAGE).text
    bert.post("/settings/tokens/revoke", PAGE, name="logger")
    assert works(app, token)


@pytest.mark.parametrize("path", [PAGE, "/settings/tokens/revoke"])
def test_a_form_of_another_site_does_nothing(anna: Browser, owner: Connection, path: str) -> None:
    make(anna)
    answer = anna.send("POST", path, data={"name": "logger", "scopes": "read", "days": ""})
    assert answer.status_code == 400
    assert owner.execute("SELECT count(*), count(revoked) FROM tokens").fetchone() == (1, 0)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": " "}, "A token&#39;s name has 1 to 60 characters"),
        ({"name": "x" * 61}, "A token&#39;s name has 1 to 60 characters"),
        ({"name": "a\0b"}, "all of them printable"),
        ({"scopes": []}, "Choose what it may do"),
        ({"scopes": ["read", "everything"]}, "&#39;everything&#39; is not"),
        ({"days": "31"}, "Not a valid choice"),
        ({"name": "taken"}, "You have a token of this name."),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_made(
    anna: Browser, owner: Connection, given: dict[str, str], sentence: str
) -> None:
    make(anna, "taken")
    answer = make(anna, **{"name": "other"} | given)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert "No token was made" in answer.text
    assert 'class="secret"' not in answer.text
    assert owner.execute("SELECT count(*) FROM tokens").fetchone() == (1,)


def test_there_is_an_end_to_them(anna: Browser, owner: Connection) -> None:
    for number in range(tokens.MOST):
        assert make(anna, f"number {number}").status_code == 200
    assert "You have 20 tokens" in make(anna, "one more").text
    anna.post("/settings/tokens/revoke", PAGE, name="number 3")
    assert make(anna, "one more").status_code == 200


def test_old_ones_are_forgotten_when_one_is_made(anna: Browser, owner: Connection) -> None:
    for name in ("expired", "revoked", "new", "for ever"):
        make(anna, name)
    owner.execute("UPDATE tokens SET expires = now() - interval '91 days' WHERE name = 'expired'")
    owner.execute("UPDATE tokens SET revoked = now() - interval '91 days' WHERE name = 'revoked'")
    owner.execute("UPDATE tokens SET expires = now() - interval '1 day' WHERE name = 'new'")
    make(anna, "another")
    names = owner.execute("SELECT name FROM tokens ORDER BY name").fetchall()
    assert names == [("another",), ("for ever",), ("new",)]


def test_a_device_that_is_left_open_makes_none(anna: Browser, owner: Connection) -> None:
    form = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', anna.get(PAGE).text)
    assert form
    owner.execute("UPDATE sign_in_sessions SET confirmed = now() - interval '61 minutes'")
    assert anna.get(PAGE).location == f"/confirm?next={PAGE}"
    fields = {"csrf_token": form[1], "name": "logger", "scopes": "read", "days": ""}
    answer = anna.send("POST", PAGE, data=fields)
    assert answer.location == f"/confirm?next={PAGE}?late%3Dyes&late=yes"
    assert owner.execute("SELECT count(*) FROM tokens").fetchone() == (0,)
    assert anna.post("/confirm", answer.location, password=PASSWORD, next=PAGE).location == PAGE
    assert "Nothing was done yet" in anna.get(f"{PAGE}?late=yes").text
    shown_token(make(anna))


def test_who_becomes_a_viewer_has_none_any_more(
    anna: Browser, app: Flask, add_user: Callable[..., None], owner: Connection
) -> None:
    token = shown_token(make(anna))
    add_user("olga", "owner")
    olga = Browser(app)
    olga.sign_in("olga")
    olga.post("/users/role", "/users", name="anna", role="owner")
    assert works(app, token)
    olga.post("/users/role", "/users", name="anna", role="viewer")
    assert not works(app, token)
    trail = owner.execute("SELECT actor, subject, detail FROM audit_trail WHERE event = 'token revoked'")
    assert trail.fetchall() == [("olga", "anna", "all 1")]


def test_a_viewer_has_none(browser: Browser, add_user: Callable[..., None]) -> None:
    add_user("anna", "viewer")
    browser.sign_in()
    assert browser.get(PAGE).status_code == 403
    assert browser.post("/settings/tokens/revoke", "/", name="x").status_code == 403


def test_the_form_proposes_all_scopes_and_a_year(anna: Browser) -> None:
    inputs = re.findall(r"<input[^>]*>", anna.get(PAGE).text)
    chosen = {re.sub(r'.* value="([^"]*)".*', r"\1", text) for text in inputs if " checked" in text}
    assert chosen == {"read", "stream", "365"}


def test_it_is_found_from_the_settings(anna: Browser) -> None:
    assert f'href="{PAGE}"' in anna.get("/settings").text
