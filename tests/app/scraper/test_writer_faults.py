"""What a database can do to the writer: every line is stored once or refused with its reason, never lost."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from spotkeeper.db.connection import Connection, Role
from spotkeeper.scraper import writer, writer_batch
from spotkeeper.scraper.spool import Spool
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Spot
from spotkeeper.spots.parse import parse

from tests.app.scraper.conftest import wait_until
from tests.app.scraper.writing import NOW, Station, line, writing
from tests.support.database import superuser

Login = Callable[[Role], Connection]

TALLY = "SELECT sum(received), sum(stored), sum(doubled), sum(unparsed), sum(refused) FROM tallies"
OTHER_SCRAPER = "another scraper writes into the same database"


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0.02)


@pytest.fixture
def station(tmp_path: Path, database: str) -> Iterator[Station]:
    with writing(tmp_path, database) as station:
        yield station


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    with psycopg.connect(database, user="owner", autocommit=True) as connection:
        yield connection


def raise_for(owner: Connection, dx: str, code: str, times: int) -> None:
    """Let the first `times` inserts of this DX fail with this SQLSTATE."""
    owner.execute("CREATE SEQUENCE faults")  # it counts what is rolled back too
    owner.execute(
        f"""CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
            IF NEW.dx = '{dx}' AND nextval('faults') <= {times} THEN
                RAISE EXCEPTION 'made to fail' USING ERRCODE = '{code}', CONSTRAINT = 'made_up';
            END IF;
            RETURN NEW;
        END $$"""
    )
    owner.execute("CREATE TRIGGER fail BEFORE INSERT ON spot_rows FOR EACH ROW EXECUTE FUNCTION fail()")


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("40P01", id="deadlock"),
        pytest.param("40001", id="serialization failure"),
        pytest.param("57014", id="statement time-out"),
        pytest.param("55P03", id="lock time-out"),
        pytest.param("57P01", id="the server shuts down"),
        pytest.param("53100", id="disk full"),
        pytest.param("25006", id="read-only server"),
        pytest.param("42501", id="a right that is missing"),
        pytest.param("XX000", id="an error of PostgreSQL's own"),
    ],
)
def test_what_passes_is_tried_again(code: str, station: Station, owner: Connection) -> None:
    raise_for(owner, "K3ABC", code, times=2)
    station.fill(*[line(f"K{number}ABC") for number in range(10)])
    assert owner.execute("SELECT count(*) FROM spots").fetchone() == (10,)
    assert owner.execute(TALLY).fetchone() == (10, 10, 0, 0, 0)
    assert owner.execute("SELECT count(*) FROM refused_rows").fetchone() == (0,)
    assert station.value("spots_doubled_total") == 0


@pytest.mark.parametrize("code", ["22P02", "23514", "23502", "54000"])
def test_one_row_in_a_thousand_is_refused_by_itself(
    code: str, station: Station, owner: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    raise_for(owner, "K321A", code, times=10**6)
    station.fill(*[line(f"K{number}A") for number in range(1000)])
    assert owner.execute("SELECT count(*) FROM spots").fetchone() == (999,)
    assert owner.execute("SELECT line, reason FROM refused_rows").fetchall() == [
        (line("K321A"), "made to fail")
    ]
    assert owner.execute(TALLY).fetchone() == (1000, 999, 0, 0, 1)
    # Two for each halving, one for the row itself.
    assert owner.execute("SELECT last_value FROM faults").fetchone()[0] <= 12
    assert [record.levelno for record in caplog.records].count(logging.ERROR) == 1


def test_a_batch_that_is_refused_whole(station: Station, owner: Connection) -> None:
    owner.execute("ALTER TABLE spot_rows ADD CHECK (dx NOT LIKE 'K%')")
    station.fill(*[line(f"K{number}A") for number in range(20)], line("N1ABC"))
    assert owner.execute(TALLY).fetchone() == (21, 1, 0, 0, 20)


def test_what_was_read_while_a_batch_was_refused_is_stored_with_all_its_words(
    tmp_path: Path, database: str, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "BATCH_LINES", 5)
    raise_for(owner, "K3ABC", "23514", times=10**6)
    countries = Countries(
        "K,United States,291,NA,5,8,37.60,91.87,5.0,K;\nF,France,227,EU,14,27,46.00,-2.00,-1.0,F;\n"
        "DL,Germany,230,EU,14,28,51.00,-10.00,-1.0,DL;\n"
    )
    with writing(tmp_path, database, countries) as station:
        station.fill(*[line(f"{call}{number}ABC") for call in ("K", "DL") for number in range(5)])
    assert owner.execute("SELECT count(*), count(dx_dxcc) FROM spots").fetchone() == (9, 9)
    assert owner.execute("SELECT count(*) FROM refused_rows").fetchone() == (1,)


def test_a_partition_that_vanishes_is_made_again(station: Station, owner: Connection) -> None:
    station.fill(line("K1ABC"))
    month = f"{datetime.fromtimestamp(NOW / 1e6, UTC):%Y_%m}"
    owner.execute(f"DROP TABLE spots_human_{month}")
    station.fill(line("K2ABC"))
    assert owner.execute("SELECT dx FROM spots").fetchall() == [("K2ABC",)]
    assert owner.execute(TALLY).fetchone() == (2, 2, 0, 0, 0)


def test_partitions_are_made_before_their_month_begins(
    tmp_path: Path, database: str, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "AHEAD", timedelta(days=100))
    month = f"spots_machine_{datetime.now(UTC) + timedelta(days=100):%Y_%m}"

    def there() -> bool:
        return owner.execute("SELECT to_regclass(%s)", [month]).fetchone() != (None,)

    assert not there()
    with writing(tmp_path, database):
        wait_until(there, f"there is {month}")


def test_a_locked_table_is_waited_for(station: Station, owner: Connection, login: Login) -> None:
    station.fill(line("K1ABC"))
    with owner.transaction():
        owner.execute("LOCK TABLE spot_rows")
        station.spool.append("demo", NOW, [line("K2ABC")])
        with superuser() as admin:
            blocked = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            wait_until(lambda: admin.execute(blocked).fetchall() != [], "the writer waits and is cancelled")
        wait_until(lambda: station.value("database_up") == 0, "the writer says so")
        assert "canceling statement" in station.writer.trouble
        assert station.writer.trouble_since is not None
    station.fill()
    assert owner.execute(TALLY).fetchone() == (2, 2, 0, 0, 0)
    wait_until(lambda: station.writer.trouble == "", "the trouble is over")
    assert station.writer.trouble_since is None


@pytest.mark.slow
def test_connections_that_are_ended_all_the_time(station: Station, owner: Connection) -> None:
    lines = [line(f"K{number}A") for number in range(3000)]
    ended = threading.Event()

    def end() -> None:
        with superuser() as admin:
            while not ended.wait(0.1):
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                    " AND application_name = 'spotkeeper scraper'",
                    [owner.info.dbname],
                )

    killer = threading.Thread(target=end)
    killer.start()
    try:
        for first in range(0, 3000, 100):
            station.spool.append("demo", NOW, lines[first : first + 100])
            time.sleep(0.05)
    finally:
        ended.set()
        killer.join()
    station.fill()
    assert owner.execute("SELECT count(*) FROM spots").fetchone() == (3000,)
    assert owner.execute(TALLY).fetchone() == (3000, 3000, 0, 0, 0)
    assert station.value("spots_doubled_total") == 0


def test_a_full_disk_under_the_spool_stores_nothing_twice(
    station: Station, owner: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(writer, "RETRY_SECONDS", 60)
    remove, full = Spool.remove, threading.Event()
    full.set()

    def refuse(spool: Spool, through: int) -> None:
        if full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        remove(spool, through)

    monkeypatch.setattr(Spool, "remove", refuse)
    for number in range(5):
        station.spool.append("demo", NOW, [line(f"K{number}ABC")])
        stored = f"SELECT 1 FROM spots WHERE dx = 'K{number}ABC'"
        wait_until(lambda: owner.execute(stored).fetchall() == [(1,)], "it is stored")  # noqa: B023
    assert len(station.spool) == 5
    full.clear()
    station.fill()
    assert owner.execute(TALLY).fetchone() == (5, 5, 0, 0, 0)
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert len(told) == 1
    assert "database or disk is full" in told[0]


def test_two_scrapers_store_nothing_twice_and_say_so_once(
    station: Station,
    tmp_path: Path,
    owner: Connection,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(writer, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(writer, "RIVAL_SECONDS", 0.3)
    station.fill(line("K0ABC"))
    lines = [line(f"K{number}ABC") for number in range(2000)]
    (tmp_path / "other").mkdir()
    with writing(tmp_path / "other", station.conninfo) as other:
        for first in range(0, 2000, 50):
            station.spool.append("demo", NOW, lines[first : first + 50])
            other.spool.append("demo", NOW, lines[first : first + 50])
        other.fill()
        station.fill()
        wait_until(lambda: OTHER_SCRAPER in caplog.text, "it is told")
        other.fill(line("N1ABC"))
        time.sleep(0.5)
    assert owner.execute("SELECT count(*), count(DISTINCT dx) FROM spots").fetchone() == (2001, 2001)
    assert owner.execute(TALLY).fetchone() == (4002, 2001, 2001, 0, 0)
    assert caplog.text.count(OTHER_SCRAPER) == 1


def test_a_gap_that_is_none_is_refused(station: Station, owner: Connection) -> None:
    station.spool.append("demo", NOW, [b'{"began": 1}'], "gap")
    station.fill(line("K1ABC"))
    ((node, reason),) = owner.execute("SELECT node, reason FROM refused_rows").fetchall()
    assert node == "demo"
    assert reason.startswith("no gap: ")
    assert owner.execute(TALLY).fetchone() == (1, 1, 0, 0, 0)


def test_a_mistake_in_the_parser_holds_nothing_up(
    station: Station, owner: Connection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(line: bytes, received: float, countries: Countries | None = None) -> Spot | None:
        if b"K3ABC" in line:
            raise RecursionError("too deep")
        meaning = parse(line, received, countries)
        return meaning if isinstance(meaning, Spot) else None

    monkeypatch.setattr(writer_batch, "parse", stumble)
    station.fill(*[line(f"K{number}ABC") for number in range(10)])
    assert owner.execute("SELECT line, reason FROM refused_rows").fetchall() == [
        (line("K3ABC"), "a mistake in the program: RecursionError('too deep')")
    ]
    assert owner.execute(TALLY).fetchone() == (10, 9, 0, 0, 1)
    assert "RecursionError" in caplog.text
