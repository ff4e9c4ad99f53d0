"""`spotkeeper import rbn`."""

import gzip
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from spotkeeper.db import imports, patience
from spotkeeper.db.connection import Connection, Role
from spotkeeper.importing import command, shown
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Spot
from spotkeeper.spots.parse import parse

from tests.app.importing.conftest import Run
from tests.app.importing.made_up import HEADER, MONDAY, day, reports
from tests.support.processes import HEEDS_CTRL_C
from tests.support.spots import add_spots

Rows = Callable[..., list[tuple[Any, ...]]]
Check = Callable[[], bool]
COUNTRY_FILE = Path("/usr/share/hamradio-files/cty.csv")
# Everything but where a spot is from.
WORDS = """
time, dx, spotter, frequency_hz, band, mode, mode_source, source, snr_db, wpm, dx_grid, spotter_grid, comment,
qsx_hz, dx_dxcc, dx_continent, dx_cq_zone, dx_itu_zone, spotter_dxcc, spotter_continent, spotter_cq_zone,
spotter_itu_zone, distance_km, bearing, place_source, beacon, report, propagation, satellite, refs
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "20260302.csv"


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small file has many portions."""
    monkeypatch.setattr(command, "RBN_PIECE_BYTES", 20_000)


def tell_live(login: Callable[[Role], Connection], count: int) -> int:
    """Store reports as the scraper does that has them from the RBN's node; how many spots that makes."""
    countries = Countries(COUNTRY_FILE.read_text())
    spots = []
    for report in reports(count):
        spot = parse(report.line.encode(), report.time.timestamp() + 2, countries)
        assert isinstance(spot, Spot), spot
        spots.append(spot)
    add_spots(login("scraper"), *spots, node="rbn")
    return len({(spot.time, spot.dx, spot.spotter, (spot.frequency_hz + 500) // 1000) for spot in spots})


def test_an_imported_spot_is_what_a_live_one_is(
    login: Callable[[Role], Connection],
    run: Run,
    file: Path,
    rows: Rows,
    owner: Connection,
    sums_are_right: Check,
) -> None:
    stored = tell_live(login, 3000)
    live = rows(WORDS)
    owner.execute("TRUNCATE spot_rows, hours, dxcc_hours, calls")
    file.write_text(day(3000))
    outcome = run("rbn", file)
    assert outcome == (
        0,
        f"{file}: 3,001 lines: {stored:,} spots stored, {3000 - stored:,} were stored already, 0 refused\n",
        "",
    )
    assert rows(WORDS) == live
    assert {row[0] for row in rows("beacon")} == {True, False}
    assert set(rows("node, recovered, received")) == {("import", False, None)}
    assert sums_are_right()


@pytest.mark.usefixtures("small_pieces")
def test_nothing_is_stored_twice(
    login: Callable[[Role], Connection], run: Run, file: Path, rows: Rows, sums_are_right: Check
) -> None:
    file.write_text(day(3000))
    first = run("rbn", file)
    once = rows("*")
    again = run("rbn", file)
    assert again.out == first.out.replace(
        "lines:", "lines, all by an earlier import (--again reads it again):"
    )
    forced = run("rbn", "--again", file)
    assert "3,001 lines: 0 spots stored, 3,000 were stored already" in forced.out
    assert rows("*") == once
    assert sums_are_right()


@pytest.mark.usefixtures("small_pieces")
def test_what_the_scraper_stored_before_stays_as_it_is(
    login: Callable[[Role], Connection], run: Run, file: Path, rows: Rows, sums_are_right: Check
) -> None:
    told = tell_live(login, 1000)
    live = rows("*")
    file.write_text(day(2000))
    outcome = run("rbn", "--node", "rbn.csv", file)
    assert outcome.code == 0
    now = rows("*")
    assert [row for row in now if row in live] == live
    new = len(now) - told
    assert new > 0
    assert f" {new:,} spots stored, {2000 - new:,} were stored already" in outcome.out
    assert {node for (node,) in rows("node")} == {"rbn", "rbn.csv"}
    assert sums_are_right()


def test_spots_that_come_at_the_same_time(
    login: Callable[[Role], Connection],
    run: Run,
    file: Path,
    rows: Rows,
    sums_are_right: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # They come after it was asked whether there are any.
    monkeypatch.setattr(imports, "_has_spots", lambda *_: False)
    tell_live(login, 500)
    file.write_text(day(1000))
    assert run("rbn", file).code == 0
    assert {node for (node,) in rows("node")} == {"rbn", "import"}
    assert sums_are_right()


def test_the_tallies_are_of_nodes_alone(run: Run, file: Path, owner: Connection) -> None:
    file.write_text(day(10))
    run("rbn", file)
    assert owner.execute("SELECT count(*) FROM tallies").fetchone() == (0,)


def test_packed_files_and_a_file_that_was_unpacked_before(
    run: Run, file: Path, tmp_path: Path, rows: Rows
) -> None:
    days = [day(50, seed, MONDAY + timedelta(days=seed)) for seed in range(3)]
    file.write_text(days[0])
    with zipfile.ZipFile(tmp_path / "two.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("20260302.csv", days[0])
        packed.writestr("20260303.csv", days[1])
    (tmp_path / "20260304.csv.gz").write_bytes(gzip.compress(days[2].encode()))
    outcome = run("rbn", file, tmp_path / "two.zip", tmp_path / "20260304.csv.gz")
    assert outcome.code == 0
    first, same, second, third = outcome.out.splitlines()
    assert first.startswith(f"{file}: 51 lines: ")
    assert same.startswith(f"{tmp_path}/two.zip: 20260302.csv: 51 lines, all by an earlier import")
    assert second.startswith(f"{tmp_path}/two.zip: 20260303.csv: 51 lines: ")
    assert third.startswith(f"{tmp_path}/20260304.csv.gz: 51 lines: ")
    assert {moment.day for (moment,) in rows("time")} == {2, 3, 4}


def test_refused_lines_of_what_lies_in_a_folder_of_an_archive(run: Run, tmp_path: Path, rows: Rows) -> None:
    with zipfile.ZipFile(tmp_path / "days.zip", "w") as packed:
        packed.writestr("march/02.csv", day(5, 1, MONDAY).replace("\n", "\nrubbish\n", 1))
    outcome = run("rbn", tmp_path / "days.zip")
    assert outcome.code == 1
    assert f"they are in {tmp_path}/days.zip: march-02.csv.refused" in outcome.out
    assert "rubbish" in (tmp_path / "days.zip: march-02.csv.refused").read_text()
    assert len(rows("dx")) == 5


def test_a_file_of_the_first_years(run: Run, file: Path, rows: Rows) -> None:
    file.write_text(
        "callsign,de_pfx,de_cont,freq,band,dx,dx_pfx,dx_cont,mode,db,date\n"
        "F5AAA,F,EU,14025.2,20m,K1ABC,K,NA,CQ,21,2009-02-21 00:00:02\n"
        "F5AAA,F,EU,14098.7,20m,K1ABC,K,NA,,21,2009-02-21 00:00:58\n"
    )
    assert run("rbn", file).code == 0
    assert rows("mode, mode_source, snr_db, wpm, comment") == [
        ("CW", "guessed", 21, None, "21 dB  CQ"),
        ("RTTY", "guessed", 21, None, "21 dB"),
    ]


def test_a_frequency_beyond_what_units_of_100_hz_reach(run: Run, file: Path, rows: Rows) -> None:
    file.write_text(HEADER + next(reports(1))._replace(khz=241_000_000.5).row)
    assert run("rbn", file).code == 0
    assert rows("frequency_hz, khz") == [(241_000_000_500, 241_000_001)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("F5AAA,F,EU,14025.2,20m,K1ABC,K,NA,CQ,21,2026-03-02 00:00:02,26", "has 12 columns, not 13"),
        ("F5AAA!,F,EU,14025.2,20m,K1ABC,K,NA,CQ,21,2026-03-02 00:00:02,26,CW", "'F5AAA!' is not a call"),
        ("F5AAA,F,EU,14025.2,20m,,K,NA,CQ,21,2026-03-02 00:00:02,26,CW", "'' is not a call"),
        ("F5AAA,F,EU,14O25,20m,K1ABC,K,NA,CQ,21,2026-03-02 00:00:02,26,CW", "'14O25' is not a frequency"),
        ("F5AAA,F,EU,0,20m,K1ABC,K,NA,CQ,21,2026-03-02 00:00:02,26,CW", "0 kHz is out of range"),
        ("F5AAA,F,EU,14025.2,20m,K1ABC,K,NA,CQ,x,2026-03-02 00:00:02,26,CW", "'x' is not a number of dB"),
        (
            "F5AAA,F,EU,14025.2,20m,K1ABC,K,NA,CQ,21,2026-02-30 00:00:02,26,CW",
            "'2026-02-30 00:00' is not a time",
        ),
        ("F5AAA,F,EU,14025.2,20m,K1ABC,K,NA,CQ,21,1970-01-01 00:00:02,26,CW", "is from before 1980"),
        ("F5AAA,F,EU,14025.2,20m,K1ABC,K,NA,CQ,21,9999-01-01 00:00:02,26,CW", "is in the future"),
        (
            "F5AAA,F,EU,14025.2,20m,K1ABC,K,NA,C\tQ,21,2026-03-02 00:00:02,26,CW",
            r"'C\tQ' is not a word of the RBN",
        ),
        (
            "F5AAA,F,EU,14025.2,20m,K1ABC,K,NA,CQ,21,2026-03-02 00:00:02,26,\\N",
            r"'\\N' is not a word of the RBN",
        ),
        ("nonsense", "has 1 columns, not 13"),
    ],
)
def test_lines_that_are_refused(run: Run, file: Path, rows: Rows, row: str, reason: str) -> None:
    good = next(reports(1)).row
    file.write_text(HEADER + good + row + "\n" + good + "(3 rows)\n")
    outcome = run("rbn", file)
    assert outcome.code == 1
    report, why, where = outcome.out.splitlines()
    assert report == f"{file}: 4 lines: 1 spots stored, 1 were stored already, 1 refused"
    assert where == f"  they are in {file}.refused"
    assert why.startswith("  1 refused: ")
    lines = Path(f"{file}.refused").read_text().splitlines()
    assert lines == ["# position\tline\twhy it was refused\tthe line", f"{len(HEADER)}\t3\t{reason}\t{row}"]
    assert len(rows("time")) == 1


def test_reasons_are_counted_whatever_their_values(run: Run, file: Path) -> None:
    bad = [next(reports(1)).row.replace("CQ,", f"CQ,{number}x,", 1) for number in range(3)]
    odd = [report._replace(spotter=f"F5'{number}").row for number, report in enumerate(reports(5))]
    file.write_text(HEADER + "".join(bad + odd))
    outcome = run("rbn", file)
    assert outcome.out.splitlines()[1:3] == [
        "  5 refused: … is not a call",
        "  3 refused: has 14 columns, not 13",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not a file of the RBN: its first line does not name callsign, freq, dx, mode, db, date"),
        (b"callsign,dx,freq\n", "is not a file of the RBN: its first line does not name mode, db, date"),
        (b"\0\1\2", "not a file of lines of text"),
        (b"PK\3\4nonsense", "cannot unpack"),
        (b"\x1f\x8bnonsense", "cannot"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_that_is_none_changes_nothing(
    run: Run, file: Path, tmp_path: Path, rows: Rows, content: bytes | None, sentence: str
) -> None:
    good = tmp_path / "good.csv"
    good.write_text(day(10))
    if content is not None:
        file.write_bytes(content)
    outcome = run("rbn", good, file)
    assert outcome.code == 2
    assert outcome.out == ""
    assert str(file) in outcome.err
    assert sentence in outcome.err
    assert outcome.err.count("\n") == 1
    assert rows("time") == []


def test_a_damaged_archive_is_known_before_anything_is_stored(run: Run, tmp_path: Path, rows: Rows) -> None:
    whole = gzip.compress(day(5000).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    outcome = run("rbn", tmp_path / "cut.csv.gz")
    assert outcome.code == 2
    assert "cannot unpack" in outcome.err
    assert rows("time") == []


def test_a_dry_run_stores_nothing(run: Run, file: Path, rows: Rows, owner: Connection) -> None:
    file.write_text(day(100) + "nonsense\n")
    outcome = run("rbn", "--dry-run", file)
    assert outcome.code == 1
    assert outcome.out.splitlines()[:2] == [
        f"{file}: 102 lines: 100 spots stored, 0 were stored already, 1 refused",
        "  1 refused: has 1 columns, not 13",
    ]
    assert rows("time") == []
    assert owner.execute("SELECT count(*) FROM import_progress").fetchone() == (0,)
    assert not Path(f"{file}.refused").exists()


def test_a_month_that_was_dropped_stays_so(run: Run, file: Path, rows: Rows, owner: Connection) -> None:
    owner.execute("INSERT INTO months (source, month, inserted, closed) VALUES ('m', '2026-03-01', 0, now())")
    march, april = next(reports(1)), next(reports(1, start=datetime(2026, 4, 1, tzinfo=UTC)))
    file.write_text(HEADER + march.row + april.row)
    outcome = run("rbn", file)
    assert outcome.code == 1
    assert "  1 refused: is of a month whose spots were dropped to save space\n" in outcome.out
    assert [moment.month for (moment,) in rows("time")] == [4]


def test_a_month_that_is_dropped_meanwhile_ends_it(
    run: Run, file: Path, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(day(100))
    kept = imports.prepare

    def close_a_month(connection: Connection) -> None:
        kept(connection)
        owner.execute(
            "INSERT INTO months (source, month, inserted, closed) VALUES ('m', '2026-03-01', 0, now())"
            " ON CONFLICT DO NOTHING"
        )

    monkeypatch.setattr(imports, "prepare", close_a_month)
    outcome = run("rbn", file)
    assert outcome.code == 2
    assert "meanwhile a month was dropped to save space: run it again" in outcome.err
    assert run("rbn", file).code == 1


def test_one_import_at_a_time(run: Run, file: Path, owner: Connection) -> None:
    file.write_text(day(10))
    assert imports.claim(owner)
    assert run("rbn", file) == (2, "", "spotkeeper: another import is at work: wait for its end\n")
    assert run("rbn", "--dry-run", file).code == 0


@pytest.mark.usefixtures("small_pieces")
def test_progress_elsewhere_than_on_a_terminal(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "LINE_SECONDS", 0.0)
    file.write_text(day(3000))
    lines = run("rbn", file).err.splitlines()
    assert len(lines) > 3
    assert all(line.startswith(f"{file}: ") and line.endswith(" a second") for line in lines)
    assert "100%, 3,001 lines, " in lines[-1]


def test_a_node_s_name_out_of_form(run: Run, file: Path) -> None:
    file.write_text(day(1))
    outcome = run("rbn", "--node", "No Node", file)
    assert outcome.code == 2
    assert "'No Node' is not a node's name" in outcome.err


class TestStopped:
    """In a process of its own, which is stopped in the middle."""

    LINES = 60_000

    @pytest.fixture
    def big(self, file: Path) -> Path:
        file.write_text(day(self.LINES).replace(HEADER, HEADER + "nonsense\n") + "nonsense\n")
        return file

    def start(self, file: Path) -> "subprocess.Popen[str]":
        program = (
            "import sys; from spotkeeper import cli; from spotkeeper.importing import command;"
            "command.RBN_PIECE_BYTES = 40_000; cli.main(sys.argv[1:])"
        )
        return subprocess.Popen(
            [*HEEDS_CTRL_C, sys.executable, "-c", program, "import", "rbn", str(file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def parts(self, owner: Connection) -> int:
        [(number,)] = owner.execute("SELECT count(*) FROM import_progress").fetchall()
        return int(number)

    def connections(self, owner: Connection) -> int:
        [(number,)] = owner.execute(
            """SELECT count(*) FROM pg_stat_activity
            WHERE application_name = 'spotkeeper import' AND datname = current_database()"""
        ).fetchall()
        return int(number)

    def stop_after(self, owner: Connection, process: "subprocess.Popen[str]", parts: int, sign: int) -> None:
        while self.parts(owner) < parts:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        os.kill(process.pid, sign)

    def test_by_kill_9(
        self, big: Path, run: Run, owner: Connection, rows: Rows, sums_are_right: Check
    ) -> None:
        for number in range(1, 4):
            process = self.start(big)
            self.stop_after(owner, process, number * 12, signal.SIGKILL)
            assert process.wait(30) == -signal.SIGKILL
            process.communicate()
            # What was sent is stored or not once its connection has ended.
            while self.connections(owner):
                time.sleep(0.05)
            assert sums_are_right()
        outcome = run("rbn", big)
        assert outcome.code == 1
        report, *_ = outcome.out.splitlines()
        stored = len(rows("time"))
        assert report.startswith(f"{big}: {self.LINES + 3:,} lines, ")
        assert report.endswith(
            f" by an earlier import: {stored:,} spots stored, {self.LINES - stored:,} were stored already,"
            " 2 refused"
        )
        assert self.parts(owner) == 1
        assert sums_are_right()
        _, first, last = Path(f"{big}.refused").read_text().splitlines()
        assert first == f"{len(HEADER)}\t2\thas 1 columns, not 13\tnonsense"
        assert last.endswith(f"\t{self.LINES + 4}\thas 1 columns, not 13\tnonsense")
        expected = {
            (report.time.replace(second=0), report.dx, report.spotter, int(report.khz + 0.5))
            for report in reports(self.LINES)
        }
        assert set(rows("time, dx, spotter, khz")) == expected
        assert stored == len(expected)

    def test_by_ctrl_c(
        self, big: Path, run: Run, owner: Connection, rows: Rows, sums_are_right: Check
    ) -> None:
        process = self.start(big)
        self.stop_after(owner, process, 8, signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 2
        assert "  stopped: the same command goes on from here\n" in out
        assert err.endswith("spotkeeper: stopped\n")
        assert "Traceback" not in err
        assert sums_are_right()
        outcome = run("rbn", big)
        assert outcome.code == 1
        assert f"{len(rows('time')):,} spots stored" in outcome.out
        assert sums_are_right()


def waits_for_a_lock(owner: Connection) -> bool:
    return bool(
        owner.execute(
            """SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
            AND usename = 'owner'"""
        ).fetchall()
    )


def test_it_waits_while_the_sums_are_made_anew(
    run: Run,
    file: Path,
    rows: Rows,
    login: Callable[[Role], Connection],
    owner: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0.1)
    file.write_text(day(100))
    locker = login("owner")

    def hold_until_it_waits() -> None:
        with locker.transaction():
            locker.execute("LOCK TABLE ONLY spot_rows IN SHARE ROW EXCLUSIVE MODE")
            locked.set()
            while not waits_for_a_lock(owner):
                time.sleep(0.01)

    locked = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold_until_it_waits)
        locked.wait(30)
        assert run("rbn", file).code == 0
        held.result(30)
    assert rows("time") != []


@pytest.mark.usefixtures("small_pieces")
def test_beside_a_scraper_that_stores_the_same(
    run: Run, file: Path, rows: Rows, login: Callable[[Role], Connection], sums_are_right: Check
) -> None:
    countries = Countries(COUNTRY_FILE.read_text())
    live = [parse(report.line.encode(), report.time.timestamp() + 2, countries) for report in reports(4000)]
    scraper = login("scraper")
    scraper.execute("SELECT ensure_spots_partition(%s)", [MONDAY])

    def scrape() -> None:
        for first in range(0, len(live), 200):
            while True:
                try:
                    add_spots(scraper, *live[first : first + 200], node="rbn")  # type: ignore[arg-type]
                except psycopg.errors.DeadlockDetected:
                    # As the scraper does it.
                    scraper.execute("DROP TABLE IF EXISTS arrived")
                else:
                    break

    file.write_text(day(4000))
    with ThreadPoolExecutor(1) as pool:
        scraped = pool.submit(scrape)
        assert run("rbn", file).code == 0
        scraped.result(60)
    expected = {
        (report.time.replace(second=0), report.dx, report.spotter, int(report.khz + 0.5))
        for report in reports(4000)
    }
    assert set(rows("time, dx, spotter, khz")) == expected
    assert len(rows("time")) == len(expected)
    assert sums_are_right()
