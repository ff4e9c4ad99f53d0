"""A spool's file that was damaged: what can be read is saved, and the operator is told what is missing."""

import logging
import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from spotkeeper.scraper.spool import Spool

PAGE = 4096
NOW = 1_772_366_400_000_000
LINES = 3000


def line(number: int) -> bytes:
    return b"DX de F5AAA:     14025.0  K1ABC        %-28d  1200Z" % number


def left_by_crash(folder: Path, *, in_log: bool) -> Path:
    """A spool of many lines as a killed process leaves it; `in_log`: most of it in the write-ahead log."""
    running, path = folder / "running", folder / "spool"
    spool = Spool(running)
    for first in range(0, LINES, 100):
        spool.append("demo", NOW + first, [line(number) for number in range(first, first + 100)])
    spool.remove(spool.oldest(100)[-1].id)
    if not in_log:
        spool.close()
    for suffix in ("", "-wal"):
        if (file := Path(f"{running}{suffix}")).exists():
            shutil.copy(file, f"{path}{suffix}")
    return path


def overwrite(file: Path, start: int, length: int) -> None:
    data = bytearray(file.read_bytes())
    data[start : start + length] = random.Random(start).randbytes(length)
    file.write_bytes(data)


def damage_first_page(path: Path) -> None:
    """Under a running spool, which has the page in memory until somebody else writes."""
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.execute("UPDATE heard SET received = received + 1")
    other.close()
    overwrite(path, 0, PAGE)


def cut(file: Path, length: int) -> None:
    os.truncate(file, length)


def size(file: Path) -> int:
    return file.stat().st_size


