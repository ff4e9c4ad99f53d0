"""How much of the disk the database uses."""

from datetime import date, datetime
from typing import NamedTuple

from psycopg.rows import class_row

from spotkeeper.db.connection import Connection
from spotkeeper.db.partitions import Source


class Sizes(NamedTuple):
    """In bytes. `sums` are by table; `database` is all of it, the months of spots included."""

    sums: dict[str, int]
    database: int


class LastKeep(NamedTuple):
    """What the last complete run of `spotkeeper keep` found; the bytes are None where it saw no disk."""

    finished: datetime
    disk_bytes: int | None
    free_bytes: int | None


def sizes(connection: Connection) -> Sizes:
    """Of now."""
    rows = connection.execute(
        """SELECT name, pg_total_relation_size(name::regclass)
        FROM unnest(ARRAY['hours', 'dxcc_hours', 'calls', 'calls_of_dropped']) AS name"""
    ).fetchall()
    [(whole,)] = connection.execute("SELECT pg_database_size(current_database())").fetchall()
    return Sizes(dict(rows), whole)


def counted(connection: Connection) -> dict[tuple[Source, date], int]:
    """How many spots each month has had, exactly, dropped ones included; it reads all of table hours."""
    rows = connection.execute(
        """SELECT CASE source WHEN 'm' THEN 'machine' ELSE 'human' END,
            date_trunc('month', hour)::date, sum(spots)
        FROM hours GROUP BY 1, 2"""
    ).fetchall()
    return {(source, month): int(spots) for source, month, spots in rows}


def last_keep(connection: Connection) -> LastKeep | None:
    """None when it has never run to its end."""
    with connection.cursor(row_factory=class_row(LastKeep)) as cursor:
        return cursor.execute(
            "SELECT finished, disk_bytes, free_bytes FROM last_keep WHERE finished IS NOT NULL"
        ).fetchone()
