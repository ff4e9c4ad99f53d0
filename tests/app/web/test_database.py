"""The dashboard's connections, before anybody asks for a page."""

from pathlib import Path
from typing import Any

from flask import Flask
from spotkeeper.web import create_app

from tests.app.web.browser import Browser, settings
from tests.support import database as support

_LAST = "SELECT query FROM pg_stat_activity WHERE pid = %s"


def _last_query(pid: int) -> str:
    with support.superuser() as superuser:
        [(query,)] = superuser.execute(_LAST, [pid]).fetchall()
    return str(query)


def test_a_connection_has_searched_before_a_request_gets_it(app: Flask) -> None:
    with app.extensions["pool"].connection() as connection:
        assert "FROM hours" in _last_query(connection.info.backend_pid)


def test_without_a_schema_there_are_connections_that_say_so(server: Any, tmp_path: Path) -> None:
    key = tmp_path / "secret_key"
    key.write_bytes(b"k" * 32)
    app = create_app(settings(server.empty(), key))
    app.extensions["pool"].wait(10)
    assert Browser(app).get("/health").json == {"dashboard": "up", "database": "away"}
    app.extensions["pool"].close()
