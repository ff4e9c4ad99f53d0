"""Brings the schema up to date: migrations/0001_….sql, forward only, one transaction each."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg

from spotkeeper.db.connection import Connection
from spotkeeper.errors import OperatorError

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = int.from_bytes(b"spotkeep")

CREATE_TABLE = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        number  integer     PRIMARY KEY,
        name    text        NOT NULL,
        sha256  text        NOT NULL,
        applied timestamptz NOT NULL DEFAULT now()
    )
"""


class MigrationError(OperatorError):
    """The schema cannot be brought up to date."""


class Migration(NamedTuple):
    """One file; `name` is its file name, `sha256` that of its bytes in hex."""

    number: int
    name: str
    sha256: str
    sql: bytes


def read(folder: Path = MIGRATIONS) -> list[Migration]:
    """The migrations in order. Raises MigrationError for a wrong name, a gap, or a number given twice."""
    migrations = []
    for expected, path in enumerate(sorted(folder.glob("*.sql")), start=1):
        named = re.fullmatch(r"([0-9]{4})_[a-z0-9_]+\.sql", path.name)
        if not named or int(named[1]) != expected:
            raise MigrationError(f"{path.name}: the next migration must be named {expected:04}_….sql")
        sql = path.read_bytes()
        migrations.append(Migration(expected, path.name, hashlib.sha256(sql).hexdigest(), sql))
    if not migrations:
        raise MigrationError(f"there are no migrations in {folder}")
    return migrations


def pending(connection: Connection, migrations: list[Migration]) -> list[Migration]:
    """Those not applied yet. Raises MigrationError when what was applied is not what the files say."""
    found = connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL").fetchone()
    if found == (False,):
        return migrations
    applied = connection.execute("SELECT name, sha256 FROM schema_migrations ORDER BY number").fetchall()
    for (name, sha256), migration in zip(applied, migrations, strict=False):
        if name != migration.name:
            raise MigrationError(f"the database has {name} where this release has {migration.name}")
        if sha256 != migration.sha256:
            raise MigrationError(
                f"{name} was edited after it was applied: undo that and write a new migration"
            )
    if len(applied) > len(migrations):
        unknown = applied[len(migrations)][0]
        raise MigrationError(f"the database has {unknown}, which this release does not know")
    return migrations[len(applied) :]


def migrate(connection: Connection, folder: Path = MIGRATIONS) -> Iterator[Migration]:
    """Apply what is pending, yielding each migration once it is committed.

    The connection must be in autocommit mode and belong to the owner of the schema; others that migrate wait
    until it is closed. Raises MigrationError; the migration it names has then left nothing behind.
    """
    migrations = read(folder)
    connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    for migration in pending(connection, migrations):
        _apply(connection, migration)
        yield migration


def _apply(connection: Connection, migration: Migration) -> None:
    number, name, sha256, sql = migration
    try:
        with connection.transaction():
            connection.execute(CREATE_TABLE)
            connection.execute(sql)
            connection.execute(
                "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)",
                [number, name, sha256],
            )
    except psycopg.Error as error:
        raise MigrationError(f"{name}: {str(error).strip()}") from error
