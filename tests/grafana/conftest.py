"""The Station dashboard, and a station's database for its queries."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from spotkeeper.db.connection import connect
from spotkeeper.db.migrate import migrate

from tests.support import database as support
from tests.support.spots import a_spot, add_spots

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "grafana" / "dashboards" / "station.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ROWS = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]


@pytest.fixture(scope="session")
def station() -> str:
    """The conninfo of a database with the whole schema that received a little of everything a minute ago."""
    name = f"grafana_{os.getpid()}"
    conninfo = f"dbname={name}"
    try:
        support.create_roles()
    except support.NoServer as error:
        pytest.exit(f"the dashboard's queries need PostgreSQL: {error}", returncode=2)
    support.create_database(name)
    with connect(conninfo, "owner", autocommit=True) as owner:
        list(migrate(owner))
    with connect(conninfo, "scraper", autocommit=True) as scraper:
        minute = int(time.time()) // 60 * 60 - 60
        add_spots(
            scraper,
            *(
                a_spot(time=minute, dx=dx, spotter=spotter, frequency_hz=29_600_000, band="10m", mode="FM")
                for dx, spotter in (("K1ABC", "F5AAA"), ("K1ABC", "DL1XYZ"), ("JA1ZZZ", "F5AAA"))
            ),
        )
        scraper.execute(
            "INSERT INTO solar (time, kind, station, sfi, a_index, k_index, node, received)"
            " VALUES (now() - interval '1 minute', 'WWV', 'W0MU', 150, 7, 0, 'demo', now())"
        )
        scraper.execute(
            "INSERT INTO unparsed_lines (node, received, line, reason)"
            " VALUES ('demo', now() - interval '1 minute', '\\x445820646520ff00', 'no frequency')"
        )
    return conninfo
