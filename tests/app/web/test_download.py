"""The spots as files, for spreadsheets and logs."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from spotkeeper.db.connection import Connection, Role

from tests.app.web.browser import Browser
from tests.support.spots import a_spot, add_spots


def test_a_spot_in_a_spreadsheet(anna: Browser, add_spot: Callable[..., None]) -> None:
    time = datetime.now(UTC).replace(second=0, microsecond=0)
    add_spot(time=time, comment='says "hi", twice', snr_db=-14, wpm=20, dx_grid="FN42", spotter_grid="JN03")
    answer = anna.get("/spots.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert re.search(r'attachment; filename="spots-\d{8}-\d{4}Z.csv"', answer.headers["Content-Disposition"])
    [row] = csv.DictReader(io.StringIO(answer.text))
    assert (
        row.items()
        >= {
            "time": f"{time:%Y-%m-%dT%H:%M:%SZ}",
            "frequency_khz": "14200.0",
            "band": "20m",
            "mode": "SSB",
            "dx": "K1ABC",
            "dx_grid": "FN42",
            "spotter": "F5AAA",
            "source": "human",
            "snr_db": "-14",
            "comment": 'says "hi", twice',
            "node": "demo",
        }.items()
    )


def test_a_spot_in_a_log(anna: Browser, add_spot: Callable[..., None]) -> None:
    add_spot(dx="EA8/DL1ABC", dx_grid="IL18")
    answer = anna.get("/spots.adi?mode=voice")
    assert answer.content_type == "application/x-adif; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith('Z.adi"')
    assert "<CALL:10>EA8/DL1ABC " in answer.text
    assert "<GRIDSQUARE:4>IL18 " in answer.text
    assert anna.get("/spots.adi?mode=CW").text.count("<EOR>") == 0


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_runs_nothing(
    anna: Browser, add_spot: Callable[..., None], owner: Connection, first: str
) -> None:
    add_spot()
    owner.execute(
        "UPDATE spot_rows SET dx = %s, spotter = %s, comment = %s",
        [f"{first}DX", f"{first}SPOT", f'{first}HYPERLINK("https://evil.test")'],
    )
    (row,) = csv.DictReader(io.StringIO(anna.get("/spots.csv").text, newline=""))
    for name in ("dx", "spotter", "comment"):
        assert row[name].startswith("'" + first)


def test_all_spots_of_the_filters_however_many(anna: Browser, login: Callable[[Role], Connection]) -> None:
    add_spots(login("scraper"), *(a_spot(dx=f"K{number}") for number in range(2500)), a_spot(mode="SSB"))
    assert len(anna.get("/spots.csv?mode=CW").text.splitlines()) == 2501


def test_head_asks_for_no_rows(anna: Browser, owner: Connection) -> None:
    assert anna.send("HEAD", "/spots.csv").status_code == 200
