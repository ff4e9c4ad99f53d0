"""Months of spots are kept by a timer, and Prometheus knows of it."""

import json

from conftest import Station


def test_the_timer_runs_it_and_its_figures_are_served(station: Station) -> None:
    assert station.host.service("spotkeeper-keep.timer").is_enabled
    done = station.host.run("systemctl start spotkeeper-keep.service")
    assert done.rc == 0, station.host.run("journalctl -u spotkeeper-keep -n 50 --no-pager").stdout
    ask = "import urllib.request as web; print(web.urlopen('http://127.0.0.1:9100/metrics').read().decode())"
    served = station.host.check_output("python3 -c %s", ask)
    for name in ("last_success_timestamp_seconds", "months_ahead 2"):
        assert f"spotkeeper_keep_{name}" in served


def test_it_is_confined(station: Station) -> None:
    report = station.host.check_output("systemd-analyze security --no-pager spotkeeper-keep.service")
    assert float(report.strip().splitlines()[-1].split(":")[1].split()[0]) <= 2.0


def test_the_disk_of_the_database_is_seen(station: Station) -> None:
    said = json.loads(station.host.check_output("spotkeeper storage --json"))
    assert 0 < said["free_bytes"] < said["disk_bytes"]
    assert {month["source"] for month in said["months"]} == {"human", "machine"}
