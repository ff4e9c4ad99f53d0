"""The API over a database of the tests' own, open to all who ask."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from spotkeeper.db.connection import Connection, Role, connect
from spotkeeper.settings import Api, Dashboard, Database, Node, Scraper, Settings
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Spot
from spotkeeper.web import create_app
from werkzeug.test import TestResponse

from tests.support.spots import add_spots

COUNTRY_FILE = Path("/usr/share/hamradio-files/cty.csv")
EMPTIED = ("spot_rows", "hours", "dxcc_hours", "calls", "solar")

Ask = Callable[..., TestResponse]
Add = Callable[..., None]


@pytest.fixture(autouse=True)
def _within_one_minute() -> None:
    """What a test says of this minute is still of this minute when it is answered."""
    left = 60 - time.time() % 60
    if left < 4:
        time.sleep(left)


@pytest.fixture(scope="session")
def migrated(server: Any) -> str:
    return str(server.migrated())


@pytest.fixture
def database(migrated: str) -> Iterator[str]:
    """One for all of these tests, emptied after each."""
    yield migrated
    with connect(migrated, "owner", autocommit=True) as connection:
        for table in EMPTIED:
            connection.execute(f"DELETE FROM {table}")


def settings(database: str, key: Path, **scraper: Any) -> Settings:
    key.write_bytes(b"k" * 32)
    node = Node(name="demo", kind="dxspider", host="127.0.0.1", port=7300)
    return Settings(
        scraper=Scraper(callsign="N0CALL-1", nodes=[node], **scraper),
        database=Database(conninfo=database),
        dashboard=Dashboard(secret_key_file=key),
        api=Api(anonymous=True, anonymous_requests_per_minute=100_000),
    )


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(settings(database, tmp_path / "secret_key"))
    yield app
    app.extensions["pool"].close()


@pytest.fixture
def ask(app: Flask) -> Ask:
    """Asks for a path with a query."""

    def get(path: str, **query: object) -> TestResponse:
        return app.test_client().get(path, query_string=query, base_url="https://dashboard.test")

    return get


@pytest.fixture
def add(login: Callable[[Role], Connection]) -> Add:
    """Stores spots as the scraper does."""
    scraper = login("scraper")
    return lambda *spots: add_spots(scraper, *spots)


@pytest.fixture(scope="session")
def placed() -> Callable[[Spot], Spot]:
    """A spot with what the country file knows of its calls."""
    countries = Countries(COUNTRY_FILE.read_text(encoding="utf-8"))

    def place(spot: Spot) -> Spot:
        return msgspec.structs.replace(
            spot, dx_place=countries.find(spot.dx), spotter_place=countries.find(spot.spotter)
        )

    return place
