"""Users with bcrypt hashes, as the old dashboard had them."""

from collections.abc import Callable

import bcrypt
import pytest
from flask import Flask
from spotkeeper.db import accounts
from spotkeeper.db.connection import Connection

from tests.app.web.browser import PASSWORD, Browser

LONG = "ä" * 40  # 80 bytes


def add(owner: Connection, name: str, password: str, prefix: bytes = b"2b") -> None:
    salt = bcrypt.gensalt(4, prefix=prefix)
    hashed = bcrypt.hashpw(password.encode()[:72], salt).decode()
    assert accounts.create_user(owner, name, hashed, "user")


def stored_hash(owner: Connection, name: str) -> str:
    found = accounts.find_password_hash(owner, name)
    assert found
    return found[1]


def test_the_next_sign_in_replaces_the_hash(app: Flask, browser: Browser, owner: Connection) -> None:
    add(owner, "n0call", PASSWORD)
    assert browser.sign_in("n0call").status_code == 302
    renewed = stored_hash(owner, "n0call")
    assert renewed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Browser(app).sign_in("n0call").status_code == 302
    assert stored_hash(owner, "n0call") == renewed


def test_a_wrong_password_replaces_nothing(browser: Browser, owner: Connection) -> None:
    add(owner, "n0call", PASSWORD)
    before = stored_hash(owner, "n0call")
    assert browser.sign_in("n0call", "not the password").status_code == 401
    assert stored_hash(owner, "n0call") == before


def test_guessing_is_slowed_down_as_for_all_others(browser: Browser, owner: Connection) -> None:
    add(owner, "n0call", PASSWORD)
    codes = [browser.sign_in("n0call", f"wrong {number}").status_code for number in range(7)]
    assert codes[:5] == [401] * 5
    assert codes[-1] == 429


def test_what_is_behind_72_bytes_did_not_count_and_counts_from_now_on(app: Flask, owner: Connection) -> None:
    add(owner, "n0call", LONG)
    assert Browser(app).sign_in("n0call", LONG).status_code == 302
    assert Browser(app).sign_in("n0call", LONG[:36]).status_code == 401
    assert Browser(app).sign_in("n0call", LONG).status_code == 302


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
def test_each_kind_of_bcrypt(browser: Browser, owner: Connection, prefix: bytes) -> None:
    add(owner, "n0call", PASSWORD, prefix)
    assert browser.sign_in("n0call").status_code == 302


@pytest.mark.parametrize("password_hash", ["$2b$04$" + "z" * 53, "$2b$31$" + "." * 53, "$2b$04$short", ""])
def test_a_hash_that_cannot_be_one_lets_nobody_in(
    browser: Browser, owner: Connection, add_user: Callable[..., None], password_hash: str
) -> None:
    add_user("n0call")
    owner.execute("UPDATE users SET password_hash = %s", [password_hash])
    assert browser.sign_in("n0call").status_code == 401
