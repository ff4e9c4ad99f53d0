"""The API over a database of the test's own, open to all who ask."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from spotkeeper.db.connection import Connection, connect
from spotkeeper.settings import Api, Dashboard, Database, Node, Scraper, Settings
from spotkeeper.spots.model import Spot
from spotkeeper.web import create_app

from tests.support.spots import a_spot, add_spots

PLENTY = 1_000_000
TABLES = ("spot_rows", "hours", "dxcc_hours", "calls", "solar", "tallies", "drained", "users")


@pytest.fixture(scope="package")
def migrated(server: Any) -> str:
    return server.migrated()


@pytest.fixture
def database(migrated: str) -> Iterator[str]:
    """One for all tests of the API, emptied after each: making one takes longer than the test."""
    yield migrated
    with connect(migrated, "owner", autocommit=True) as connection:
        for table in TABLES:
            connection.execute(f"DELETE FROM {table}")


@pytest.fixture
def app(database: str, tmp_path: Path) -> Iterator[Flask]:
    key = tmp_path / "secret_key"
    key.write_bytes(b"k" * 32)
    node = Node(name="demo", kind="dxspider", host="127.0.0.1", port=7300)
    app = create_app(
        Settings(
            scraper=Scraper(callsign="N0CALL-1", nodes=[node]),
            database=Database(conninfo=database),
            dashboard=Dashboard(secret_key_file=key),
            api=Api(anonymous=True, requests_per_minute=PLENTY, anonymous_requests_per_minute=PLENTY),
        )
    )
    yield app
    app.extensions["pool"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def get(client: FlaskClient) -> Callable[..., Any]:
    """The JSON of an answer, which must be 200."""

    def get(path: str, **query: Any) -> Any:
        answer = client.get(path, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    return get


@pytest.fixture
def add(login: Callable[[str], Connection]) -> Callable[..., None]:
    """Stores spots as the scraper does."""
    scraper = login("scraper")
    return lambda *spots: add_spots(scraper, *spots)


@pytest.fixture
def now() -> datetime:
    """The minute before this one, so that whatever is given a later minute is a later spot."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=1)


@pytest.fixture
def spot(now: datetime) -> Callable[..., Spot]:
    """A CW spot that is so many minutes old."""

    def make(minutes: float = 0, **values: Any) -> Spot:
        return a_spot(time=int((now - timedelta(minutes=minutes)).timestamp()), **values)

    return make
