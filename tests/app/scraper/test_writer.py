"""From the spool into a real PostgreSQL."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from spotkeeper.db import spots
from spotkeeper.db.connection import Connection, Role
from spotkeeper.scraper.gap import Gap
from spotkeeper.spots.countries import Countries

from tests.app.conftest import Server
from tests.app.scraper.conftest import wait_until
from tests.app.scraper.writing import NOW, Station, line, writing
from tests.support.database import superuser

Login = Callable[[Role], Connection]


@pytest.fixture
def station(tmp_path: Path, database: str) -> Iterator[Station]:
    with writing(tmp_path, database) as station:
        yield station


def test_every_column(station: Station, login: Login) -> None:
    said = "FN20JQ<>CM99NE -5dB 20 WPM FT8"
    station.fill(line("K1ABC", said).replace(b"F5AAA", b"DK9IP-1-#"), received=NOW + 123_456)
    row = (
        login("dashboard")
        .execute(
            """SELECT time, dx, spotter, frequency_hz, khz, band, mode, mode_source, source, snr_db, wpm,
                dx_grid, spotter_grid, comment, node, recovered, received FROM spots"""
        )
        .fetchone()
    )
    moment = datetime.fromtimestamp(NOW / 1e6, UTC)
    assert row == (
        moment, "K1ABC", "DK9IP-1", 14_025_000, 14_025, "20m", "FT8", "said", "machine", -5, 20,
        "CM99NE", "FN20JQ", said, "demo", False, moment.replace(microsecond=123_000),
    )  # fmt: skip


def test_every_column_of_the_places_and_the_words(tmp_path: Path, database: str, login: Login) -> None:
    countries = Countries(
        "K,United States,291,NA,5,8,37.60,91.87,5.0,K;\nF,France,227,EU,14,27,46.00,-2.00,-1.0,F;\n"
    )
    with writing(tmp_path, database, countries) as station:
        station.fill(line("K1ABC", "POTA US-0001 <ES> 599 QSX 14030"))
    row = (
        login("dashboard")
        .execute(
            """SELECT dx_dxcc, dx_continent, dx_cq_zone, dx_itu_zone, spotter_dxcc, spotter_continent,
            spotter_cq_zone, spotter_itu_zone, distance_km, bearing, place_source, report, propagation,
            satellite, qsx_hz, refs, beacon FROM spots"""
        )
        .fetchone()
    )
    assert row == (
        291, "NA", 5, 8, 227, "EU", 14, 27, 7374, 300, "country", "599", "ES", None, 14_030_000,
        ["POTA:US-0001"], False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "khz", ["0.1", "14025.3", "14025.37", "10368100.1", "199999999.9", "200000000.0", "249999999.87"]
)
def test_a_frequency_is_kept_to_the_hertz(station: Station, login: Login, khz: str) -> None:
    station.fill(line("K1ABC").replace(b"14025.0", khz.encode()))
    (row,) = login("dashboard").execute("SELECT frequency_hz, khz FROM spots").fetchall()
    assert row == (round(float(khz) * 1000), (round(float(khz) * 1000) + 500) // 1000)


@pytest.mark.parametrize(
    "comment",
    [
        "CW    13 dB  18 WPM  CQ", "CW   -13 dB 108 WPM  CQ", "CW    13 dB  18 WPM  DX",
        "CW    13 dB  18 WPM  NCDXF B", "CW    13 dB  18 WPM  \\N", "RTTY   9 dB  45 BPS  DX",
        "FT8   -9 dB  CQ", "FT4   12 dB  DX", "FT8  -10 dB CQ", "FT8  -12dB Q:6 Z:3,20",
        "CW 13 dB 18 WPM CQ", "cw    13 dB  18 WPM  CQ", "OLIVIA  1 dB  18 WPM  CQ", "",
    ],
)  # fmt: skip
def test_a_machine_s_comment_comes_back_as_it_was(station: Station, login: Login, comment: str) -> None:
    station.fill(line("K1ABC", comment).replace(b"F5AAA:", b"F5AAA-#:"))
    assert login("dashboard").execute("SELECT comment FROM spots").fetchall() == [(comment,)]


def test_what_comes_twice_is_stored_once_and_what_differs_is_not_lost(station: Station, login: Login) -> None:
    station.fill(line("K1ABC"), line("K1ABC", "other words"), line("K2ABC"))
    station.fill(
        line("K1ABC"), line("K1ABC").replace(b"F5AAA", b"F5BBB"), line("K1ABC").replace(b"14025", b"14026")
    )
    assert login("dashboard").execute("SELECT count(*) FROM spots").fetchone() == (4,)
    assert station.value("spots_stored_total", band="20m", mode="CW", source="human") == 4
    assert station.value("spots_doubled_total") == 2


def test_listeners_are_told_when_the_new_ones_were_spotted_and_received(
    station: Station, login: Login
) -> None:
    listener = login("notifier")
    listener.execute("LISTEN spots")
    past = f"  14030.0 G1EEE       {datetime.fromtimestamp(NOW / 1e6 - 3600, UTC):%d-%b-%Y %H%MZ} x <K1DDD>"
    station.fill(line("K1ABC"), line("K2ABC"), past.encode(), received=NOW + 1_234_567)
    station.fill(line("K1ABC"))
    station.fill(line("K4ABC"), received=NOW + 2_000_000)
    told = [json.loads(notice.payload) for notice in listener.notifies(timeout=2, stop_after=2)]
    second, millisecond = NOW // 1_000_000, NOW // 1000
    assert told == [
        [second - 3600, second, millisecond + 1234, millisecond + 1234],
        [second, second, millisecond + 2000, millisecond + 2000],
    ]


def test_comments_of_all_sorts_of_bytes(station: Station, login: Login) -> None:
    comments = ["back\\slash \\N \\.", "a\ttab", "nul\0nul", "Grüße ✓", "'; DROP TABLE spots --"]
    station.fill(*[line(f"K{number}ABC", comment) for number, comment in enumerate(comments)])
    found = [row[0] for row in login("dashboard").execute("SELECT comment FROM spots ORDER BY dx")]
    assert found == ["back\\slash \\N \\.", "a tab", "nul nul", "Grüße ✓", "'; DROP TABLE spots --"]


def test_bulletins(station: Station, login: Login) -> None:
    wcy = b"WCY de DK0WCY-1 <00> : K=0 expK=3 A=10 R=88 SFI=135 SA=qui GMF=qui Au=no"
    station.fill(wcy, wcy, b"WWV de AE5E <00>:   SFI=133, A=12, K=3, Minor w/G1 -> No Storms")
    rows = login("dashboard").execute(
        "SELECT kind, station, sfi, a_index, k_index, expected_k, sunspots, text FROM solar ORDER BY kind"
    )
    assert rows.fetchall() == [
        ("WCY", "DK0WCY-1", 135, 10, 0, 3, 88, "SA=qui GMF=qui Au=no"),
        ("WWV", "AE5E", 133, 12, 3, None, None, "Minor w/G1 -> No Storms"),
    ]


def test_rubbish_is_counted_and_kept(station: Station, login: Login) -> None:
    too_short, not_text, too_long = rubbish = [b"DX de \xff\x00", b"\x01\x02", b"x" * 1025]
    station.fill(line("K1ABC"), *rubbish, b"Hello Bob", line("K2ABC"))
    grafana = login("grafana")
    rows = grafana.execute("SELECT line, reason FROM unparsed_lines ORDER BY reason").fetchall()
    assert rows == [
        (too_long, "longer than 1024 bytes"),
        (not_text, "not text"),
        (too_short, "too short for a spot"),
    ]
    assert station.value("parse_failures_total", node="demo") == 3
    assert grafana.execute("SELECT count(*) FROM spots").fetchone() == (2,)


def test_of_unparsed_lines_the_newest_are_kept(
    station: Station, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spots, "UNPARSED_KEPT", 10)
    for number in range(25):
        station.fill(b"DX de %d" % number, received=NOW + number)
    rows = login("grafana").execute("SELECT line FROM unparsed_lines ORDER BY received").fetchall()
    assert rows == [(b"DX de %d" % number,) for number in range(15, 25)]


def test_the_one_row_that_postgresql_refuses_does_not_stop_the_others(station: Station, login: Login) -> None:
    old = b"  14030.0 G1EEE       24-Nov-1926 0357Z long ago                    <K1DDD>"
    station.fill(
        *[line(f"K{number}ABC") for number in range(50)], old, *[line(f"N{n}ABC") for n in range(49)]
    )
    assert login("dashboard").execute("SELECT count(*) FROM spots").fetchone() == (99,)
    (row,) = login("grafana").execute("SELECT node, received, line, reason FROM refused_rows")
    assert row[:3] == ("demo", datetime.fromtimestamp(NOW / 1e6, UTC), old)
    assert row[3].startswith("no partition for 1926-11-01")
    assert station.value("rows_refused_total", node="demo") == 1


def test_the_books_agree(station: Station, login: Login) -> None:
    history = b"  14030.0 G1EEE       31-Jan-2026 2359Z                            <K1DDD>"
    too_old = b"  14030.0 G1EEE       24-Nov-1926 0357Z long ago                    <K1DDD>"
    rubbish = [b"DX de \xff\x00", b"\x01\x02", b"Hello Bob"]
    station.fill(line("K1ABC"), line("K2ABC"), history, too_old, *rubbish)
    station.fill(line("K1ABC"), line("K3ABC"), received=NOW + 1)
    station.fill(line("K4ABC"), received=NOW + 86_400_000_000)
    rows = login("dashboard").execute(
        "SELECT node, received, stored, doubled, recovered, unparsed, refused FROM tallies ORDER BY day"
    )
    assert rows.fetchall() == [("demo", 7, 4, 1, 1, 1, 1), ("demo", 1, 1, 0, 0, 0, 0)]
    (days,) = login("grafana").execute("SELECT max(day) - min(day) FROM tallies").fetchall()
    assert days == (1,)


def test_history_is_recovered_whatever_its_form(station: Station, login: Login) -> None:
    station.spool.append("demo", NOW, [line("K1ABC")], "history")
    station.fill(line("K2ABC"))
    rows = login("dashboard").execute("SELECT dx, recovered FROM spots ORDER BY dx")
    assert rows.fetchall() == [("K1ABC", True), ("K2ABC", False)]
    assert station.value("spots_recovered_total") == 1


def test_gaps_are_written_down_once(station: Station, login: Login) -> None:
    gap = Gap(
        began=NOW / 1e6 - 90.5,
        ended=NOW / 1e6,
        reason="silent",
        asked=100,
        answered=80,
        unrepaired_seconds=2.5,
    )
    for _ in range(2):
        station.spool.append("demo", NOW, [msgspec.json.encode(gap)], "gap")
    station.fill(line("K1ABC"))
    rows = login("dashboard").execute(
        """SELECT node, extract(epoch FROM ended - began)::float8, unrepaired_seconds, asked, answered, reason
        FROM gaps"""
    )
    assert rows.fetchall() == [("demo", 90.5, 2.5, 100, 80, "silent")]


def test_lines_that_are_stored_already_count_once_after_a_crash(station: Station, login: Login) -> None:
    bad = b"DX de \xff\x00"
    station.spool.append("demo", NOW, [line(f"K{number}ABC") for number in range(10)] + [bad])
    saved = station.spool.oldest(100)
    station.fill()
    station.writer.stop(5)
    with sqlite3.connect(station.path) as file:  # as it was before they were removed from it
        file.executemany(
            "INSERT INTO lines (id, received, node, line) VALUES (?, ?, ?, ?)",
            [(row.id, row.received, row.node, row.line) for row in saved],
        )
        file.execute("UPDATE identity SET removed = 0")
    file.close()
    station.open()
    station.spool.append("demo", NOW, [line("N1ABC")])
    station.start()
    station.fill()
    (tally,) = (
        login("dashboard").execute("SELECT received, stored, doubled, unparsed FROM tallies").fetchall()
    )
    assert tally == (12, 11, 0, 1)
    assert station.value("spots_doubled_total") == 0


def test_a_month_without_a_partition_gets_one(station: Station, login: Login) -> None:
    station.fill(
        b"  14030.0 G1EEE       31-Jan-2026 2359Z                            <K1DDD>",
        b"  14030.0 G1EEE        1-Feb-2026 0000Z                            <K1DDD>",
    )
    rows = login("grafana").execute("SELECT tableoid::regclass::text, recovered FROM spot_rows ORDER BY time")
    assert rows.fetchall() == [("spots_human_2026_01", True), ("spots_human_2026_02", True)]
    assert station.value("spots_recovered_total") == 2


def test_a_schema_that_does_not_exist_yet_is_waited_for(tmp_path: Path, server: Server) -> None:
    station = Station(tmp_path, server.empty())
    station.spool.append("demo", NOW, [line("K1ABC")])
    time.sleep(0.5)
    assert len(station.spool) == 1
    assert station.value("database_up") == 0
    station.writer.stop(5)
    assert not station.writer.is_alive()
    station.conninfo = server.migrated()
    station.start()
    wait_until(lambda: not len(station.spool), "the spool is empty")
    wait_until(lambda: station.value("database_up") == 1, "the writer knows that the database is there")
    station.writer.stop(5)


def test_connections_that_are_ended_and_refused(station: Station, login: Login) -> None:
    station.fill(line("K1ABC"))
    name = login("dashboard").info.dbname
    with superuser() as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name = 'spotkeeper scraper'",
            [name],
        )
        station.spool.append("demo", NOW, [line("K2ABC"), line("K3ABC")])
        wait_until(lambda: station.value("database_up") == 0, "the writer knows that the database is away")
        station.spool.append("demo", NOW, [line("K4ABC")])
        assert len(station.spool) == 3
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    wait_until(lambda: not len(station.spool), "the spool is empty")
    assert login("grafana").execute("SELECT count(*) FROM spots").fetchone() == (4,)


def test_an_idle_database_is_asked_whether_it_is_there(tmp_path: Path, server: Server) -> None:
    station = Station(tmp_path, server.migrated())
    wait_until(lambda: station.value("database_up") == 1, "the writer knows that the database is there")
    station.writer.stop(5)
    assert not station.writer.is_alive()


def test_stop_writes_what_is_left(station: Station, login: Login) -> None:
    station.spool.append("demo", NOW, [line(f"K{number}ABC") for number in range(5000)])
    station.writer.stop(5)
    assert len(station.spool) == 0
    assert login("dashboard").execute("SELECT count(*) FROM spots").fetchone() == (5000,)
