"""The months of spots: the partitions of tables spots_human and spots_machine, and table months."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal, LiteralString, NamedTuple

from psycopg.rows import class_row

from spotkeeper.db.connection import Connection

Source = Literal["human", "machine"]
Reason = Literal["age", "headroom"]

_FOUND: LiteralString = """
    SELECT pg_class.oid, reltuples, relname::text AS name, split_part(relname, '_', 2) AS source,
        to_date(substr(relname, length(relname) - 6), 'YYYY_MM') AS month
    FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        AND relname ~ '^spots_(human|machine)_[0-9]{4}_[0-9]{2}$'
"""


class Partition(NamedTuple):
    """A month's table: `month` is its first day in UTC. It may be detached already when it is closed."""

    name: str
    source: Source
    month: date
    closed: bool


class Month(NamedTuple):
    """A month of one source, `month` being its first day in UTC, with its spots or after they were dropped.

    `spots` are those that are there, about, or those that were dropped, exactly; `filled` tells for sure that
    there are some. `changed` is when their number was last found to be another, None when nobody has looked
    yet. `reason` says why it was closed.
    """

    source: Source
    month: date
    spots: int
    filled: bool
    table_bytes: int
    index_bytes: int
    changed: datetime | None
    packed: datetime | None
    closed: datetime | None
    dropped: datetime | None
    reason: Reason | None
    dropped_bytes: int | None

    @property
    def bytes(self) -> int:
        """On disk now."""
        return self.table_bytes + self.index_bytes

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.source} {self.month:%Y-%m}"

    @property
    def table(self) -> str:
        """The name of its partition."""
        return f"spots_{self.source}_{self.month:%Y_%m}"


def partitions(connection: Connection) -> list[Partition]:
    """Those that are there, the oldest first."""
    with connection.cursor(row_factory=class_row(Partition)) as cursor:
        return cursor.execute(
            f"""SELECT name, found.source, found.month, closed IS NOT NULL AS closed
            FROM ({_FOUND}) found
            LEFT JOIN months ON (months.source, months.month) = (left(found.source, 1)::"char", found.month)
            ORDER BY month, source"""  # noqa: S608
        ).fetchall()


def months(connection: Connection) -> list[Month]:
    """All that are there or were, the oldest first."""
    with connection.cursor(row_factory=class_row(Month)) as cursor:
        return cursor.execute(
            f"""SELECT
                coalesce(found.source, CASE months.source WHEN 'm' THEN 'machine' ELSE 'human' END)
                    AS source,
                coalesce(found.month, months.month) AS month,
                -- The statistics are lost in a crash, the other number is old: the larger is the better.
                coalesce(spots, greatest(pg_stat_get_live_tuples(oid), reltuples), 0)::bigint AS spots,
                coalesce(pg_relation_size(oid), 0) > 0 AS filled,
                coalesce(pg_table_size(oid), 0) AS table_bytes,
                coalesce(pg_indexes_size(oid), 0) AS index_bytes,
                changed, packed, closed, dropped, reason, bytes AS dropped_bytes
            FROM ({_FOUND}) found
            FULL JOIN months ON (months.source, months.month) = (left(found.source, 1)::"char", found.month)
            ORDER BY 2, 1"""  # noqa: S608
        ).fetchall()


def note_growth(connection: Connection) -> None:
    """Write down which months have had spots added since this was last called."""
    connection.execute(
        f"""INSERT INTO months AS kept (source, month, inserted)
        SELECT left(source, 1)::"char", month, pg_stat_get_tuples_inserted(oid) FROM ({_FOUND}) found
        ON CONFLICT (source, month) DO UPDATE SET inserted = excluded.inserted, changed = now()
        WHERE kept.inserted <> excluded.inserted"""  # noqa: S608
    )


def ensure(connection: Connection, months_ahead: int) -> bool:
    """The partitions of this month and of so many after it; whether one was made."""
    rows = connection.execute(
        "SELECT ensure_spots_partition(now() + number * interval '1 month')"
        " FROM generate_series(0, %s) AS number",
        [months_ahead],
    ).fetchall()
    return any(made for (made,) in rows)


def ahead(connection: Connection) -> int:
    """How many months after this one, without a gap, have both their partitions."""
    there = {(partition.source, partition.month) for partition in partitions(connection)}
    number, month = 0, _next(datetime.now(UTC).date().replace(day=1))
    while {("human", month), ("machine", month)} <= there:
        number, month = number + 1, _next(month)
    return number


def _next(month: date) -> date:
    return (month + timedelta(31)).replace(day=1)
