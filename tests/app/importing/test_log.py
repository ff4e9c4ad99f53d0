"""`spotkeeper import log`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from spotkeeper.db.connection import Connection

from tests.app.importing.conftest import Run

Rows = Callable[..., list[tuple[Any, ...]]]
SPOT = "DX de F5AAA:     14025.0  K1ABC        CW 599 JN18<>FN42              0010Z"
MOMENT = datetime(2026, 3, 2, 0, 10, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "node.log"


@pytest.mark.parametrize(
    "before",
    [
        "1772410217\t",
        "1772410217.25 ",
        "2026-03-02 00:10:17: ",
        "2026-03-02T00:10:17Z ",
        "2026-03-02 00:10:17,123 ",
        "2026-03-02T00:10:17.123456+00:00\t",
        "[2026-03-02 00:10] ",
        "2026-03-01T19:10:17-0500 ",
        "2026-03-02 01:10:17 +01:00 ",
        "2026-03-02 00:10:17 UTC ",
        "\N{BOM}2026-03-02 00:10:17 ",
        # The line came after midnight, the stamp is of the day before.
        "2026-03-02 00:09:59 ",
    ],
)
def test_the_times_that_are_known(run: Run, file: Path, rows: Rows, before: str) -> None:
    file.write_text(f"{before}{SPOT}\r\n")
    assert run("log", file).out == f"{file}: 1 lines: 1 spots stored, 0 were stored already, 0 refused\n"
    assert rows("time, dx, spotter, khz, mode, dx_grid, distance_km IS NOT NULL, node, received") == [
        (MOMENT, "K1ABC", "F5AAA", 14025, "CW", "FN42", True, "import", None)
    ]


def test_the_stamp_of_the_day_before(run: Run, file: Path, rows: Rows) -> None:
    file.write_text(f"2026-03-02 00:00:05 {SPOT.replace('0010Z', '2359Z')}\n")
    assert run("log", file).code == 0
    assert rows("time") == [(datetime(2026, 3, 1, 23, 59, tzinfo=UTC),)]


def test_a_day_without_times(run: Run, file: Path, rows: Rows) -> None:
    file.write_text("".join(SPOT.replace("0010Z", stamp) + "\n" for stamp in ("0000Z", "1200Z", "2359Z")))
    refused = run("log", file)
    assert refused.code == 1
    assert "  3 refused: has no time before it, and no --date is given\n" in refused.out
    assert rows("time") == []
    assert run("log", "--date", "2026-03-02", file).code == 0
    assert [moment.strftime("%d %H%M") for (moment,) in rows("time")] == ["02 0000", "02 1200", "02 2359"]


def test_what_nodes_say_besides(run: Run, file: Path, rows: Rows, owner: Connection) -> None:
    file.write_text(
        "1772410217\tHello F5AAA, this is N0CALL\n"
        "1772410217\tWWV de VE7CC <00> :   SFI=150, A=8, K=2, No Storms -> No Storms\n"
        "1772410217\tDX de F5AAA-#:   14025.0  K1ABC        CW    21 dB  26 WPM  CQ        0010Z\n"
        " 14025.0  K1ABC       2-Mar-2026 0010Z CW                      <F5BBB>\n"
        "CC11^14026.0^K1ABC^2-Mar-2026^0011Z^CW^F5CCC^1^1^N0CALL^1^1^1^1\n"
        "\n"
        "2026-03-02 00:10:17 DX de F5AAA: 14x25 K1ABC 0010Z\n"
        "02/Mar/2026:00:10 DX de F5AAA:     14025.0  K1ABC        CW                    0010Z\n"
    )
    outcome = run("log", file)
    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        f"{file}: 8 lines: 3 spots stored, 0 were stored already, 1 bulletins, 2 refused",
        "  1 refused: … is not a frequency",
        "  1 refused: has something before the spot that is not a time",
        f"  they are in {file}.refused",
    ]
    assert rows("spotter, source, recovered") == [
        ("F5AAA", "machine", False),
        ("F5BBB", "human", True),
        ("F5CCC", "human", False),
    ]
    assert owner.execute("SELECT time, station, sfi, node FROM solar").fetchall() == [
        (datetime(2026, 3, 2, tzinfo=UTC), "VE7CC", 150, "import")
    ]
    again = run("log", "--again", file)
    assert "3 were stored already" in again.out
    assert owner.execute("SELECT count(*) FROM solar").fetchone() == (1,)


def test_lines_at_impossible_times(run: Run, file: Path, rows: Rows) -> None:
    file.write_text(f"99999999999\t{SPOT}\n100000000\t{SPOT}\n2026-13-02 00:10:17 {SPOT}\n")
    outcome = run("log", file)
    assert outcome.out.splitlines()[1:4] == [
        "  1 refused: is in the future",
        "  1 refused: is from before 1980",
        "  1 refused: has something before the spot that is not a time",
    ]
    assert rows("time") == []


def test_bytes_of_all_sorts(run: Run, file: Path, rows: Rows) -> None:
    file.write_bytes(
        b"1772410217\t" + SPOT.replace("CW 599", "CW \N{LATIN SMALL LETTER E WITH ACUTE}").encode() + b"\n"
        b"1772410217\t\xff\xfe\x00\x01\n" + b"1772410217\t" + b"x" * 3000 + b"\n"
    )
    outcome = run("log", file)
    assert outcome.code == 1
    assert len(rows("time")) == 1
    assert Path(f"{file}.refused").read_bytes().count(b"\n") == 3
