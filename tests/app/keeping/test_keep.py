"""`spotkeeper keep`, `storage` and `rollups` as the operator and the timer run them."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psycopg
import pytest
from spotkeeper import cli
from spotkeeper.db import keeping as table
from spotkeeper.db import partitions, rollups
from spotkeeper.db.connection import Connection, connect
from spotkeeper.keeping import job
from spotkeeper.keeping.policy import Disk
from spotkeeper.settings import Keeping

from tests.app.keeping.conftest import Login, month_before, some_spots, sums, wait_until
from tests.app.keeping.dropping import drop_month, the_month
from tests.support.spots import a_spot, add_spots

GB = 1_000_000_000
ROOMY = Disk(25 * GB, 20 * GB)
QUIET = Keeping(machine_days=30, free_mb=0, free_percent=0)


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[Disk | None], None]:
    """Sets how full the database's disk is; at first it has room."""

    def make(disk: Disk | None) -> None:
        monkeypatch.setattr(job, "disk_of", lambda keeping: disk)
        monkeypatch.setattr("spotkeeper.keeping.storage.disk_of", lambda keeping: disk)

    make(ROOMY)
    return make


@pytest.fixture
def filled(owner: Connection, login: Login) -> Connection:
    """The owner's connection; this month, the last one and the third before have spots, which rest."""
    add_spots(
        login("scraper"), *some_spots(Random(1), 200, month_before(0), month_before(1), month_before(3))
    )
    rest(owner)
    return owner


def rest(owner: Connection) -> None:
    """As if nothing had been added for three days."""
    partitions.note_growth(owner)
    owner.execute("UPDATE months SET changed = now() - interval '3 days'")


def tables(connection: Connection) -> set[str]:
    return {partition.name for partition in partitions.partitions(connection)}


def name_of(source: str, before: int) -> str:
    return f"spots_{source}_{month_before(before):%Y_%m}"


def spots_of(connection: Connection, source: str, before: int) -> int:
    [(number,)] = connection.execute(
        "SELECT count(*) FROM spots WHERE source = %s AND date_trunc('month', time) = %s",
        [source, month_before(before)],
    ).fetchall()
    return int(number)


# What goes and what stays


def test_the_audit_trail_lasts_400_days_and_what_is_left_of_invitations_90(owner: Connection) -> None:
    for days in (401, 399):
        owner.execute(
            """
            INSERT INTO audit_trail (time, event, actor)
            VALUES (now() - make_interval(days => %s), 'signed in', %s)
            """,
            [days, f"{days} days ago"],
        )
    for days in (91, 89):
        owner.execute(
            """
            INSERT INTO invitations (hash, role, name_hint, expires)
            VALUES (%(hash)s, 'user', %(hint)s, now() - make_interval(days => %(days)s))
            """,
            {"hash": bytes([days]) * 32, "hint": f"over for {days} days", "days": days},
        )
    assert job.keep(owner, QUIET)
    assert owner.execute("SELECT actor FROM audit_trail").fetchall() == [("399 days ago",)]
    assert owner.execute("SELECT name_hint FROM invitations").fetchall() == [("over for 89 days",)]


def test_an_old_machine_month_goes_whole_and_nothing_else(filled: Connection, database: str) -> None:
    kept = sums(filled)
    human, now = spots_of(filled, "human", 3), spots_of(filled, "machine", 0)
    assert spots_of(filled, "machine", 3)
    with connect(database, "owner", autocommit=True) as owner:
        assert job.keep(owner, QUIET)
    assert name_of("machine", 3) not in tables(filled)
    assert spots_of(filled, "machine", 3) == 0
    assert (spots_of(filled, "human", 3), spots_of(filled, "machine", 0)) == (human, now)
    assert sums(filled) == kept
    assert rollups.check(filled, lambda _: None) == []


