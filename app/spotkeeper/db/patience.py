"""Statements that need a strong lock on a busy table, without holding up those who use it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

from spotkeeper.db.connection import Connection

LOCK_SECONDS = 1.5
"""While a statement waits for its lock, all who come later wait behind it: never longer than this."""

PAUSE_SECONDS = 3.0

Result = TypeVar("Result")


def patiently(
    connection: Connection,
    work: Callable[[], Result],
    seconds: float,
    tell: Callable[[], None] = lambda: None,
) -> Result:
    """Do `work`, and again as long as others hold the locks it needs, at most for about `seconds`.

    `tell` is called before each further attempt. An attempt that fails must leave the connection usable:
    `work` opens its own transaction or savepoint, or is one statement in autocommit mode. Raises
    psycopg.errors.LockNotAvailable when the last attempt fails too.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            with lock_timeout(connection, LOCK_SECONDS):
                return work()
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
            if time.monotonic() > end:
                raise psycopg.errors.LockNotAvailable(str(error)) from error
        tell()
        time.sleep(PAUSE_SECONDS)


@contextmanager
def lock_timeout(connection: Connection, seconds: float) -> Iterator[None]:
    """For the statements inside; 0 waits for ever."""
    [(before,)] = connection.execute("SELECT current_setting('lock_timeout')").fetchall()
    _set_lock_timeout(connection, f"{round(seconds * 1000)}ms")
    try:
        yield
    finally:
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
            _set_lock_timeout(connection, before)


def _set_lock_timeout(connection: Connection, value: str) -> None:
    connection.execute("SELECT set_config('lock_timeout', %s, false)", [value])
