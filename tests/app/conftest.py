"""A real PostgreSQL for the tests of the application."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest
from hypothesis import settings
from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.migrate import migrate

from tests.support import database as support

# The same examples in every run; `make fuzz` looks for new ones.
settings.register_profile("same", derandomize=True)
settings.load_profile("same")


class Server:
    """Makes databases in the throw-away PostgreSQL; they go with it."""

    def __init__(self) -> None:
        support.create_roles()
        self._made = 0
        self._template: str | None = None

    def empty(self) -> str:
        """The conninfo of a new database without a schema."""
        return self._create()

    def migrated(self) -> str:
        """The conninfo of a new database with the whole schema."""
        if self._template is None:
            conninfo = self._create()
            with connect(conninfo, "owner", autocommit=True) as owner:
                list(migrate(owner))
            self._template = conninfo.removeprefix("dbname=")
        return self._create(self._template)

    def _create(self, template: str | None = None) -> str:
        self._made += 1
        name = f"test_{os.getpid()}_{self._made}"
        support.create_database(name, template)
        return f"dbname={name}"


@pytest.fixture(scope="session")
def server() -> Server:
    """The PostgreSQL that the libpq variables name."""
    try:
        return Server()
    except support.NoServer as error:
        pytest.exit(f"the tests of the application need PostgreSQL: {error}", returncode=2)


@pytest.fixture
def database(server: Server) -> str:
    """The conninfo of a database of the test's own with the whole schema, without `user=`."""
    return server.migrated()


@pytest.fixture
def login(database: str) -> Iterator[Callable[[str], Connection]]:
    """Opens autocommit connections to the test's `database` as any role; they are closed after the test."""

    def connect_as(role: str) -> Connection:
        return stack.enter_context(
            psycopg.connect(database, user=role, autocommit=True, options="-c timezone=UTC")
        )

    with ExitStack() as stack:
        yield connect_as