def test_a_spot_of_a_dropped_month_that_comes_again_is_not_counted_twice(
    filled: Connection, login: Login
) -> None:
    scraper = login("scraper")
    again = some_spots(Random(1), 200, month_before(0), month_before(1), month_before(3))
    kept = sums(filled)
    drop_month(filled, "machine", month_before(3))
    add_spots(scraper, *again)
    assert sums(filled) == kept
    # Another one of that month finds no partition, and holds up none of its batch.
    time = int(month_before(3).timestamp())
    add_spots(
        scraper,
        a_spot(time=time, dx="T77A", source="machine"),
        a_spot(time=time, dx="T77B", source="human"),
    )
    assert filled.execute("SELECT dx FROM spots WHERE dx LIKE 'T77%'").fetchall() == [("T77B",)]
    assert rollups.check(filled, lambda _: None) == []


def test_partitions_of_two_months_ahead_are_made(owner: Connection, database: str) -> None:
    assert partitions.ahead(owner) == 1
    with connect(database, "owner", autocommit=True) as keeper:
        assert job.keep(keeper, QUIET)
    assert partitions.ahead(owner) == 2


def test_short_of_room_the_oldest_machine_month_goes_and_it_is_said(
    filled: Connection,
    database: str,
    disk: Callable[[Disk | None], None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spotkeeper.keeping.policy.WORTH_BYTES", 1)
    disk(Disk(25 * GB, 2 * GB - 1))
    keeping = Keeping(machine_days=0, free_mb=2000, free_percent=0)
    with connect(database, "owner", autocommit=True) as keeper, caplog.at_level(logging.INFO):
        assert job.keep(keeper, keeping)
    assert name_of("machine", 3) not in tables(filled)
    assert name_of("machine", 1) in tables(filled)
    [record] = [record for record in caplog.records if getattr(record, "event", "") == "policy_shortened"]
    assert record.levelno == logging.WARNING
    assert f"dropped machine {month_before(3):%Y-%m}" in record.getMessage()
    assert "before its time" in record.getMessage()


def test_when_nothing_is_left_that_may_go_the_journal_says_so(
    filled: Connection, database: str, disk: Callable[[Disk | None], None], caplog: pytest.LogCaptureFixture
) -> None:
    disk(Disk(25 * GB, 0))
    with connect(database, "owner", autocommit=True) as keeper:
        assert job.keep(keeper, Keeping(machine_days=0, free_mb=2000, free_percent=0))
    [record] = [record for record in caplog.records if getattr(record, "event", "") == "headroom_gone"]
    assert record.getMessage().startswith("2000 MB more should be free")


def test_a_month_that_is_over_is_packed_once_and_reads_as_before(
    filled: Connection, login: Login, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    spots = filled.execute("SELECT * FROM spots ORDER BY time, key").fetchall()
    keeping = Keeping(machine_days=0, free_mb=0, free_percent=0)
    for expected in (True, False):
        caplog.clear()
        with connect(database, "owner", autocommit=True) as keeper, caplog.at_level(logging.INFO):
            assert job.keep(keeper, keeping)
        packed = [record for record in caplog.records if getattr(record, "event", "") == "month_packed"]
        assert bool(packed) == expected
    assert the_month(filled, "machine", month_before(3)).packed
    assert not the_month(filled, "machine", month_before(0)).packed
    assert filled.execute("SELECT * FROM spots ORDER BY time, key").fetchall() == spots


# Others are at work meanwhile


def test_spots_and_readers_go_on_while_a_month_waits_to_be_dropped(
    filled: Connection, login: Login, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader in the midst of the month is waited for; those who come later are not held up."""
    monkeypatch.setattr("spotkeeper.db.patience.PAUSE_SECONDS", 0.1)
    kept = sums(filled)
    reader = psycopg.connect(database, user="dashboard")
    reader.execute("SELECT count(*) FROM spots")
    scraper, page = login("scraper"), login("dashboard")
    for connection in (scraper, page):
        connection.execute("SET lock_timeout = '1s'")
    month = the_month(filled, "machine", month_before(3))
    with connect(database, "owner", autocommit=True) as keeper, ThreadPoolExecutor(1) as pool:
        table.close(keeper, month, "age")
        dropping = pool.submit(table.drop, keeper, month)
        wait_until(filled, "SELECT 1 FROM pg_inherits WHERE inhdetachpending")
        for number in range(10):
            add_spots(scraper, a_spot(dx=f"T{number}77"), a_spot(dx=f"T{number}77", source="machine"))
            page.execute("SELECT count(*) FROM spots WHERE dx = 'T077'").fetchall()
        assert not dropping.done()
        reader.close()
        assert dropping.result().spots > 0
    assert len(sums(filled)["calls"]) == len(kept["calls"]) + 10
    assert rollups.check(filled, lambda _: None) == []


def test_a_reader_who_never_ends_puts_the_drop_off(
    filled: Connection, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(table, "DROP_PATIENCE_SECONDS", 0)
    monkeypatch.setattr(table, "REINDEX_PATIENCE_SECONDS", 0.1)
    kept = sums(filled)
    with psycopg.connect(database, user="dashboard") as reader:
        reader.execute("SELECT count(*) FROM spots")
        with connect(database, "owner", autocommit=True) as keeper:
            assert not job.keep(keeper, QUIET)
    assert "is not dropped yet: somebody has been reading it for long" in caplog.text
    assert rollups.check(filled, lambda _: None) == [], "in between, too, the sums are right"
    with connect(database, "owner", autocommit=True) as keeper:
        assert job.keep(keeper, QUIET)
    assert name_of("machine", 3) not in tables(filled)
    assert sums(filled) == kept


KEEP = """
import sys, pathlib
from spotkeeper.db import connection, keeping, partitions, patience
from tests.app.keeping.dropping import the_month
from datetime import datetime, UTC
patience.PAUSE_SECONDS = 0.1
with connection.connect(sys.argv[1], 'owner', autocommit=True) as owner:
    month = the_month(owner, 'machine', datetime.fromisoformat(sys.argv[2]))
    keeping.claim(owner, wait=True)
    if sys.argv[3] == 'pack':
        keeping.pack(owner, month)
    else:
        keeping.close(owner, month, 'age')
        keeping.drop(owner, month)
"""


def killed_while(
    filled: Connection, database: str, what: str, hold: Callable[[], object], reached: str
) -> None:
    """Start it in a process, which waits for what `hold` holds, and kill it when the query has an answer."""
    root = Path(__file__).parents[3]
    hold()
    arguments = [sys.executable, "-c", KEEP, database, month_before(3).isoformat(), what]
    process = subprocess.Popen(arguments, cwd=root, env={**os.environ, "PYTHONPATH": str(root)})
    try:
        wait_until(filled, reached)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    # PostgreSQL finds out within seconds that nobody is there any more.
    wait_until(filled, ALONE)


ALONE = """
    SELECT 1 WHERE NOT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE application_name = 'spotkeeper owner' AND datname = current_database()
            AND pid <> pg_backend_pid()
    )
"""
DETACH_WAITS = "SELECT 1 FROM pg_inherits WHERE inhdetachpending"
FOLD_WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
REINDEX_WAITS = "SELECT 1 FROM pg_class WHERE relname ~ '_ccnew'"


@pytest.mark.parametrize("after", ["close", "detach", "fold"])
def test_a_drop_that_was_killed_is_taken_up_again(filled: Connection, database: str, after: str) -> None:
    kept = sums(filled)
    other = psycopg.connect(database, user="owner")
    name = name_of("machine", 3)
    if after == "close":
        table.close(filled, the_month(filled, "machine", month_before(3)), "age")
    elif after == "detach":
        killed_while(filled, database, "drop", lambda: other.execute(f"SELECT FROM {name}"), DETACH_WAITS)
    else:
        filled.execute(f"ALTER TABLE spots_machine DETACH PARTITION {name}")
        killed_while(filled, database, "drop", lambda: other.execute(f"SELECT FROM {name}"), FOLD_WAITS)
    other.close()
    assert name in tables(filled)
    assert rollups.check(filled, lambda _: None) == [], "in between, too, the sums are right"
    with connect(database, "owner", autocommit=True) as keeper:
        assert job.keep(keeper, QUIET)
    assert name not in tables(filled)
    assert sums(filled) == kept
    assert rollups.check(filled, lambda _: None) == []


def test_packing_that_was_killed_is_done_again_and_leaves_nothing_behind(
    filled: Connection, database: str
) -> None:
    # A transaction that was there before is what REINDEX CONCURRENTLY waits for.
    other = psycopg.connect(database, user="owner")
    table = name_of("machine", 3)
    killed_while(
        filled,
        database,
        "pack",
        lambda: other.execute(f"INSERT INTO {table} SELECT * FROM spot_rows LIMIT 0"),
        REINDEX_WAITS,
    )
    other.close()
    assert filled.execute("SELECT 1 FROM pg_index WHERE NOT indisvalid").fetchone()
    with connect(database, "owner", autocommit=True) as keeper:
        assert job.keep(keeper, Keeping(machine_days=0, free_mb=0, free_percent=0))
    assert the_month(filled, "machine", month_before(3)).packed
    assert filled.execute("SELECT 1 FROM pg_index WHERE NOT indisvalid").fetchone() is None
    assert filled.execute("SELECT 1 FROM pg_class WHERE relname ~ '_cc(new|old)'").fetchone() is None


def test_two_at_the_same_time_wait_for_each_other(filled: Connection, database: str) -> None:
    kept = sums(filled)

    def run(_: int) -> bool:
        with connect(database, "owner", autocommit=True) as keeper:
            return job.keep(keeper, Keeping(machine_days=20, free_mb=0, free_percent=0))

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, range(3))) == 3 * [True]
    assert sums(filled) == kept


# By the command line

SETTINGS = """
[database]
conninfo = "{conninfo}"
[scraper]
callsign = "N0CALL-1"
nodes = [{{name = "demo", kind = "dxspider", host = "192.0.2.1", port = 7300}}]
spool = "{folder}/spool.sqlite"
[keeping]
machine_days = 30
free_mb = 0
free_percent = 0
disk = "{folder}"
"""


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """`spotkeeper ARGUMENTS` with the test's database: exit code, stdout, stderr."""
    file = tmp_path / "spotkeeper.toml"
    file.write_text(SETTINGS.format(conninfo=database, folder=tmp_path))
    monkeypatch.setenv("SPOTKEEPER_SETTINGS", str(file))

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit:
            cli.main(list(arguments))
        printed = capsys.readouterr()
        return int(exit.value.code or 0), printed.out, printed.err

    return run


def test_a_dry_run_says_what_a_run_then_does(filled: Connection, run: Run) -> None:
    before, rows = tables(filled), filled.execute("SELECT * FROM months ORDER BY 1, 2").fetchall()
    code, out, _ = run("keep", "--dry-run")
    assert code == 0
    assert f"would drop machine {month_before(3):%Y-%m} by age: " in out
    assert f"would pack human {month_before(3):%Y-%m}: " in out
    assert "would make the partitions of 1 of the coming months" in out
    assert tables(filled) == before
    assert filled.execute("SELECT * FROM months ORDER BY 1, 2").fetchall() == rows
    assert run("keep")[0] == 0
    assert before - tables(filled) == {name_of("machine", 3)}
    assert run("keep", "--dry-run")[:2] == (0, "")


def test_storage_tells_what_another_policy_would_free(filled: Connection, run: Run) -> None:
    old, last = f"machine {month_before(3):%Y-%m}", f"human {month_before(3):%Y-%m}"
    code, out, _ = run("storage")
    assert code == 0
    assert out.rstrip().splitlines()[-1].endswith(f" next: {old}")
    code, out, _ = run("storage", "--policy", "machine_days=0")
    assert "This policy frees nothing now." in out
    code, out, _ = run("storage", "--policy", "machine_days=30", "--policy", "human_days=30")
    assert out.rstrip().splitlines()[-1].endswith(f" next: {last}, {old}")
    assert "human spots 30 days (by whole months: 61 at most)" in out
    assert name_of("machine", 3) in tables(filled), "nothing is dropped"


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("machine_days=-1", "'machine_days=-1': machine_days: expected a whole number >= 0"),
        ("machine_days=soon", "'machine_days=soon': machine_days: expected a whole number"),
        ("days=3", "'days=3': 'days' is not one of human_days, machine_days"),
        ("machine_days", "'machine_days': machine_days: expected a whole number"),
    ],
)
def test_a_policy_that_cannot_be_is_named(run: Run, policy: str, sentence: str) -> None:
    code, out, err = run("storage", "--policy", policy)
    assert (code, out) == (2, "")
    assert sentence in err


def test_storage_adds_up_for_programs_and_counts_exactly(
    filled: Connection, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "spool.sqlite").write_bytes(bytes(1000))
    (tmp_path / "spool.sqlite-wal").write_bytes(bytes(24))
    spots = spots_of(filled, "machine", 3)
    assert run("keep")[0] == 0
    code, out, _ = run("storage", "--json")
    assert code == 0
    said = json.loads(out)
    assert said["spool_bytes"] == 1024
    assert said["database_bytes"] == (
        said["spots_bytes"] + sum(said["sums_bytes"].values()) + said["other_bytes"]
    )
    months = {(month["source"], month["month"]): month for month in said["months"]}
    dropped = months["machine", f"{month_before(3):%Y-%m}"]
    assert (dropped["spots"], dropped["reason"], dropped["table_bytes"]) == (spots, "age", 0)
    assert dropped["dropped"] and dropped["dropped_bytes"] > 0
    assert months["human", f"{month_before(3):%Y-%m}"]["packed"]
    assert months["human", f"{month_before(1):%Y-%m}"]["spots"] == spots_of(filled, "human", 1)
    assert (said["disk_bytes"], said["free_bytes"]) == ROOMY
    assert said["last_keep"]


def test_where_the_disk_cannot_be_seen_it_is_said(
    filled: Connection, run: Run, disk: Callable[[Disk | None], None], tmp_path: Path
) -> None:
    disk(None)
    assert f"Disk      cannot be seen at {tmp_path}: its headroom is not watched" in run("storage")[1]
    assert run("keep")[0] == 0


def test_a_run_leaves_its_figures_for_the_node_exporter(
    filled: Connection, run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "keep.prom"
    assert run("keep", "--metrics", str(file))[0] == 0
    figures = dict(line.rsplit(" ", 1) for line in file.read_text().splitlines() if not line.startswith("#"))
    assert float(figures["spotkeeper_keep_months_ahead"]) == 2
    assert float(figures["spotkeeper_keep_months_shortened"]) == 0
    assert float(figures["spotkeeper_database_disk_free_bytes"]) == ROOMY.free
    assert float(figures["spotkeeper_keep_last_success_timestamp_seconds"]) > 1.7e9
    assert run("keep", "--metrics", str(tmp_path / "nowhere" / "keep.prom"))[0] == 0
    assert f"the figures are not written: {tmp_path / 'nowhere'}" in caplog.text


def test_rollups_are_checked_and_put_right(filled: Connection, run: Run) -> None:
    assert run("rollups", "rebuild", "--check")[:2] == (0, "the sums are what the spots say\n")
    filled.execute("UPDATE calls SET spotted = spotted + 1 WHERE call = 'F5AAA'")
    code, out, err = run("rollups", "rebuild", "--check")
    assert code == 1
    assert out.startswith("calls: 1 differ\n  F5AAA: is ")
    assert "summed up machine" in err, "progress is shown"
    assert run("rollups", "rebuild")[0] == 0
    assert run("rollups", "rebuild", "--check")[0] == 0


def test_a_rebuild_waits_for_a_run_of_keep(filled: Connection, run: Run, database: str) -> None:
    with connect(database, "owner", autocommit=True) as keeper:
        assert table.claim(keeper, wait=False)
        threading.Timer(0.5, keeper.close).start()
        code, _, err = run("rollups", "rebuild")
    assert code == 0
    assert "waiting for it" in err


def test_the_storage_is_told_to_the_dashboard_too(filled: Connection, login: Login) -> None:
    from spotkeeper.keeping.storage import read

    told = read(login("dashboard"), QUIET)
    assert [month.month for month in told.months][-1] == f"{month_before(3):%Y-%m}"
    assert told.checked <= datetime.now(UTC)
