"""`spotkeeper import csv`."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.app.importing.conftest import Run

Rows = Callable[..., list[tuple[Any, ...]]]
OWN = (
    "time_utc,frequency_khz,band,mode,mode_source,dx,dx_grid,spotter,spotter_grid,source,snr_db,wpm,"
    "comment,node\n"
)
OLD = "id,timestamp,dx_call,frequency,spotter_call,comment,mode,signal_report,grid_square,band\n"
MOMENT = datetime(2026, 3, 2, 0, 10, tzinfo=UTC)
NO_ZONE = "2 Mar 2026 10:00 +99999999999999999999"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "spots.csv"


def test_the_dashboards_own_download(run: Run, file: Path, rows: Rows) -> None:
    file.write_text(
        OWN + "2026-03-02T00:10Z,14025.0,20m,CW,said,K1ABC,FN42,F5AAA,JN18,machine,21,26,"
        "CW    21 dB  26 WPM  CQ,rbn\r\n"
        '2026-03-02T00:11Z,14200.0,20m,SSB,guessed,K1ABC,,F5AAA,,human,,,"\'=SUM(1), loud",demo\r\n'
        "2026-03-02T00:12Z,28500.0,10m,FM,said,K1ABC,,F5AAA,,human,-7,,,demo\r\n"
    )
    assert run("csv", file).code == 0
    assert rows(
        "time, mode, mode_source, source, snr_db, wpm, dx_grid, spotter_grid, place_source, comment"
    ) == [
        (MOMENT, "CW", "said", "machine", 21, 26, "FN42", "JN18", "grid", "CW    21 dB  26 WPM  CQ"),
        (
            MOMENT.replace(minute=11),
            "SSB",
            "guessed",
            "human",
            None,
            None,
            None,
            None,
            "country",
            "=SUM(1), loud",
        ),
        (MOMENT.replace(minute=12), "SSB", "guessed", "human", -7, None, None, None, "country", ""),
    ]
    assert set(rows("band, dx_dxcc, spotter_dxcc, node")) == {
        ("20m", 291, 227, "import"),
        ("10m", 291, 227, "import"),
    }


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-03-02 00:10:59",
        "2026-03-02T00:10:59.5+00:00",
        "2026-03-01T19:10:59-05:00",
        "Mon, 02 Mar 2026 00:10:59 GMT",
    ],
)
def test_what_the_old_api_gave(run: Run, file: Path, rows: Rows, stamp: str) -> None:
    file.write_text(OLD + f'17,"{stamp}",k1abc,14025.300,F5AAA,tnx,CW,599,fn42,20m\n')
    assert run("csv", file).code == 0
    assert rows("time, dx, frequency_hz, spotter, comment, mode, mode_source, report, dx_grid, band") == [
        (MOMENT, "K1ABC", 14_025_300, "F5AAA", "tnx", "CW", "said", "599", "FN42", "20m")
    ]


def test_other_orders_separators_and_a_byte_order_mark(run: Run, file: Path, rows: Rows) -> None:
    file.write_text(
        "\N{BOM}Spotter;DX;Frequency_kHz;Time;Unknown\nF5AAA;K1ABC;14025;2026-03-02T00:10Z;x\n",
        encoding="utf-8",
    )
    assert run("csv", file).code == 0
    assert rows("time, dx, spotter") == [(MOMENT, "K1ABC", "F5AAA")]


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("dx,spotter,frequency_khz", "its first line lacks a column: time_utc or time or timestamp"),
        ("time,call", "lacks a column: dx or dx_call; frequency_khz or frequency; spotter or spotter_call"),
        ("", "lacks a column"),
        ('"dx', "lacks a column"),
    ],
)
def test_columns_that_are_missing(run: Run, file: Path, header: str, sentence: str) -> None:
    file.write_text(f"{header}\nx\n")
    outcome = run("csv", file)
    assert outcome.code == 2
    assert outcome.out == ""
    assert sentence in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2026-03-02T00:10Z,K1ABC,14025", "has 3 columns, not 5"),
        ("tomorrow,K1ABC,14025,F5AAA,", "'tomorrow' is not a time"),
        (",K1ABC,14025,F5AAA,", "'' is not a time"),
        (f"{NO_ZONE},K1ABC,14025,F5AAA,", f"'{NO_ZONE}' is not a time"),
        ("0001-01-01T00:00+23:59,K1ABC,14025,F5AAA,", "is from before 1980"),
        ("9999-12-31T23:59Z,K1ABC,14025,F5AAA,", "is in the future"),
        ("2026-03-02T00:10Z,K1'ABC,14025,F5AAA,", '"K1\'ABC" is not a call'),
        ("2026-03-02T00:10Z,K1ABC,nan,F5AAA,", "'nan' is not a frequency"),
        ("2026-03-02T00:10Z,K1ABC,-14025,F5AAA,", "'-14025' is not a frequency"),
        ("2026-03-02T00:10Z,K1ABC,999999999,F5AAA,", "999999999 kHz is out of range"),
        ("2026-03-02T00:10Z,K1ABC,14025,,", "'' is not a call"),
        (f"2026-03-02T00:10Z,K1ABC,14025,F5AAA,{'x' * 1001}", "has a comment of more than 1000 characters"),
        ('2026-03-02T00:10Z,K1ABC,14025,F5AAA,"goes on', "is not a line of CSV"),
    ],
)
def test_lines_that_are_refused(run: Run, file: Path, rows: Rows, line: str, reason: str) -> None:
    file.write_text(f"time,dx,frequency,spotter,comment\n{line}\n\n")
    assert run("csv", file).code == 1
    _, refused = Path(f"{file}.refused").read_text().splitlines()
    assert refused == f"34\t2\t{reason}\t{line}"
    assert rows("time") == []
