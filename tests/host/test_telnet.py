"""The telnet port, where it is asked for, as a logging program on the station itself sees it."""

import re

from conftest import Station

UNIT = "spotkeeper-node.service"
ASK = r"""
import socket
line = socket.create_connection(("127.0.0.1", 7300), 10)
line.sendall(b"F4ABC\r\nsh/dx 2\r\nbye\r\n")
print(b"".join(iter(lambda: line.recv(4096), b"")).decode("latin-1"))
"""


def test_it_tells_the_newest_spots_where_it_is_on_and_is_not_there_else(station: Station) -> None:
    service = station.host.service(UNIT)
    assert service.exists == station.has_telnet
    if station.has_telnet:
        assert service.is_running
        assert service.is_enabled
        told = station.host.check_output("python3 -c %s", ASK)
        assert "Hello F4ABC" in told
        assert len(re.findall(r"^ *\d+\.\d +\S+ .* \d{4}Z .*<\S+>\s*$", told, re.M)) == 2, told


def test_it_is_confined(station: Station) -> None:
    if station.has_telnet:
        report = station.host.check_output(f"systemd-analyze security --no-pager {UNIT}")
        assert float(report.strip().splitlines()[-1].split(":")[1].split()[0]) <= 2.0
