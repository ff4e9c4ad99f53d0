"""The dashboard over a database of the test's own."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from spotkeeper.db import accounts
from spotkeeper.db.connection import Connection, Role, connect
from spotkeeper.web import create_app
from spotkeeper.web.api.sums_kept import Kept

from tests.app.web.browser import PASSWORD_HASH, Browser, settings
from tests.support import database as support
from tests.support.spots import a_spot, add_spots

EMPTIED = [
    "spot_rows",
    "hours",
    "dxcc_hours",
    "calls",
    "solar",
    "users",
    "sign_in_attempts",
    "used_challenges",
    "invitations",
    "audit_trail",
    "gaps",
    "refused_rows",
    "tallies",
]


# Of these a test asks again as somebody would who comes a second later.
KEPT_FOR_A_MOMENT = ("newest spots", "map", "station")


@pytest.fixture(scope="session")
def migrated(server: Any) -> str:
    return server.migrated()


@pytest.fixture
def database(migrated: str) -> Iterator[str]:
    """One for all tests of the dashboard, emptied after each: making one takes longer than the test."""
    yield migrated
    with connect(migrated, "owner", autocommit=True) as connection:
        for table in EMPTIED:
            connection.execute(f"DELETE FROM {table}")


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    key = tmp_path / "secret_key"
    key.write_bytes(b"k" * 32)
    app = create_app(settings(database, key))
    for pages in KEPT_FOR_A_MOMENT:
        app.extensions[pages] = Kept(itertools.count().__next__)
    yield app
    app.extensions["pool"].close()


@pytest.fixture
def owner(login: Callable[[Role], Connection]) -> Connection:
    """Owns the schema; what a test wants to see in the tables it asks here."""
    return login("owner")


@pytest.fixture
def add_user(owner: Connection) -> Callable[..., None]:
    def add(name: str = "anna", role: accounts.UserRole = "user") -> None:
        assert accounts.create_user(owner, name, PASSWORD_HASH, role)

    return add


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Nobody is signed in."""
    return Browser(app)


@pytest.fixture
def anna(browser: Browser, add_user: Callable[..., None]) -> Browser:
    """A user who is signed in."""
    add_user("anna")
    assert browser.sign_in().status_code == 302
    return browser


@pytest.fixture
def add_spot(login: Callable[[Role], Connection]) -> Callable[..., None]:
    """Stores a spot as the scraper does; some minutes old, of 20 m SSB by a human, unless said otherwise."""
    scraper = login("scraper")

    def add(dx: str = "K1ABC", minutes: float = 1, *, node: str = "demo", **values: Any) -> None:
        time = int(values.pop("time", datetime.now(UTC) - timedelta(minutes=minutes)).timestamp())
        usual = {"frequency_hz": 14_200_000, "mode": "SSB", "mode_source": "said", **values}
        if usual["mode"] is None:
            usual["mode_source"] = None
        add_spots(scraper, a_spot(dx=dx, time=time, **usual), node=node, received=time)

    return add


@pytest.fixture
def superuser_ends(database: str) -> Callable[[], int]:
    """Ends the dashboard's connections with the database, and says how many those were when they are gone."""

    def end() -> int:
        with support.superuser() as connection:
            return len(
                connection.execute(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                    " WHERE usename = 'dashboard' AND datname = %s",
                    [database.removeprefix("dbname=")],
                ).fetchall()
            )

    return end
