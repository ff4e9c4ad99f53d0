"""Lines on disk."""

import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from spotkeeper.errors import OperatorError
from spotkeeper.scraper.spool import Spool, SpoolFull

LINES = [b"one", b"\xfftwo\x00", b"three"]


def test_what_was_appended_is_there_after_a_crash_until_it_is_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append("demo", 5, LINES)
    spool = Spool(tmp_path / "spool")  # the first was never closed
    assert len(spool) == 3
    lines = spool.oldest(2)
    assert [(line.node, line.received, line.line) for line in lines] == [
        ("demo", 5, line) for line in LINES[:2]
    ]
    spool.remove(lines[-1].id)
    spool.append("demo", 6, [b"four"])
    spool = Spool(tmp_path / "spool")
    assert [line.line for line in spool.oldest(10)] == [b"three", b"four"]


@pytest.mark.parametrize("length", [1, 80, 1025])
@pytest.mark.parametrize("number", [1, 2, 47, 900])
def test_every_line_has_an_id_of_its_own_and_can_be_the_last_removed(
    tmp_path: Path, number: int, length: int
) -> None:
    spool = Spool(tmp_path / "spool")
    lines = [b"%d" % index * length for index in range(number)]
    spool.append("demo", 5, lines, "history")
    spool.append("other", 6, [b"last"])
    everything = spool.oldest(number + 10)
    assert [row.line for row in everything] == [*lines, b"last"]
    assert [row.id - everything[0].id for row in everything] == list(range(number + 1))
    assert {(row.node, row.received, row.kind) for row in everything[:-1]} == {("demo", 5, "history")}
    for end in (number // 3, number // 2, number - 1):
        left = everything[end + 1 :]
        assert spool.oldest(3, everything[end].id) == left[:3]
        spool.remove(everything[end].id)
        assert spool.oldest(number + 10) == left
        assert len(spool) == len(left)
    spool = Spool(tmp_path / "spool")
    assert len(spool) == 1
    spool.remove(everything[-1].id)
    assert len(spool) == 0


def test_no_id_is_given_twice_though_the_file_goes_back_to_an_earlier_state(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append("demo", 5, LINES)
    spool.close()
    earlier = (tmp_path / "spool").read_bytes()
    spool = Spool(tmp_path / "spool")
    given = {row.id for row in spool.oldest(10)}
    spool.append("demo", 5, LINES)
    given |= {row.id for row in spool.oldest(10)}
    spool.remove(max(given))
    spool.close()
    (tmp_path / "spool").write_bytes(earlier)
    Spool(tmp_path / "spool").close()
    spool = Spool(tmp_path / "spool")
    spool.append("demo", 5, LINES)
    assert not given & {row.id for row in spool.oldest(10)[3:]}


def test_at_the_bound_only_a_gap_is_let_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", 200_000)
    with pytest.raises(SpoolFull, match="200,000 are allowed"):
        for _ in range(1000):
            spool.append("demo", 5, [b"x" * 100] * 10)
    held = len(spool)
    assert 1000 < held < 2000
    assert 200_000 <= spool.bytes < 220_000
    spool.append("demo", 5, [b"{}"], "gap")
    lines = spool.oldest(2 * held)
    assert [row.kind for row in lines].count("gap") == 1
    spool.remove(lines[held // 2].id)
    spool.append("demo", 5, LINES)


def test_when_a_node_was_heard_last_is_known_when_its_lines_are_gone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    assert spool.last_heard("demo") is None
    spool.append("demo", 5, LINES)
    spool.append("demo", 7, LINES)
    spool.append("demo", 9, LINES, "history")
    spool.append("other", 8, LINES)
    spool.remove(spool.oldest(100)[-1].id)
    for opened in (spool, Spool(tmp_path / "spool")):
        assert opened.last_heard("demo") == 7
        assert opened.last_heard("other") == 8


def test_a_file_of_the_first_form_is_taken_over(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "spool") as file:
        file.executescript(
            """PRAGMA journal_mode = WAL;
            CREATE TABLE lines (
                id       INTEGER PRIMARY KEY,
                received INTEGER NOT NULL,  -- Unix microseconds
                node     TEXT    NOT NULL,
                line     BLOB    NOT NULL
            );"""
        )
        file.executemany(
            "INSERT INTO lines (received, node, line) VALUES (5, 'demo', ?)", [[line] for line in LINES]
        )
    file.close()
    spool = Spool(tmp_path / "spool")
    spool.append("demo", 6, [b"four"])
    assert [(row.line, row.kind) for row in spool.oldest(10)] == [
        (line, "live") for line in [*LINES, b"four"]
    ]


@pytest.mark.slow
def test_the_disk_gets_back_what_an_outage_took(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path)
    for _ in range(70):
        spool.append("demo", 5, [b"x" * 1000] * 1000)
    assert spool.bytes > 70_000_000
    spool.remove(spool.oldest(100_000)[-1].id)
    assert spool.bytes < 100_000
    assert path.stat().st_size < 1_000_000
    spool.append("demo", 6, LINES)
    assert len(Spool(path)) == 3


def test_a_place_that_cannot_be_used_is_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"scraper\.spool: cannot use .*/nowhere/spool: No such file"):
        Spool(tmp_path / "nowhere" / "spool")


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    code = "import sys, pathlib, spotkeeper.scraper.spool as it; it.Spool(pathlib.Path(sys.argv[1]))"
    spool = Spool(tmp_path / "spool")

    def second() -> str:
        command = [sys.executable, "-c", code, tmp_path / "spool"]
        return subprocess.run(command, capture_output=True, text=True, check=False).stderr

    assert "another process uses it" in second()
    spool.append("demo", 5, LINES)
    spool.close()
    assert second() == ""


def test_wait_ends_when_something_is_appended(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    threading.Timer(0.1, spool.append, ("demo", 5, LINES)).start()
    start = time.monotonic()
    spool.wait(10)
    assert time.monotonic() - start < 5
