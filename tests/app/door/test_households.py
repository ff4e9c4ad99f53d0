"""Whose requests nginx counts together: those of one address, of IPv6 those of a household's /64."""

import re
import subprocess
from collections.abc import Iterator
from http.client import HTTPConnection
from ipaddress import IPv6Address
from itertools import product

import pytest

from tests.support.ports import free_ports
from tests.support.stack import NGINX, NGINX_CONF, wait_until

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr notice;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Real-IP;
    {household}
    server {{
        listen 127.0.0.1:{port};
        keepalive_requests 100000;
        location / {{
            return 200 "$household";
        }}
    }}
}}
"""


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HTTPConnection]:
    """Answers with the household of the address that X-Real-IP tells."""
    folder = tmp_path_factory.mktemp("households")
    household = re.search(r"map \$binary_remote_addr \$household \{.*?\n    \}", NGINX_CONF.read_text(), re.S)
    assert household
    [port] = free_ports(1)
    configuration = folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, household=household[0]))
    process = subprocess.Popen(
        [NGINX, "-p", folder, "-c", configuration, "-e", "stderr"], stderr=subprocess.DEVNULL
    )
    wait_until((folder / "nginx.pid").exists, 10)
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    yield connection
    connection.close()
    process.terminate()
    process.wait(timeout=10)


def household(nginx: HTTPConnection, address: str) -> bytes:
    nginx.request("GET", "/", headers={"X-Real-IP": address})
    return nginx.getresponse().read()


def test_an_address_of_ipv4_is_counted_by_itself(nginx: HTTPConnection) -> None:
    assert household(nginx, "192.0.2.7") == bytes((192, 0, 2, 7))
    assert household(nginx, "192.0.2.10") == bytes((192, 0, 2, 10))


def test_a_network_of_ipv6_is_counted_as_one_and_no_two_of_them(nginx: HTTPConnection) -> None:
    for groups in product((0, 0x0A0D), repeat=7):
        address = IPv6Address(b"".join(group.to_bytes(2, "big") for group in (0x2001, *groups)))
        assert household(nginx, str(address)) == address.packed[:8]
