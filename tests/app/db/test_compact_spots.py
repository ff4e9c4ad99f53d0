"""A station of before migration 0006 keeps its spots, word for word."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg.rows import dict_row
from spotkeeper.db.connection import connect
from spotkeeper.db.migrate import MIGRATIONS, migrate

from tests.app.conftest import Server

SAME = """
    time, dx, spotter, frequency_hz, khz, band, mode, mode_source, source, snr_db, wpm, dx_grid,
    spotter_grid, comment,
    node, recovered, received, qsx_hz, dx_dxcc, dx_continent, dx_cq_zone, dx_itu_zone, spotter_dxcc,
    spotter_continent,
    spotter_cq_zone, spotter_itu_zone, distance_km, bearing, place_source, beacon, report, propagation,
    satellite, refs
"""
SPOTS = """
    INSERT INTO spots (time, dx, spotter, frequency_hz, band, mode, mode_source, source, snr_db, wpm, dx_grid,
        spotter_grid, comment, node, recovered, received, qsx_hz, dx_dxcc, dx_continent, dx_cq_zone,
        dx_itu_zone,
        spotter_dxcc, spotter_continent, spotter_cq_zone, spotter_itu_zone, distance_km, bearing,
        place_source, beacon,
        report, propagation, satellite, refs)
    VALUES
        ('2026-10-31 23:59+00', 'K1ABC', 'F5AAA', 14025037, '20m', 'CW', 'said', 'human', NULL, 20, 'FN42',
         'JN18',
         'CW <ES> POTA US-0001', 'a', false, '2026-10-31 23:59:31.5+00', 14030000, 291, 'NA', 5, 8,
         227, 'EU', 14, 27, 5837, 292, 'grid', false, '599', 'ES', NULL, '{POTA:US-0001}'),
        ('2026-11-01 00:00+00', 'K1ABC', 'F5AAA', 14025000, '20m', 'CW', 'guessed', 'human', NULL, NULL,
         NULL, NULL,
         '', 'b', true, '2026-11-01 00:10+00', NULL, 291, 'NA', 5, 8, 227, 'EU', 14, 27, 7374, 300,
         'country', false,
         NULL, NULL, NULL, NULL),
        ('2026-11-01 00:00+00', 'K1ABC', 'DK9IP', 14025300, '20m', 'CW', 'said', 'machine', 13, 18, NULL,
         NULL,
         'CW    13 dB  18 WPM  CQ', 'b', false, '2026-11-01 00:00:05+00', NULL, 291, 'NA', 5, 8, 230, 'EU',
         14, 28,
         7600, 300, 'country', false, NULL, NULL, NULL, NULL),
        ('2026-11-01 00:00+00', 'CS3B', 'DK9IP', 14100000, '20m', 'CW', 'said', 'machine', 13, 22, NULL, NULL,
         'CW    13 dB  22 WPM  NCDXF B', 'b', false, '2026-11-01 00:00:05+00', NULL, 256, 'AF', 33, 36,
         230, 'EU', 14,
         28, 2600, 230, 'country', true, NULL, NULL, NULL, NULL),
        ('2026-01-01 00:00+00', 'Q1ABC', 'F5AAA', 249999999870, NULL, NULL, NULL, 'human', NULL, NULL,
         NULL, NULL,
         'on 1 mm', 'a', true, '2026-11-01 00:10+00', NULL, NULL, NULL, NULL, NULL, 227, 'EU', 14, 27,
         NULL, NULL, NULL,
         false, NULL, NULL, 'QO-100', NULL)
"""


@pytest.fixture
def before(server: Server, tmp_path: Path) -> str:
    """The conninfo of a database as 0005 left it, with some spots."""
    for path in sorted(MIGRATIONS.glob("*.sql"))[:5]:
        shutil.copy(path, tmp_path)
    conninfo = server.empty()
    with connect(conninfo, "owner", autocommit=True) as owner:
        list(migrate(owner, tmp_path))
        owner.execute(
            "SELECT ensure_spots_partition(month::timestamptz)"
            " FROM unnest('{2026-01-01, 2026-10-01, 2026-11-01}'::date[]) month"
        )
        owner.execute(SPOTS)
    return conninfo


def test_no_word_of_a_spot_is_lost(before: str) -> None:
    ask = f"SELECT {SAME} FROM spots ORDER BY time, dx, spotter"
    with connect(before, "owner", autocommit=True) as owner:
        cursor = owner.cursor(row_factory=dict_row)
        were = cursor.execute(ask).fetchall()
        list(migrate(owner))
        cursor = owner.cursor(row_factory=dict_row)
        are = cursor.execute(ask).fetchall()
    assert len(were) == 5
    assert are == were


def test_they_are_summed_up(before: str) -> None:
    with connect(before, "owner", autocommit=True) as owner:
        list(migrate(owner))
        hours = owner.execute(
            "SELECT hour, source, sum(spots) FROM hours GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        call = owner.execute(
            "SELECT first_spotted, last_spotted, spotted, spotting FROM calls WHERE call = 'K1ABC'"
        )
        november = datetime(2026, 11, 1, tzinfo=UTC)
        assert hours[-2:] == [(november, "h", 1), (november, "m", 2)]
        assert call.fetchone() == (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), november, 3, 0)
        assert owner.execute("SELECT sum(spots) FROM dxcc_hours").fetchone() == (4,)
