"""The machine below: services, updates, time, memory."""

import pytest
from conftest import Station

UNITS = (
    "spotkeeper-scraper",
    "spotkeeper-notifier",
    "spotkeeper-dashboard",
    "postgresql",
    "nginx",
    "prometheus",
    "prometheus-node-exporter",
    "prometheus-postgres-exporter",
    "nftables",
    "ssh",
)


@pytest.mark.parametrize("unit", UNITS)
def test_service_runs_and_starts_at_boot(station: Station, unit: str) -> None:
    service = station.host.service(unit)
    assert service.is_running
    assert service.is_enabled


def test_no_unit_failed(station: Station) -> None:
    assert station.host.check_output("systemctl --failed --no-legend") == ""


def test_security_updates_install_themselves(station: Station) -> None:
    settings = station.host.check_output("apt-config dump")
    assert 'APT::Periodic::Unattended-Upgrade "1";' in settings
    assert station.host.service("apt-daily-upgrade.timer").is_enabled


def test_time_is_utc(station: Station) -> None:
    assert station.host.check_output("date +%Z") == "UTC"


@pytest.mark.parametrize("service", ["scraper", "notifier", "dashboard"])
def test_service_is_confined(station: Station, service: str) -> None:
    report = station.host.check_output(f"systemd-analyze security --no-pager spotkeeper-{service}.service")
    exposure = float(report.strip().splitlines()[-1].split(":")[1].split()[0])
    assert exposure <= 2.0


def test_the_station_fits_in_600_mb_without_grafana(station: Station) -> None:
    """Proportional set sizes of all processes, summed: what the machine really gives away."""
    total = station.host.check_output(
        "cat /proc/[0-9]*/smaps_rollup 2>/dev/null"
        " | awk '/^Pss:/ { kilobytes += $2 } END { print int(kilobytes / 1024) }'"
    )
    assert int(total) < 600
