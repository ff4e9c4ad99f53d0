"""PostgreSQL: who may log in, and what each may do."""

import pytest
from conftest import Station
from testinfra.backend.base import CommandResult

SERVICES = {
    "spotkeeper-scraper": "scraper",
    "spotkeeper-notifier": "notifier",
    "spotkeeper-dashboard": "dashboard",
    "grafana": "grafana",
    "prometheus": "exporter",
    "root": "owner",
}


def as_role(station: Station, os_user: str, statement: str) -> CommandResult:
    """Its read-only default is lifted, as anybody may: what refuses shall be the rights."""
    return station.host.run(
        "runuser -u %s -- psql -XAtq -v ON_ERROR_STOP=1 'host=/run/postgresql dbname=spotkeeper user=%s'"
        " -c 'SET default_transaction_read_only = off' -c %s",
        os_user,
        SERVICES[os_user],
        statement,
    )


@pytest.mark.parametrize("os_user", SERVICES)
def test_each_service_logs_in_over_the_socket_as_itself(station: Station, os_user: str) -> None:
    done = as_role(station, os_user, "SELECT current_user")
    assert (done.rc, done.stdout.strip()) == (0, SERVICES[os_user]), done.stderr


def test_nobody_logs_in_as_somebody_else(station: Station) -> None:
    for role in ("owner", "postgres", "dashboard"):
        done = station.host.run(
            "runuser -u spotkeeper-scraper -- psql -XAtq"
            " 'host=/run/postgresql dbname=spotkeeper user=%s' -c 'SELECT 1'",
            role,
        )
        assert done.rc != 0
        assert "authentication failed" in done.stderr.lower()


def test_no_role_logs_in_over_tcp_without_a_password(station: Station) -> None:
    done = station.host.run("psql -XAtqw 'host=127.0.0.1 dbname=spotkeeper user=grafana' -c 'SELECT 1'")
    assert done.rc != 0


def test_grafana_reads_spots_and_changes_nothing(station: Station) -> None:
    assert int(as_role(station, "grafana", "SELECT count(*) FROM spots").stdout) > 0
    for statement in (
        "DELETE FROM spot_rows",
        "UPDATE spot_rows SET comment = ''",
        "INSERT INTO solar (time, kind, station, node, received) VALUES (now(), 'WWV', 'X', 'x', now())",
        "SELECT * FROM users",
        "SELECT * FROM sign_in_sessions",
        "CREATE TABLE mine ()",
    ):
        done = as_role(station, "grafana", statement)
        assert done.rc != 0, statement
        assert "permission denied" in done.stderr, statement


@pytest.mark.parametrize("os_user", ["spotkeeper-scraper", "spotkeeper-notifier", "spotkeeper-dashboard"])
def test_no_service_changes_the_schema(station: Station, os_user: str) -> None:
    for statement in ("CREATE TABLE mine ()", "DROP TABLE spot_rows", "ALTER TABLE spot_rows ADD mine int"):
        assert as_role(station, os_user, statement).rc != 0, statement


def test_the_server_is_tuned_for_the_memory_it_was_given_and_careful_with_data(station: Station) -> None:
    settings = dict(
        line.split("|")
        for line in station.sql(
            "SELECT name, setting FROM pg_settings WHERE name IN ('shared_buffers', 'fsync',"
            " 'full_page_writes', 'synchronous_commit', 'TimeZone', 'password_encryption')"
        ).splitlines()
    )
    assert 64 <= int(settings.pop("shared_buffers")) * 8 / 1024 <= 300  # of pages of 8 KiB, in MiB
    assert settings.pop("TimeZone") in ("UTC", "Etc/UTC")
    assert settings == {
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "password_encryption": "scram-sha-256",
    }
