"""The spots as a file for spreadsheets."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from spotkeeper.db.connection import Connection, Role

from tests.app.web.browser import Browser
from tests.support import database as support
from tests.support.spots import a_spot, add_spots


def test_a_spot_with_all_it_says(anna: Browser, add_spot: Callable[..., None]) -> None:
    time = datetime.now(UTC).replace(second=0, microsecond=0)
    add_spot(time=time, comment='says "hi", twice', snr_db=-14, wpm=20, dx_grid="FN42", spotter_grid="JN03")
    answer = anna.get("/spots.csv")
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="spots-20')
    assert list(csv.DictReader(io.StringIO(answer.text))) == [
        {
            "time_utc": f"{time:%Y-%m-%dT%H:%MZ}",
            "frequency_khz": "14200.0",
            "band": "20m",
            "mode": "SSB",
            "mode_source": "said",
            "dx": "K1ABC",
            "dx_grid": "FN42",
            "spotter": "F5AAA",
            "spotter_grid": "JN03",
            "source": "human",
            "snr_db": "-14",
            "wpm": "20",
            "comment": 'says "hi", twice',
            "node": "demo",
        }
    ]


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


def transactions(database: str) -> int:
    """How many the dashboard has open."""
    query = """
        SELECT FROM pg_stat_activity
        WHERE usename = 'dashboard' AND datname = %s AND state = 'idle in transaction'
    """
    with support.superuser() as connection:
        return len(connection.execute(query, [database.removeprefix("dbname=")]).fetchall())


def test_it_begins_before_all_is_read_and_ends_when_nobody_reads(
    anna: Browser, login: Callable[[Role], Connection], database: str
) -> None:
    add_spots(login("scraper"), *(a_spot(dx=f"K{number}") for number in range(20_000)))
    answer = anna.client.get("/spots.csv", base_url="http://proxy", buffered=False)
    stream = iter(answer.response)
    assert next(stream).startswith(b"time_utc,")
    next(stream)
    assert transactions(database) == 1
    answer.close()
    assert transactions(database) == 0


def test_head_asks_for_no_rows(anna: Browser, owner: Connection) -> None:
    assert anna.send("HEAD", "/spots.csv").status_code == 200
