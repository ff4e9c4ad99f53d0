"""The Station dashboard: its queries against a real database and promtool, its references, its layout."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from prometheus_client import CollectorRegistry
from spotkeeper.db.connection import connect
from spotkeeper.keeping import metrics as keep_metrics
from spotkeeper.keeping.storage import Storage
from spotkeeper.notifier.metrics import Metrics as NotifierMetrics
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.settings import Keeping

from tests.grafana.conftest import DASHBOARD, PANELS, ROOT, ROWS

INTERVAL_SECONDS = 300
TARGETS = [
    pytest.param(panel, target, id=f"{panel['title']}-{target['refId']}")
    for panel in PANELS
    for target in panel["targets"]
]
SQL = [param for param in TARGETS if "rawSql" in param.values[1]]
PROMQL = [param for param in TARGETS if "expr" in param.values[1]]


def as_grafana_sends_it(query: str) -> str:
    """The query with Grafana's macros expanded, for the last hour."""
    now = datetime.now(UTC)
    start, end = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (now - timedelta(hours=1), now))
    query = query.replace("$__interval", f"{INTERVAL_SECONDS}s")
    query = re.sub(r"\$__timeFilter\((\w+)\)", rf"\1 BETWEEN '{start}' AND '{end}'", query)
    query = re.sub(
        r"\$__timeGroupAlias\((\w+), ?(\d+)s\)", r'floor(extract(epoch from \1)/\2)*\2 AS "time"', query
    )
    assert "$" not in query, f"a macro that this test does not know: {query}"
    return query


@pytest.mark.parametrize(("panel", "target"), SQL)
def test_the_user_grafana_gets_rows_from_each_query(
    station: str, panel: dict[str, Any], target: dict[str, Any]
) -> None:
    with connect(station, "grafana") as grafana, grafana.cursor() as cursor:
        cursor.execute(as_grafana_sends_it(target["rawSql"]))
        rows = cursor.fetchall()
        columns = [column.name for column in cursor.description or ()]
    assert rows
    if target["format"] == "time_series":
        assert columns[0] == "time"
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_the_user_grafana_sees_no_account_and_changes_nothing(station: str) -> None:
    for statement in (
        "SELECT FROM users",
        "SELECT FROM sign_in_sessions",
        "DELETE FROM spot_rows",
        "UPDATE solar SET sfi = 0",
        "TRUNCATE unparsed_lines",
        "CREATE TABLE mine ()",
        "SELECT ensure_spots_partition(now())",
    ):
        with connect(station, "grafana") as grafana, pytest.raises(psycopg.errors.InsufficientPrivilege):
            grafana.execute(statement)


def test_each_prometheus_query_is_understood(tmp_path: Path) -> None:
    rules = [
        {"record": f"query_{number}", "expr": param.values[1]["expr"].replace("$__rate_interval", "1m")}
        for number, param in enumerate(PROMQL)
    ]
    path = tmp_path / "queries.rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", path], text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def of_keep(folder: Path) -> set[str]:
    """The metrics that `spotkeeper keep` leaves in a file."""
    now = datetime.now(UTC)
    storage = Storage(now, Keeping(), [], 0, {}, 0, 0, 0, 0, 0, 0, 0, [], 0, now)
    keep_metrics.write(folder / "keep.prom", storage, 2)
    return set(re.findall(r"^spotkeeper_\w+", (folder / "keep.prom").read_text(), re.MULTILINE))


def test_each_metric_that_is_asked_for_is_one_that_we_serve(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    ScraperMetrics(registry, ["demo"])
    NotifierMetrics(registry)
    suffixes = {
        "counter": ("_total",),
        "gauge": ("",),
        "histogram": ("_bucket", "_sum", "_count"),
    }
    served = {family.name + suffix for family in registry.collect() for suffix in suffixes[family.type]}
    served |= of_keep(tmp_path)
    queries = [param.values[1]["expr"] for param in PROMQL]
    rules = [path.read_text() for path in (ROOT / "prometheus" / "rules").glob("*.rules.yml")]
    exprs = re.findall(r"expr: (?:>-\n)?(.+?)\n +for:", "\n".join(rules), re.DOTALL)
    assert exprs
    asked = {name for text in queries + exprs for name in re.findall(r"\bspotkeeper_\w+", text)}
    assert asked - served == set()


@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_each_query_names_a_data_source_that_is_provisioned(
    panel: dict[str, Any], target: dict[str, Any]
) -> None:
    path = ROOT / "grafana" / "provisioning" / "datasources" / "spotkeeper.yml"
    sources = {source["uid"]: source["type"] for source in yaml.safe_load(path.read_text())["datasources"]}
    assert sources[target["datasource"]["uid"]] == target["datasource"]["type"]
    assert panel["datasource"] == target["datasource"]


def test_the_dashboard_has_its_rows_and_panels_do_not_overlap() -> None:
    assert DASHBOARD["uid"] == "spotkeeper-station"
    assert ROWS == ["Scraper", "Database", "Host"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for panel in DASHBOARD["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24, panel["title"]
    for one, other in combinations(DASHBOARD["panels"], 2):
        a, b = one["gridPos"], other["gridPos"]
        apart = (
            a["x"] + a["w"] <= b["x"]
            or b["x"] + b["w"] <= a["x"]
            or a["y"] + a["h"] <= b["y"]
            or b["y"] + b["h"] <= a["y"]
        )
        assert apart, f"{one['title']} overlaps {other['title']}"
