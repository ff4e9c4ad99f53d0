"""Tables hours, dxcc_hours and calls, summed up anew from the spots.

Of a month that was closed only `calls` can be told: by its spots while they are there, by table
calls_of_dropped afterwards. Its hours are left as they are.
"""

from collections.abc import Callable
from datetime import date
from typing import LiteralString, NamedTuple

import psycopg
from psycopg import sql

from spotkeeper.db.connection import Connection
from spotkeeper.db.partitions import Partition, partitions
from spotkeeper.db.patience import patiently
from spotkeeper.db.spots import ADD_CALLS

LOCK_PATIENCE_SECONDS = 120.0
EXAMPLES = 5
# PostgreSQL's own default is meant for many at a time.
_WORK_MEMORY = "32MB"

Tell = Callable[[str], None]

_ADD_HOURS: LiteralString = """
    INSERT INTO new_hours
    SELECT date_trunc('hour', time), source, coalesce(band, ''), coalesce(mode, ''),
        coalesce(dx_place.continent, ''), coalesce(spotter_place.continent, ''), count(*)
    FROM {partition}
    LEFT JOIN places dx_place ON dx_place.id = dx_place
    LEFT JOIN places spotter_place ON spotter_place.id = spotter_place
    GROUP BY 1, 2, 3, 4, 5, 6
"""
_ADD_DXCC_HOURS: LiteralString = """
    INSERT INTO new_dxcc_hours
    SELECT date_trunc('hour', time), dxcc, source, coalesce(band, ''), count(*)
    FROM {partition} JOIN places ON places.id = dx_place
    GROUP BY 1, 2, 3, 4
"""


class _Table(NamedTuple):
    """A table of sums: how one of its rows is called and what it says, in SQL, and which rows are judged."""

    name: LiteralString
    keys: LiteralString
    values: LiteralString
    called: LiteralString
    judged: LiteralString


_OF_AN_OPEN_MONTH: LiteralString = """NOT EXISTS (
    SELECT FROM months
    WHERE months.source = sums.source AND month = date_trunc('month', hour)::date AND closed IS NOT NULL
)"""
_BAND: LiteralString = "coalesce((SELECT name FROM bands WHERE id = band), 'no band')"
_SOURCE: LiteralString = "CASE source WHEN 'm' THEN 'machine' ELSE 'human' END"
_TABLES = (
    _Table(
        "hours",
        "hour, source, band, mode, dx_continent, spotter_continent",
        "spots",
        f"""concat_ws(' ', to_char(hour, 'YYYY-MM-DD HH24:MI'), {_SOURCE}, {_BAND},
            coalesce((SELECT name FROM modes WHERE id = mode), 'no mode'),
            coalesce(nullif(spotter_continent, ''), '??') || '-' || coalesce(nullif(dx_continent, ''), '??')
        )""",  # noqa: S608
        _OF_AN_OPEN_MONTH,
    ),
    _Table(
        "dxcc_hours",
        "hour, dxcc, source, band",
        "spots",
        f"concat_ws(' ', to_char(hour, 'YYYY-MM-DD HH24:MI'), 'DXCC', dxcc, {_SOURCE}, {_BAND})",
        _OF_AN_OPEN_MONTH,
    ),
    _Table(
        "calls",
        "call",
        "first_spotted, last_spotted, first_spotting, last_spotting, spotted, spotting, bands",
        "call",
        "true",
    ),
)


class Difference(NamedTuple):
    """How many rows of a table are not what the spots say, and some of them, each in a sentence."""

    table: str
    rows: int
    examples: list[str]


def add_calls(connection: Connection, partition: str, sums: str) -> None:
    """Add what the spots of a month's table contribute to table `sums`, which is like calls.

    Within a transaction.
    """
    connection.execute("SELECT set_config('work_mem', %s, true)", [_WORK_MEMORY])
    connection.execute(sql.SQL(ADD_CALLS).format(spots=sql.Identifier(partition), sums=sql.Identifier(sums)))


def check(connection: Connection, tell: Tell) -> list[Difference]:
    """What the spots of one moment say otherwise than the sums of that moment; nobody waits meanwhile.

    The connection is one with autocommit that has the claim of `spotkeeper keep`: no month goes away then.
    """
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        with connection.transaction(force_rollback=True):
            _prepare(connection)
            parts = partitions(connection)
            for number, partition in enumerate(parts, 1):
                _sum_up(connection, partition)
                tell(_progress(partition, number, len(parts)))
            return _compare(connection)
    finally:
        connection.isolation_level = None