DAMAGES: dict[str, tuple[bool, Callable[[Path], None], int]] = {
    "the header": (False, lambda path: overwrite(path, 0, 100), 0),
    "one byte of the header": (False, lambda path: overwrite(path, 18, 1), 0),
    "the first page": (False, lambda path: overwrite(path, 0, PAGE), 0),
    "a page in the middle": (False, lambda path: overwrite(path, size(path) // 2 // PAGE * PAGE, PAGE), 60),
    "the beginning of a page": (
        False,
        lambda path: overwrite(path, size(path) // 2 // PAGE * PAGE, 200),
        60,
    ),
    "ten pages": (False, lambda path: overwrite(path, 20 * PAGE, 10 * PAGE), 500),
    "the second half cut off": (False, lambda path: cut(path, size(path) // 2), LINES // 2 + 200),
    "cut within a page": (False, lambda path: cut(path, size(path) - 3 * PAGE - 77), 200),
    "the log's header": (True, lambda path: overwrite(Path(f"{path}-wal"), 0, 32), 0),
    "a frame of the log": (
        True,
        lambda path: overwrite(Path(f"{path}-wal"), 32 + 4 * (PAGE + 24) + 500, 900),
        60,
    ),
    "the file of nothing, all is in the log": (True, lambda path: cut(path, 0), 0),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_can_be_read_is_saved(name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_log, damage, most_lost = DAMAGES[name]
    path = left_by_crash(tmp_path, in_log=in_log)
    there = {number: line(number) for number in range(100, LINES)}
    damage(path)
    spool = Spool(path)
    saved = spool.oldest(2 * LINES)
    lost = len(there) - len(saved)
    assert 0 <= lost <= most_lost
    assert {row.line for row in saved} <= set(there.values())
    assert [row.received for row in saved] == sorted(row.received for row in saved)
    told = " ".join(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    assert f"{len(saved):,} lines were saved" in told
    (kept,) = [file for file in tmp_path.glob("spool.damaged-*") if not file.name.endswith(("-wal", "-shm"))]
    assert str(kept) in told
    spool.append("demo", NOW + LINES, [b"one more"])
    last = spool.oldest(2 * LINES)[-1]
    assert last.line == b"one more"
    spool.remove(last.id)
    assert len(spool) == 0


def test_missing_ids_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = left_by_crash(tmp_path, in_log=False)
    shutil.copy(path, tmp_path / "sound")
    ids = [row.id for row in Spool(tmp_path / "sound").oldest(2 * LINES)]
    overwrite(path, size(path) // 2 // PAGE * PAGE, PAGE)
    saved = [row.id for row in Spool(path).oldest(2 * LINES)]
    missing = sorted(set(ids) - set(saved))
    assert missing == list(range(missing[0], missing[-1] + 1))
    assert f"{len(missing)} are missing, by their ids {missing[0]}-{missing[-1]};" in caplog.text


def test_ids_and_name_go_on_where_they_can_be_read(tmp_path: Path) -> None:
    path = left_by_crash(tmp_path, in_log=False)
    shutil.copy(path, tmp_path / "sound")
    sound = Spool(tmp_path / "sound")
    overwrite(path, 20 * PAGE, PAGE)
    mended = Spool(path)
    assert mended.uuid == sound.uuid
    assert mended.last_heard("demo") == NOW + LINES - 100
    mended.append("demo", NOW + LINES, [b"new"])
    assert mended.oldest(2 * LINES)[-1].id > sound.oldest(2 * LINES)[-1].id


def test_a_file_of_nothing_is_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "spool"
    path.touch()
    assert len(Spool(path)) == 0
    assert "it is empty" in caplog.text


def test_damage_while_it_runs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "spool"
    spool = Spool(path)
    uuid = spool.uuid
    spool.append("demo", NOW, [line(number) for number in range(LINES)])
    damage_first_page(path)
    spool.append("demo", NOW + 1, [b"in time"])
    assert spool.uuid == uuid
    saved = spool.oldest(2 * LINES)
    assert [row.line for row in saved] == [*(line(number) for number in range(LINES)), b"in time"]
    assert len(spool) == LINES + 1
    assert re.search(r"was damaged .*: 3,000 lines were saved, none is known to be missing", caplog.text)
    spool.remove(saved[-1].id)
    assert len(spool) == 0


def test_ids_go_on_though_nothing_can_be_read_any_more(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    for _ in range(3):
        Spool(path).close()
    spool = Spool(path)
    uuid = spool.uuid
    spool.append("demo", NOW, [line(number) for number in range(100)])
    last = spool.oldest(200)[-1].id
    spool.remove(last)
    damage_first_page(path)
    overwrite(path, 0, size(path))
    spool.append("demo", NOW + 1, [b"new"])
    assert spool.uuid == uuid
    assert [row.line for row in spool.oldest(10, after=last)] == [b"new"]


def test_lines_that_are_damaged_while_it_runs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "spool"
    spool = Spool(path)
    spool.append("demo", NOW, [line(number) for number in range(20 * LINES)])
    spool.close()
    spool = Spool(path)
    overwrite(path, 100 * PAGE, 500 * PAGE)
    found = []
    while lines := spool.oldest(1000, found[-1].id if found else 0):
        found += lines
    assert 10 * LINES < len(found) < 20 * LINES
    assert "are missing" in caplog.text


def test_a_crash_while_the_mended_file_takes_its_place(tmp_path: Path) -> None:
    path = left_by_crash(tmp_path, in_log=True)
    Path(f"{path}-wal").unlink()
    sound = Spool(tmp_path / "sound")
    sound.append("demo", NOW, [b"one"])
    sound.close()
    (tmp_path / "sound").rename(tmp_path / "spool.mended")
    assert [row.line for row in Spool(path).oldest(10)] == [b"one"]
    assert len(list(tmp_path.glob("spool.damaged-*"))) == 1


def test_no_room_for_the_mended_file(tmp_path: Path) -> None:
    path = left_by_crash(tmp_path, in_log=False)
    spool = Spool(path)
    damage_first_page(path)
    (tmp_path / "spool.part").mkdir()
    (tmp_path / "spool.part" / "in the way").touch()
    with pytest.raises(sqlite3.OperationalError, match="the spool is damaged, and not mended"):
        spool.append("demo", NOW, [b"waits"])
    shutil.rmtree(tmp_path / "spool.part")
    spool.append("demo", NOW, [b"waits"])
    assert len(spool) == LINES - 100 + 1
