"""A real PostgreSQL for the tests of the application."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest
from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.migrate import migrate

from tests.support import database as support


class Server:
    """Makes databases in the throw-away PostgreSQL, and removes them with `close`."""

    def __init__(self, prefix: str) -> None:
        support.create_roles()
        self._prefix = prefix
        self._names: list[str] = []
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
            self._template = self._names[-1]
        return self._create(self._template)

    def close(self) -> None:
        while self._names:
            support.drop_database(self._names.pop())

    def _create(self, template: str | None = None) -> str:
        name = f"{self._prefix}_{len(self._names)}"
        support.create_database(name, template)
        self._names.append(name)
        return f"dbname={name}"


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """The PostgreSQL that the libpq variables name."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    try:
        server = Server(f"spotkeeper_test_{worker}")
    except support.NoServer as error:
        pytest.exit(f"the tests of the application need PostgreSQL: {error}", returncode=2)
    yield server
    server.close()


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
