"""What answers from outside, and what does not."""

import socket
import time

import pytest
from conftest import Station

OPEN = {22, 80, 443}
# PostgreSQL, nginx's publisher, Prometheus, the exporters, our metrics
CLOSED = (5432, 7300, 8081, 9090, 9100, 9187, 9810, 9811, 9812, 9813)


def answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1.5):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("port", sorted(OPEN))
def test_port_answers(station: Station, port: int) -> None:
    assert answers(station.address, port)


def test_nothing_else_answers(station: Station) -> None:
    assert [port for port in CLOSED if answers(station.address, port)] == []


def test_the_firewall_drops_what_listens_on_every_address(station: Station) -> None:
    run = station.host.run
    assert run("systemd-run --quiet --unit=listener python3 -m http.server --bind 0.0.0.0 8099").rc == 0
    try:
        inside = "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8099), 1)'"
        deadline = time.monotonic() + 10
        while run(inside).rc:
            assert time.monotonic() < deadline, "the listener did not start"
            time.sleep(0.2)
        assert not answers(station.address, 8099)
    finally:
        run("systemctl stop listener")


def test_ssh_takes_keys_and_no_passwords(station: Station) -> None:
    settings = dict(
        line.split(" ", 1) for line in station.host.check_output("sshd -T").splitlines() if " " in line
    )
    assert settings["passwordauthentication"] == "no"
    assert settings["kbdinteractiveauthentication"] == "no"
    assert settings["permitrootlogin"] in ("without-password", "prohibit-password")
