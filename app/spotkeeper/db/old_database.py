"""The tables of the system that Spotkeeper replaces, in a database of their own that is only read."""

from collections.abc import Collection
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg import sql

from spotkeeper.db.connection import CONNECT_SECONDS, Connection
from spotkeeper.errors import OperatorError


class OldTable(NamedTuple):
    """The columns that must be there, and those that are read where they are."""

    needed: tuple[str, ...]
    used: tuple[str, ...] = ()


SPOT_COLUMNS = ("dx_call", "frequency", "spotter_call", "comment", "mode", "signal_report", "grid_square")
SOLAR_COLUMNS = ("solar_flux", "a_index", "k_index", "sunspot_number")
TABLES = {
    "raw_spots": OldTable(("id", "timestamp", "raw_text")),
    "dx_spots": OldTable(
        ("id", "timestamp", "dx_call", "frequency", "spotter_call"),
        ("raw_spot_id", "comment", "mode", "signal_report", "grid_square"),
    ),
    "wwv_announcements": OldTable(("id", "timestamp", *SOLAR_COLUMNS), ("raw_text", "announcement_type")),
    "dashboard_users": OldTable(("callsign", "password_hash")),
}

_TEXT: LiteralString = "coalesce({table}.{column}::text, '')"


def connect(conninfo: str) -> Connection:
    """A connection that cannot write. Raises OperatorError, which does not repeat a password."""
    try:
        return psycopg.connect(
            conninfo,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="spotkeeper import",
            options="-c default_transaction_read_only=on -c timezone=UTC",
        )
    except psycopg.ProgrammingError:
        raise OperatorError(
            "CONNINFO is not a connection string, such as 'host=old.example.org dbname=dxcluster user=reader'"
        ) from None
    except psycopg.OperationalError as error:
        raise OperatorError(f"cannot connect to the old database: {' '.join(str(error).split())}") from None


def find(connection: Connection, wanted: Collection[str]) -> dict[str, set[str]]:
    """Those of the `wanted` tables that are there, each with its columns.

    Raises OperatorError, naming them, when columns lack that are needed, or when there is no such table.
    """
    rows = connection.execute(
        """SELECT table_name::text, column_name::text FROM information_schema.columns
        WHERE table_schema = ANY (current_schemas(false)) AND table_name = ANY (%s)""",
        [list(wanted)],
    )
    found: dict[str, set[str]] = {}
    for table, column in rows:
        found.setdefault(table, set()).add(column)
    if not found:
        raise OperatorError(
            f"the old database has none of the tables {', '.join(wanted)}, or shows none to this user"
        )
    lacking = [
        f"{table} lacks {', '.join(missing)}"
        for table in wanted
        if table in found and (missing := [name for name in TABLES[table].needed if name not in found[table]])
    ]
    if lacking:
        raise OperatorError(f"the old database is not as expected: {'; '.join(lacking)}")
    return {table: found[table] for table in TABLES if table in found}


def identity(connection: Connection) -> str:
    """What tells this database from others, whatever way leads to it."""
    [(server, database)] = connection.execute(
        """SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database())
        FROM pg_control_system()"""
    ).fetchall()
    return f"{server} {database}"


def ids(connection: Connection, table: str) -> tuple[int, int]:
    """The lowest, and the one behind the highest; 0 and 0 of an empty table."""
    query = sql.SQL("SELECT coalesce(min(id), 0), coalesce(max(id) + 1, 0) FROM {}").format(
        sql.Identifier(table)
    )
    [(first, through)] = connection.execute(query).fetchall()
    return int(first), int(through)


def read(
    connection: Connection, found: dict[str, set[str]], table: str, first: int, through: int, most: int
) -> list[tuple[Any, ...]]:
    """Up to `most` rows with ids from `first` up to, not including, `through`, in their order.

    Each has its id, its time in Unix seconds or None, the line it was made of ("" when that is not known),
    and then, as texts, of dx_spots the SPOT_COLUMNS, of wwv_announcements its type and the SOLAR_COLUMNS.
    """
    columns = found[table]
    name = sql.Identifier(table)
    extra = {
        "raw_spots": (),
        "dx_spots": SPOT_COLUMNS,
        "wwv_announcements": ("announcement_type", *SOLAR_COLUMNS),
    }[table]
    join: sql.Composable = sql.SQL("")
    line = _column(table, "raw_text", columns)
    if "raw_spot_id" in columns and "raw_spots" in found:
        join = sql.SQL("LEFT JOIN raw_spots ON raw_spots.id = raw_spot_id")
        line = _column("raw_spots", "raw_text", found["raw_spots"])
    query = sql.SQL(
        """SELECT {table}.id, extract(epoch FROM {table}.timestamp)::float8, {texts} FROM {table} {join}
        WHERE {table}.id >= %s AND {table}.id < %s ORDER BY {table}.id LIMIT %s"""
    ).format(
        table=name,
        join=join,
        texts=sql.SQL(", ").join([line, *(_column(table, column, columns) for column in extra)]),
    )
    return connection.execute(query, [first, through, most]).fetchall()


def users(connection: Connection) -> list[tuple[str, str]]:
    """Callsigns, and password hashes or ""."""
    rows = connection.execute(
        "SELECT coalesce(callsign, ''), coalesce(password_hash, '') FROM dashboard_users ORDER BY callsign"
    )
    return [(callsign, password_hash) for callsign, password_hash in rows]


def _column(table: str, column: str, there: set[str]) -> sql.Composable:
    if column not in there:
        return sql.SQL("''")
    return sql.SQL(_TEXT).format(table=sql.Identifier(table), column=sql.Identifier(column))