def rebuild(connection: Connection, this_month: date, tell: Tell) -> list[Difference]:
    """Make the sums what the spots say; what was different before. Killed midway it has changed nothing.

    Spots of months before `this_month` wait from when theirs is summed up, all others while this month and
    those after it are. The connection is as for `check`. Raises psycopg.errors.LockNotAvailable when others
    keep a table locked.
    """
    with connection.transaction():
        _prepare(connection)
        done = set()
        past = [partition for partition in partitions(connection) if partition.month < this_month]
        for number, partition in enumerate(past, 1):
            _lock(connection, sql.SQL("LOCK TABLE ONLY {} IN SHARE MODE"), partition.name, tell)
            _sum_up(connection, partition)
            done.add(partition)
            tell(_progress(partition, number, len(past)))
        _lock(connection, sql.SQL("LOCK TABLE ONLY {} IN SHARE ROW EXCLUSIVE MODE"), "spot_rows", tell)
        tell("new spots wait until the rest is summed up")
        for partition in partitions(connection):
            if partition not in done:
                _sum_up(connection, partition)
                tell(_progress(partition))
        found = _compare(connection)
        for table in _TABLES:
            _mend(connection, table)
    return found


def _lock(connection: Connection, statement: sql.SQL, table: str, tell: Tell) -> None:
    def attempt() -> None:
        # In a savepoint: what was summed up so far is kept.
        with connection.transaction():
            connection.execute(statement.format(sql.Identifier(table)))

    patiently(
        connection, attempt, LOCK_PATIENCE_SECONDS, lambda: tell(f"others use {table}, it is tried again")
    )


def _progress(partition: Partition, number: int = 0, of: int = 0) -> str:
    counted = f" ({number} of {of})" if of else ""
    return f"summed up {partition.source} {partition.month:%Y-%m}{counted}"


def _prepare(connection: Connection) -> None:
    connection.execute("SELECT set_config('work_mem', %s, true)", [_WORK_MEMORY])
    for table in _TABLES:
        names = {"new": sql.Identifier(f"new_{table.name}"), "kept": sql.Identifier(table.name)}
        connection.execute(
            sql.SQL("CREATE TEMPORARY TABLE {new} (LIKE {kept} INCLUDING ALL) ON COMMIT DROP").format(**names)
        )
    connection.execute("INSERT INTO new_calls SELECT * FROM calls_of_dropped")


def _sum_up(connection: Connection, partition: Partition) -> None:
    if not partition.closed:
        for statement in (_ADD_HOURS, _ADD_DXCC_HOURS):
            connection.execute(sql.SQL(statement).format(partition=sql.Identifier(partition.name)))
    add_calls(connection, partition.name, "new_calls")


def _compare(connection: Connection) -> list[Difference]:
    """What differs, which is then in temporary tables."""
    found = []
    for name, keys, values, called, judged in _TABLES:
        connection.execute(
            f"""CREATE TEMPORARY TABLE {name}_differ ON COMMIT DROP AS
            SELECT {keys}, kept.spot_sums IS NULL AS lacks, new.spot_sums IS NULL AS extra,
                kept.spot_sums AS was, new.spot_sums AS should_be
            FROM (SELECT {keys}, concat_ws(' ', {_nulls_named(values)}) AS spot_sums
                  FROM {name} sums WHERE {judged}) kept
            FULL JOIN (SELECT {keys}, concat_ws(' ', {_nulls_named(values)}) AS spot_sums
                       FROM new_{name}) new USING ({keys})
            WHERE kept.spot_sums IS DISTINCT FROM new.spot_sums"""  # noqa: S608
        )
        [(rows,)] = connection.execute(f"SELECT count(*) FROM {name}_differ").fetchall()  # noqa: S608
        examples = connection.execute(
            f"""SELECT {called} || CASE WHEN lacks THEN ': is missing, should be ' || should_be
                WHEN extra THEN ': is ' || was || ', should not be'
                ELSE ': is ' || was || ', should be ' || should_be END
            FROM {name}_differ ORDER BY {keys} LIMIT %s""",  # noqa: S608
            [EXAMPLES],
        ).fetchall()
        if rows:
            found.append(Difference(name, rows, [sentence for (sentence,) in examples]))
    return found


def _nulls_named(values: LiteralString) -> LiteralString:
    """The columns as texts of which none is null, for concat_ws leaves nulls out."""
    return ", ".join(f"coalesce(({value.strip()})::text, '-')" for value in values.split(","))


def _mend(connection: Connection, table: _Table) -> None:
    name, keys, values = table[:3]
    given = ", ".join(f"{value.strip()} = excluded.{value.strip()}" for value in values.split(","))
    connection.execute(
        f"DELETE FROM {name} WHERE ({keys}) IN (SELECT {keys} FROM {name}_differ WHERE extra)"  # noqa: S608
    )
    connection.execute(
        f"""INSERT INTO {name} SELECT new_{name}.* FROM {name}_differ JOIN new_{name} USING ({keys})
        ON CONFLICT ({keys}) DO UPDATE SET {given}"""  # noqa: S608
    )
