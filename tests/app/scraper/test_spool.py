"""Lines on disk."""

import logging
import threading
import time
from pathlib import Path

import pytest
from spotkeeper.errors import OperatorError
from spotkeeper.scraper.spool import Spool

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


def test_a_damaged_file_is_set_aside_and_the_operator_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "spool"
    path.write_bytes(b"this is not a database" * 1000)
    spool = Spool(path)
    spool.append("demo", 5, LINES)
    assert [line.line for line in spool.oldest(10)] == LINES
    (aside,) = tmp_path.glob("spool.damaged-*")
    assert aside.read_bytes().startswith(b"this is not")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert str(aside) in caplog.text


def test_damage_in_the_middle_is_noticed_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path)
    spool.append("demo", 5, [b"x" * 500] * 500)
    spool.close()
    data = bytearray(path.read_bytes())
    data[20_000:60_000] = b"\x55" * 40_000
    path.write_bytes(data)
    assert len(Spool(path)) == 0
    assert list(tmp_path.glob("spool.damaged-*"))


def test_a_place_that_cannot_be_used_is_named_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match=r"scraper\.spool: cannot use .*/nowhere/spool: unable to open"):
        Spool(tmp_path / "nowhere" / "spool")


def test_wait_ends_when_something_is_appended(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    threading.Timer(0.1, spool.append, ("demo", 5, LINES)).start()
    start = time.monotonic()
    spool.wait(10)
    assert time.monotonic() - start < 5
