"""The dashboard's connections to PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from flask import Flask, current_app
from psycopg_pool import ConnectionPool

from spotkeeper.db import connection as db
from spotkeeper.db.connection import Connection
from spotkeeper.db.search import search
from spotkeeper.db.search_wanted import Wanted

THREADS = 8
WAIT_SECONDS = 2


def open_pool(app: Flask, conninfo: str) -> None:
    """Give the app a pool of one connection a thread. PostgreSQL may be away: each request finds out anew."""
    pool = db.pool(conninfo, "dashboard", size=THREADS, autocommit=True, prepare=_prepare)
    # Else it would try ever more rarely, and pages stay away for minutes after the database is back.
    pool.reconnect_timeout = WAIT_SECONDS
    pool.open()
    app.extensions["pool"] = pool


def _prepare(connection: Connection) -> None:
    """Let PostgreSQL read of its catalogue what most pages need, which takes longer than their answers."""
    with suppress(psycopg.Error):
        search(connection, Wanted(), 1)


@contextmanager
def transaction() -> Iterator[Connection]:
    """A connection whose work is committed at the end, or rolled back on an error; a statement has 2 s.

    Raises psycopg.OperationalError when the database is away or too slow.
    """
    with reading() as connection, connection.transaction():
        yield connection


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection for single reads; each sees what is committed when it begins.

    Saves the two ways to the server and back that a transaction takes. Raises as `transaction` does.
    """
    pool: ConnectionPool[Connection] = current_app.extensions["pool"]
    with pool.connection(timeout=WAIT_SECONDS) as connection:
        yield connection
