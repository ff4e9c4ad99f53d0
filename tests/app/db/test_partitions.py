"""The monthly partitions of spots."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import psycopg
import pytest
from spotkeeper.db.connection import Connection, connect

Login = Callable[[str], Connection]

INSERT = """
    INSERT INTO spot_rows (time, dx, spotter, hundred_hz, source, node)
    VALUES (%s, 'F5AAA', 'K1ABC', 140740, %s, 1) RETURNING tableoid::regclass::text
"""


def ensure(connection: Connection, moment: datetime | str) -> bool:
    row = connection.execute("SELECT ensure_spots_partition(%s)", [moment]).fetchone()
    assert row is not None
    return bool(row[0])


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2026-01-31 23:59:59.999999+00", "2026_01"),
        ("2026-02-01 00:00+00", "2026_02"),
        ("2025-12-31 23:59+00", "2025_12"),
        ("2026-01-01 00:00+00", "2026_01"),
        ("2024-02-29 12:00+00", "2024_02"),
        ("2026-01-31 20:00-05", "2026_02"),
    ],
)
def test_spot_lands_in_the_utc_month_whatever_the_session_s_zone(
    login: Login, moment: str, month: str
) -> None:
    scraper = login("scraper")
    scraper.execute("SET timezone = 'America/Vancouver'")
    assert ensure(scraper, moment)
    assert scraper.execute(INSERT, [moment, "h"]).fetchone() == (f"spots_human_{month}",)
    assert scraper.execute(INSERT, [moment, "m"]).fetchone() == (f"spots_machine_{month}",)


def test_month_without_partition_refuses_the_spot_until_it_is_made(login: Login) -> None:
    scraper = login("scraper")
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(psycopg.errors.CheckViolation, match="no partition"):
        scraper.execute(INSERT, [midnight, "h"])
    assert ensure(scraper, midnight)
    assert not ensure(scraper, midnight)
    scraper.execute(INSERT, [midnight, "h"])


def test_this_and_the_next_month_are_there_from_the_start(login: Login) -> None:
    scraper = login("scraper")
    assert not ensure(scraper, "now")
    assert scraper.execute("SELECT ensure_spots_partition(now() + interval '1 month')").fetchone() == (False,)


@pytest.mark.parametrize("moment", ["1979-12-31 23:59+00", "-infinity", "infinity", "2999-01-01 00:00+00"])
def test_no_partition_for_a_moment_that_cannot_be(login: Login, moment: str) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="before 1980 or more than a year ahead"):
        ensure(login("scraper"), moment)


def test_made_once_when_asked_at_the_same_time(database: str) -> None:
    def ask(_: int) -> list[bool]:
        with connect(database, "scraper", autocommit=True) as scraper:
            return [ensure(scraper, f"2020-{month:02}-05 00:00+00") for month in range(1, 13)]

    with ThreadPoolExecutor(8) as pool:
        answers = zip(*pool.map(ask, range(8)), strict=True)
        assert [sorted(of_a_month) for of_a_month in answers] == 12 * [7 * [False] + [True]]


def test_made_without_waiting_for_readers_or_holding_up_a_spot(database: str, login: Login) -> None:
    scraper, maker = login("scraper"), login("scraper")
    for connection in (scraper, maker):
        connection.execute("SET lock_timeout = '1s'")
    with connect(database, "dashboard") as reader, connect(database, "scraper") as making:
        reader.execute("SELECT FROM spots")
        assert ensure(making, "2020-05-05 00:00+00")
        # Before that is committed.
        scraper.execute(INSERT, [datetime.now(UTC), "h"])
        making.commit()
        assert ensure(maker, "2020-06-05 00:00+00")


def test_same_report_is_one_row_and_an_unparsable_line_of_any_length_is_kept_once(login: Login) -> None:
    scraper = login("scraper")
    moment = datetime.now(UTC).replace(second=0, microsecond=0)
    scraper.execute(INSERT, [moment, "m"])
    with pytest.raises(psycopg.errors.UniqueViolation):
        scraper.execute(INSERT, [moment, "m"])
    keep = "INSERT INTO unparsed_lines VALUES ('demo', %s, %s, 'rubbish') ON CONFLICT DO NOTHING"
    line = b"DX de " + bytes(range(256)) * 40
    assert scraper.execute(keep, [moment, line]).rowcount == 1
    assert scraper.execute(keep, [moment, line]).rowcount == 0
