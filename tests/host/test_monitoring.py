"""Prometheus, asked as a signed-in owner does."""

import time
from typing import Any
from urllib.parse import quote

import pytest
from conftest import Browser, Station

METRICS = (
    "spotkeeper_scraper_lines_total",
    "spotkeeper_scraper_spots_received_total",
    "spotkeeper_scraper_spots_stored_total",
    "spotkeeper_scraper_spots_doubled_total",
    "spotkeeper_scraper_spots_recovered_total",
    "spotkeeper_scraper_parse_failures_total",
    "spotkeeper_scraper_session_up",
    "spotkeeper_scraper_sessions_total",
    "spotkeeper_scraper_session_ends_total",
    "spotkeeper_scraper_since_last_line_seconds",
    "spotkeeper_scraper_since_last_spot_seconds",
    "spotkeeper_scraper_refusals_total",
    "spotkeeper_scraper_gap_repaired_seconds_total",
    "spotkeeper_scraper_gap_unrepaired_seconds_total",
    "spotkeeper_scraper_rows_refused_total",
    "spotkeeper_scraper_spool_lines",
    "spotkeeper_scraper_spool_bytes",
    "spotkeeper_scraper_spool_max_bytes",
    "spotkeeper_scraper_loops_overdue",
    "spotkeeper_scraper_writer_failures_total",
    "spotkeeper_scraper_rival",
    "spotkeeper_scraper_insert_seconds_bucket",
    "spotkeeper_scraper_database_up",
    "spotkeeper_notifier_spots_published_total",
    "spotkeeper_notifier_publish_failures_total",
    "spotkeeper_notifier_delay_seconds_bucket",
    "spotkeeper_notifier_database_up",
    "spotkeeper_dashboard_requests_total",
    "spotkeeper_dashboard_request_seconds_bucket",
    "spotkeeper_dashboard_sign_ins_total",
)
JOBS = {"prometheus", "node", "postgres", "scraper", "notifier", "dashboard"}


def query(owner: Browser, expression: str) -> list[dict[str, Any]]:
    answer = owner.get(f"/prometheus/api/v1/query?query={quote(expression)}")
    assert answer.status == 200, answer.text
    result: list[dict[str, Any]] = answer.json()["data"]["result"]
    return result


def eventually(owner: Browser, expression: str, seconds: float = 45) -> list[dict[str, Any]]:
    """The first answer that is not empty; scrapes are 15 s apart."""
    deadline = time.monotonic() + seconds
    while not (found := query(owner, expression)) and time.monotonic() < deadline:
        time.sleep(1)
    return found


def test_every_target_is_up(station: Station, owner: Browser) -> None:
    jobs = JOBS | {"telnet"} if station.has_telnet else JOBS
    deadline = time.monotonic() + 60
    while True:
        targets = owner.get("/prometheus/api/v1/targets").json()["data"]["activeTargets"]
        states = {target["labels"]["job"]: target["health"] for target in targets}
        if states == dict.fromkeys(jobs, "up"):
            return
        assert time.monotonic() < deadline, states
        time.sleep(1)


@pytest.mark.parametrize("metric", METRICS)
def test_metric_has_a_value(owner: Browser, metric: str) -> None:
    assert eventually(owner, f"count({metric})"), metric


def test_the_figures_are_those_of_the_table(station: Station, owner: Browser) -> None:
    # Both since the scraper's start, both still growing: the counter lags by one scrape.
    assert eventually(owner, 'sum(spotkeeper_scraper_spots_stored_total{source="human"}) > 0')
    assert eventually(owner, "spotkeeper_scraper_session_up == 1")
    assert eventually(owner, "spotkeeper_scraper_since_last_spot_seconds < 60")


def test_the_rules_are_loaded_and_none_of_them_fails(owner: Browser) -> None:
    groups = owner.get("/prometheus/api/v1/rules").json()["data"]["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) >= 5
    assert [rule["name"] for rule in rules if rule["health"] == "err"] == []


def test_retention_is_bounded_by_time_and_size(owner: Browser) -> None:
    flags = owner.get("/prometheus/api/v1/status/flags").json()["data"]
    assert flags["storage.tsdb.retention.time"] not in ("", "0s")
    assert flags["storage.tsdb.retention.size"] not in ("", "0B")


def test_prometheus_is_shown_to_nobody_else(station: Station) -> None:
    assert station.browser().get("/prometheus/api/v1/targets").status in (303, 401)
