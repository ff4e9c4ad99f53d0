"""The books of the store, as the owner reads them: tables tallies, gaps and refused_rows."""

from datetime import datetime, timedelta
from typing import LiteralString

import msgspec
from psycopg.rows import class_row

from spotkeeper.db.connection import Connection

WINDOW = timedelta(days=7)
ROWS = 20


class Sums(msgspec.Struct, frozen=True):
    """Spot lines that came, and what became of them."""

    received: int
    stored: int
    doubled: int
    recovered: int
    unparsed: int
    refused: int

    @property
    def agree(self) -> bool:
        """Whether every line that came is accounted for."""
        return self.received == self.stored + self.doubled + self.unparsed + self.refused


_DAY: LiteralString = "(now() AT TIME ZONE 'UTC')::date"
_WEEK: LiteralString = ", ".join(f"coalesce(sum({name}), 0)::bigint" for name in Sums.__struct_fields__)
_TODAY: LiteralString = ", ".join(
    f"coalesce(sum({name}) FILTER (WHERE day = {_DAY}), 0)::bigint" for name in Sums.__struct_fields__
)


class Gap(msgspec.Struct, frozen=True):
    """A time in which a node was not heard; `unrepaired_seconds` of it no history tells."""

    node: str
    began: datetime
    ended: datetime
    reason: str
    unrepaired_seconds: float
    answered: int


class Refused(msgspec.Struct, frozen=True):
    """A line that PostgreSQL did not take."""

    node: str
    received: datetime
    reason: str
    line: str


class Books(msgspec.Struct, frozen=True):
    """Of today (UTC) and of the last seven days. The rows are the newest, the counts are of all."""

    last_stored: datetime | None
    today: Sums
    week: Sums
    gaps: list[Gap]
    gaps_count: int
    unrepaired_seconds: float
    unrepaired_today: float
    refused: list[Refused]
    refused_count: int
    refused_today: int


def read(connection: Connection) -> Books:
    """All of it. The times of gaps are cut at the beginning of the window."""
    today, week = _sums(connection)
    with connection.cursor(row_factory=class_row(Gap)) as cursor:
        gaps = cursor.execute(
            """
            SELECT node, began, ended, reason, unrepaired_seconds, answered FROM gaps
            WHERE ended > now() - %s ORDER BY ended DESC, node LIMIT %s
            """,
            [WINDOW, ROWS],
        ).fetchall()
    with connection.cursor(row_factory=class_row(Refused)) as cursor:
        refused = cursor.execute(
            """
            SELECT node, received, reason, encode(line, 'escape') AS line FROM refused_rows
            WHERE refused > now() - %s ORDER BY refused DESC LIMIT %s
            """,
            [WINDOW, ROWS],
        ).fetchall()
    counts = connection.execute(
        """
        SELECT (SELECT received FROM spots ORDER BY time DESC LIMIT 1), missed.*, refused.*
        FROM (SELECT count(*), coalesce(sum(unrepaired_seconds), 0),
                     coalesce(sum(unrepaired_seconds) FILTER (WHERE ended > now() - interval '1 day'), 0)
              FROM gaps WHERE ended > now() - %(window)s) missed,
             (SELECT count(*), count(*) FILTER (WHERE refused > now() - interval '1 day')
              FROM refused_rows WHERE refused > now() - %(window)s) refused
        """,
        {"window": WINDOW},
    ).fetchone()
    assert counts is not None  # noqa: S101  one row, whatever the tables hold
    last_stored, gaps_count, unrepaired, unrepaired_today, refused_count, refused_today = counts
    return Books(
        last_stored=last_stored,
        today=today,
        week=week,
        gaps=gaps,
        gaps_count=gaps_count,
        unrepaired_seconds=unrepaired,
        unrepaired_today=unrepaired_today,
        refused=refused,
        refused_count=refused_count,
        refused_today=refused_today,
    )


def _sums(connection: Connection) -> tuple[Sums, Sums]:
    """Of today (UTC) and of the days of the window, today among them; of one moment."""
    row = connection.execute(
        f"SELECT {_TODAY}, {_WEEK} FROM tallies WHERE day > {_DAY} - %s",  # noqa: S608
        [WINDOW.days],
    ).fetchone()
    assert row is not None  # noqa: S101  sums are one row
    number = len(Sums.__struct_fields__)
    return Sums(*row[:number]), Sums(*row[number:])
