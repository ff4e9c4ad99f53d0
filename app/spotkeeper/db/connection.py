"""Connections to PostgreSQL, each under the role of the process that asks."""

import select
from collections.abc import Callable
from typing import Any, Literal

import psycopg
from psycopg_pool import ConnectionPool

from spotkeeper.errors import OperatorError

Role = Literal["scraper", "notifier", "dashboard", "owner"]
Connection = psycopg.Connection[tuple[Any, ...]]

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
# A request waits for no answer longer than that, whatever somebody asks for.
DASHBOARD_STATEMENT_SECONDS = 2


class DatabaseUnreachable(OperatorError):
    """PostgreSQL does not let us in."""


def connect(conninfo: str, role: Role, *, autocommit: bool = False) -> Connection:
    """A connection as `role` whose session speaks UTC.

    Statements of the services end after 30 s, those of the dashboard after 2 s, those of the owner
    (migrations) may take their time; a dead peer is noticed within a minute. Raises
    psycopg.OperationalError when PostgreSQL does not let us in.
    """
    return psycopg.connect(conninfo, autocommit=autocommit, **_parameters(role))


def connect_once(conninfo: str, role: Role, *, autocommit: bool = False) -> Connection:
    """`connect` for commands that do not try again; raises DatabaseUnreachable, which says what to do."""
    try:
        return connect(conninfo, role, autocommit=autocommit)
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        raise DatabaseUnreachable(
            f"cannot connect to the database as {role}: {reason} -- see that PostgreSQL runs"
            " (systemctl status postgresql) and that database.conninfo in the settings names it"
        ) from None


def pool(
    conninfo: str,
    role: Role,
    *,
    size: int,
    autocommit: bool = False,
    prepare: Callable[[Connection], None] | None = None,
) -> ConnectionPool[Connection]:
    """A pool of up to `size` connections made by need, not yet open: use it as a context or call open().

    `prepare` is called with each new connection before anybody gets it.
    """
    return ConnectionPool(
        conninfo,
        kwargs=_parameters(role) | {"autocommit": autocommit},
        min_size=1,
        max_size=size,
        timeout=CONNECT_SECONDS,
        check=_check,
        configure=prepare,
        open=False,
        name=role,
    )


def _check(connection: Connection) -> None:
    """Raises psycopg.OperationalError when the server has ended the connection since it was last used.

    A server that goes says so, and that is here already: only then is it asked, which takes its time.
    """
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    if waiting.poll(0):
        ConnectionPool.check_connection(connection)


def _parameters(role: Role) -> dict[str, Any]:
    seconds = {"owner": 0, "dashboard": DASHBOARD_STATEMENT_SECONDS}.get(role, STATEMENT_SECONDS)
    session = {
        "timezone": "UTC",
        "statement_timeout": f"{seconds}s",
        # The server ends a statement soon after the process that sent it was killed, and lets its locks go.
        "client_connection_check_interval": "2s",
    }
    return {
        "user": role,
        "application_name": f"spotkeeper {role}",
        "connect_timeout": CONNECT_SECONDS,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 60_000,
        "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
    }
