"""What clients ask about the past."""

from collections.abc import Callable
from typing import TypeVar

from psycopg_pool import ConnectionPool

from spotkeeper.db import bulletins
from spotkeeper.db.bulletins import Bulletin
from spotkeeper.db.connection import Connection, pool
from spotkeeper.db.live import LiveSpot
from spotkeeper.db.search import search
from spotkeeper.db.search_ranges import Pace
from spotkeeper.db.search_wanted import Row
from spotkeeper.node.question import Question

AT_ONCE = 2
STATEMENT_SECONDS = 2
SEARCH_SECONDS = 1.0
BULLETINS = 10

Answer = TypeVar("Answer")


class Past:
    """Asks PostgreSQL as the role notifier; to be closed. Raises psycopg.Error when it does not answer."""

    def __init__(self, conninfo: str) -> None:
        self._pool: ConnectionPool[Connection] = pool(conninfo, "notifier", size=AT_ONCE)
        self._pool.open()

    def spots(self, question: Question) -> list[LiveSpot]:
        """The newest first; perhaps not all that there are, when looking takes long."""
        pace = Pace(SEARCH_SECONDS)
        found = self._ask(lambda connection: search(connection, question.wanted, question.limit, pace=pace))
        return [_live(row) for row in found.spots]

    def wwv(self) -> list[Bulletin]:
        """The newest first."""
        return self._ask(lambda connection: bulletins.wwv(connection, BULLETINS))

    def close(self) -> None:
        self._pool.close()

    def _ask(self, ask: Callable[[Connection], Answer]) -> Answer:
        with self._pool.connection() as connection:
            connection.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
            return ask(connection)


def _live(row: Row) -> LiveSpot:
    values = row._asdict()
    return LiveSpot(
        id=row.id,
        frequency_khz=row.frequency_hz / 1000,
        qsx_khz=None if row.qsx_hz is None else row.qsx_hz / 1000,
        references=row.refs or [],
        received=row.received or row.time,
        **{
            name: values[name] for name in LiveSpot.__struct_fields__ if name in values and name != "received"
        },
    )
