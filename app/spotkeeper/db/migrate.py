"""Brings the schema up to date: migrations/0001_….sql, forward only, while the services are at work.

Each is one transaction, which waits a moment for its locks and tries again later rather than have
everybody else wait behind it. One whose first line is `-- outside a transaction`, as CREATE INDEX
CONCURRENTLY needs it, is run statement by statement: each ends a line with `;`, or with `\\gexec` when it is
a query whose answers are the statements to run, one for each partition for instance. Killed midway it is run
again from its beginning, so each statement must do nothing where it was done before.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg

from spotkeeper.db.connection import Connection
from spotkeeper.db.patience import lock_timeout, patiently
from spotkeeper.errors import OperatorError

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = int.from_bytes(b"spotkeep")
OUTSIDE = b"-- outside a transaction\n"
PATIENCE_SECONDS = 600.0
POLL_SECONDS = 0.2

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


def migrate(
    connection: Connection, folder: Path = MIGRATIONS, tell: Callable[[str], None] = lambda _: None
) -> Iterator[Migration]:
    """Apply what is pending, yielding each migration once it is committed.

    The connection must be in autocommit mode and belong to the owner of the schema; others that migrate wait
    until it is closed. `tell` gets a sentence when a migration waits for others. Raises MigrationError; the
    migration it names has then left nothing behind, or what may be run again.
    """
    migrations = read(folder)
    # Not by a statement that waits: its snapshot would have CREATE INDEX CONCURRENTLY wait for it in turn.
    while connection.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone() != (True,):
        time.sleep(POLL_SECONDS)
    for migration in pending(connection, migrations):
        _apply(connection, migration, tell)
        yield migration


def _apply(connection: Connection, migration: Migration, tell: Callable[[str], None]) -> None:
    name = migration.name

    def wait() -> None:
        tell(f"{name}: others use the tables, it is tried again")

    def whole() -> None:
        with connection.transaction():
            connection.execute(CREATE_TABLE)
            connection.execute(migration.sql)
            _note(connection, migration)

    try:
        if migration.sql.startswith(OUTSIDE):
            _apply_outside(connection, migration, wait)
        else:
            patiently(connection, whole, PATIENCE_SECONDS, wait)
    except psycopg.errors.LockNotAvailable as error:
        raise MigrationError(
            f"{name}: others kept the tables locked for {PATIENCE_SECONDS / 60:.0f} minutes;"
            " run it again later"
        ) from error
    except psycopg.Error as error:
        raise MigrationError(f"{name}: {str(error).strip()}") from error


def _apply_outside(connection: Connection, migration: Migration, wait: Callable[[], None]) -> None:
    patiently(connection, lambda: connection.execute(CREATE_TABLE), PATIENCE_SECONDS, wait)
    for statement, is_query in _statements(migration):
        answers = [text.encode() for (text,) in connection.execute(statement)] if is_query else [statement]
        for one in answers:
            _run_outside(connection, one, wait)
    _note(connection, migration)


def _statements(migration: Migration) -> Iterator[tuple[bytes, bool]]:
    """Each statement of a migration outside a transaction, and whether its answers are the statements."""
    *statements, rest = re.split(rb"(;|\\gexec)[ \t]*(?:--.*)?$", migration.sql, flags=re.MULTILINE)
    if re.sub(rb"--.*", b"", rest).strip():
        raise MigrationError(f"{migration.name}: the last statement lacks its ; or \\gexec at a line's end")
    for text, end in zip(statements[::2], statements[1::2], strict=True):
        yield text, end != b";"


def _run_outside(connection: Connection, statement: bytes, wait: Callable[[], None]) -> None:
    if not re.search(rb"\bCONCURRENTLY\b", statement):
        patiently(connection, lambda: connection.execute(statement), PATIENCE_SECONDS, wait)
        return
    # These let others pass while they wait.
    with lock_timeout(connection, 0):
        if named := re.search(rb"\bINDEX\s+CONCURRENTLY\s+IF\s+NOT\s+EXISTS\s+(\S+)", statement):
            _drop_broken(connection, named[1].decode())
        connection.execute(statement)


def _drop_broken(connection: Connection, index: str) -> None:
    """Remove what a killed CREATE INDEX CONCURRENTLY left, which IF NOT EXISTS would take for the index."""
    broken = connection.execute(
        """SELECT indexrelid::regclass::text FROM pg_index
        WHERE indexrelid = to_regclass(%s) AND NOT indisvalid""",
        [index],
    ).fetchone()
    if broken:
        connection.execute(b"DROP INDEX CONCURRENTLY " + broken[0].encode())


def _note(connection: Connection, migration: Migration) -> None:
    connection.execute(
        "INSERT INTO schema_migrations (number, name, sha256) VALUES (%s, %s, %s)",
        [migration.number, migration.name, migration.sha256],
    )
