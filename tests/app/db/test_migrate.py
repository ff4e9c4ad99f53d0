"""`spotkeeper migrate` and the runner under it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from spotkeeper.db import migrate as runner
from spotkeeper.db import patience
from spotkeeper.db.connection import connect
from spotkeeper.db.migrate import MIGRATIONS, MigrationError, migrate, pending, read

from tests.app.conftest import Server

ALL = [path.name for path in sorted(MIGRATIONS.glob("*.sql"))]


@pytest.fixture
def empty(server: Server) -> str:
    return server.empty()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two small migrations that may be changed."""
    (tmp_path / "0001_one.sql").write_text("CREATE TABLE one ();")
    (tmp_path / "0002_two.sql").write_text("CREATE TABLE two ();")
    return tmp_path


def run(conninfo: str, folder: Path) -> list[str]:
    with connect(conninfo, "owner", autocommit=True) as owner:
        return [migration.name for migration in migrate(owner, folder)]


def tables(conninfo: str) -> set[str]:
    with connect(conninfo, "owner") as owner:
        return {
            name for (name,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        }


def test_three_at_the_same_time_apply_each_migration_once(empty: str) -> None:
    program = (
        "import sys; from spotkeeper.db import connection, migrate\n"
        "with connection.connect(sys.argv[1], 'owner', autocommit=True) as owner:\n"
        "    for migration in migrate.migrate(owner): print(migration.name)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, empty], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted("".join(outputs).split()) == ALL


def test_second_run_has_nothing_to_do(empty: str, folder: Path) -> None:
    assert run(empty, folder) == ["0001_one.sql", "0002_two.sql"]
    assert run(empty, folder) == []


def test_new_migration_is_applied_alone(empty: str, folder: Path) -> None:
    run(empty, folder)
    (folder / "0003_three.sql").write_text("CREATE TABLE three ();")
    assert run(empty, folder) == ["0003_three.sql"]


def test_edited_file_is_refused(empty: str, folder: Path) -> None:
    run(empty, folder)
    (folder / "0001_one.sql").write_text("CREATE TABLE one (); -- edited")
    (folder / "0003_three.sql").write_text("CREATE TABLE three ();")
    with pytest.raises(MigrationError, match=r"0001_one\.sql was edited after it was applied"):
        run(empty, folder)
    assert "three" not in tables(empty)


def test_renamed_file_is_refused(empty: str, folder: Path) -> None:
    run(empty, folder)
    (folder / "0002_two.sql").rename(folder / "0002_other.sql")
    with pytest.raises(MigrationError, match=r"has 0002_two\.sql where this release has 0002_other\.sql"):
        run(empty, folder)


def test_database_of_a_newer_release_is_refused(empty: str, folder: Path) -> None:
    run(empty, folder)
    (folder / "0002_two.sql").unlink()
    with pytest.raises(MigrationError, match=r"has 0002_two\.sql, which this release does not know"):
        run(empty, folder)


@pytest.mark.parametrize("name", ["0004_gap.sql", "0002_twice.sql", "3_short.sql", "0003_Capital.sql"])
def test_wrong_name_is_refused_before_anything_is_applied(empty: str, folder: Path, name: str) -> None:
    (folder / name).touch()
    with pytest.raises(MigrationError, match="must be named 000"):
        run(empty, folder)
    assert tables(empty) == set()


def test_failing_migration_leaves_nothing_and_keeps_those_before(empty: str, folder: Path) -> None:
    (folder / "0002_two.sql").write_text("CREATE TABLE two (); SELECT 1/0;")
    with pytest.raises(MigrationError, match=r"0002_two\.sql: division by zero"):
        run(empty, folder)
    assert tables(empty) == {"one", "schema_migrations"}
    (folder / "0002_two.sql").write_text("CREATE TABLE two ();")
    assert run(empty, folder) == ["0002_two.sql"]


def test_killed_midway_leaves_nothing_and_no_lock(empty: str, folder: Path) -> None:
    (folder / "0002_two.sql").write_text("CREATE TABLE two (); SELECT pg_sleep(600);")
    program = (
        "import sys, pathlib; from spotkeeper.db import connection, migrate\n"
        "with connection.connect(sys.argv[1], 'owner', autocommit=True) as owner:\n"
        "    list(migrate.migrate(owner, pathlib.Path(sys.argv[2])))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, empty, str(folder)])
    with connect(empty, "owner", autocommit=True) as watcher:
        sleeping = (
            "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        )
        deadline = time.monotonic() + 20
        while not watcher.execute(sleeping).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (folder / "0002_two.sql").write_text("CREATE TABLE two ();")
    started = time.monotonic()
    assert run(empty, folder) == ["0002_two.sql"]
    assert time.monotonic() - started < 10, "the killed run's lock must not outlive it for long"


def test_pending_changes_nothing(empty: str) -> None:
    with connect(empty, "owner", autocommit=True) as owner:
        assert [migration.name for migration in pending(owner, read())] == ALL
    assert tables(empty) == set()


def test_services_cannot_migrate(empty: str, folder: Path) -> None:
    shutil.copy(MIGRATIONS / "0001_spots.sql", folder / "0003_spots.sql")
    run(empty, folder)
    (folder / "0004_more.sql").write_text("CREATE TABLE more ();")
    for role in ("scraper", "notifier", "dashboard"):
        with (
            pytest.raises((MigrationError, psycopg.errors.InsufficientPrivilege)),
            connect(empty, role, autocommit=True) as connection,
        ):
            list(migrate(connection, folder))
    assert "more" not in tables(empty)


@pytest.fixture
def parted(empty: str, folder: Path) -> str:
    """A partitioned table `two` with two months and rows in both."""
    (folder / "0002_two.sql").write_text(
        "CREATE TABLE two (at date, number int) PARTITION BY RANGE (at);"
        "CREATE TABLE two_1 PARTITION OF two FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');"
        "CREATE TABLE two_2 PARTITION OF two FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');"
        "INSERT INTO two VALUES ('2026-01-01', 1), ('2026-02-01', 1);"
    )
    run(empty, folder)
    return empty


INDEX_OF_ALL_PARTS = """-- outside a transaction
CREATE INDEX IF NOT EXISTS two_number ON ONLY two ((12 / number));  -- not valid until each part has it
SELECT format('CREATE INDEX CONCURRENTLY IF NOT EXISTS %I ON %s ((12 / number))',
    relname || '_number', inhrelid::regclass)
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'two'::regclass \\gexec
SELECT format('ALTER INDEX two_number ATTACH PARTITION %I', relname || '_number')
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'two'::regclass \\gexec
"""


def valid_indexes(conninfo: str) -> set[str]:
    with connect(conninfo, "owner") as owner:
        return {
            name
            for (name,) in owner.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indisvalid")
            if name.startswith("two")
        }


def test_indexes_are_built_concurrently_on_every_partition(parted: str, folder: Path) -> None:
    (folder / "0003_index.sql").write_text(INDEX_OF_ALL_PARTS)
    assert run(parted, folder) == ["0003_index.sql"]
    assert valid_indexes(parted) == {"two_number", "two_1_number", "two_2_number"}
    assert run(parted, folder) == []


def test_one_outside_a_transaction_that_broke_is_run_again_and_mends_the_index(
    parted: str, folder: Path
) -> None:
    (folder / "0003_index.sql").write_text(INDEX_OF_ALL_PARTS)
    with connect(parted, "owner", autocommit=True) as owner:
        owner.execute("INSERT INTO two VALUES ('2026-02-02', 0)")
        with pytest.raises(MigrationError, match=r"0003_index\.sql: division by zero"):
            run(parted, folder)
        assert valid_indexes(parted) == {"two_1_number"}
        owner.execute("DELETE FROM two WHERE at = '2026-02-02'")
    assert run(parted, folder) == ["0003_index.sql"]
    assert valid_indexes(parted) == {"two_number", "two_1_number", "two_2_number"}


def test_statement_outside_a_transaction_without_an_end_is_refused(empty: str, folder: Path) -> None:
    (folder / "0003_open.sql").write_text("-- outside a transaction\nCREATE TABLE three ()\n")
    with pytest.raises(MigrationError, match=r"0003_open\.sql: the last statement lacks its ;"):
        run(empty, folder)
    assert "three" not in tables(empty)


def test_waits_for_a_reader_without_anybody_waiting_behind_it(
    empty: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(empty, folder)
    (folder / "0003_column.sql").write_text("ALTER TABLE two ADD COLUMN number int;")
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.0)
    told: list[str] = []
    with connect(empty, "owner") as reader, connect(empty, "owner", autocommit=True) as writer:
        reader.execute("SELECT FROM two")

        def tell(sentence: str) -> None:
            """Called between two attempts: nobody may wait for the table then."""
            if not told:
                writer.execute("SET lock_timeout = '1ms'")
                writer.execute("INSERT INTO two DEFAULT VALUES")
            told.append(sentence)
            if len(told) == 2:
                reader.rollback()

        with connect(empty, "owner", autocommit=True) as owner:
            assert [one.name for one in migrate(owner, folder, tell)] == ["0003_column.sql"]
    assert told == 2 * ["0003_column.sql: others use the tables, it is tried again"]


def test_gives_up_on_tables_that_stay_locked(
    empty: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(empty, folder)
    (folder / "0003_column.sql").write_text("ALTER TABLE two ADD COLUMN number int;")
    monkeypatch.setattr(runner, "PATIENCE_SECONDS", 0.0)
    with connect(empty, "owner") as reader:
        reader.execute("SELECT FROM two")
        with pytest.raises(MigrationError, match=r"0003_column\.sql: others kept the tables locked"):
            run(empty, folder)
    assert run(empty, folder) == ["0003_column.sql"]


def test_two_at_the_same_time_build_indexes_without_waiting_for_each_other(parted: str, folder: Path) -> None:
    (folder / "0003_index.sql").write_text(INDEX_OF_ALL_PARTS)
    program = (
        "import sys, pathlib; from spotkeeper.db import connection, migrate\n"
        "with connection.connect(sys.argv[1], 'owner', autocommit=True) as owner:\n"
        "    for migration in migrate.migrate(owner, pathlib.Path(sys.argv[2])): print(migration.name)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, parted, folder], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert "".join(outputs).split() == ["0003_index.sql"]
