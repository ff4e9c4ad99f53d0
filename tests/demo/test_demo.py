"""`make demo` as somebody meets it who has just cloned the repository; wrong settings of site.yml."""

import re
import ssl
import time
import urllib.request

import pytest

from tests.demo.conftest import INVENTORY, make, run


def test_it_prints_where_to_go_and_how_to_end_it(demo: str) -> None:
    address = re.search(r"Dashboard +(https://\S+)", demo)
    assert address, demo
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # its authority is the station's own; tests/host checks it
    with urllib.request.urlopen(address[1], timeout=10, context=context) as page:
        assert "Spotkeeper" in page.read().decode()
    assert re.search(r"sign in as +owner, \S{12,}", demo)
    for words in ("Grafana ", "Prometheus ", "make demo-stop", "make demo-clean"):
        assert words in demo


def test_a_second_run_changes_nothing(demo: str) -> None:
    assert re.search(r"station .* changed=0 .* failed=0", make("demo"))


def test_the_node_sends_a_spot_on_request(demo: str) -> None:
    call = f"Q1{time.time_ns() % 1000:03}A"
    make("demo-spot", f"SPOT=F5AAA 29600.0 {call} FM")
    query = f"SELECT count(*) FROM spots WHERE dx = '{call}'"
    deadline = time.monotonic() + 5
    while True:
        psql = f'psql -XAtq "host=/run/postgresql dbname=spotkeeper user=owner" -c "{query}"'
        done = run("ansible", "-i", INVENTORY, "station", "-m", "ansible.builtin.command", "-a", psql)
        if done.stdout.strip().endswith("\n1"):
            return
        assert time.monotonic() < deadline, done.stdout


WRONG = {
    "missing": ("spotkeeper_callsign: null", "spotkeeper_callsign"),
    "of the wrong type": ("spotkeeper_nodes: none", "spotkeeper_nodes"),
    "no callsign": ("spotkeeper_callsign: HELLO", "spotkeeper_callsign is"),
    "a port out of range": (
        "spotkeeper_nodes: [{name: a, kind: rbn, host: h, port: 70000}]",
        "a port from 1 to 65535",
    ),
    "no requests": ("spotkeeper_api_requests_per_minute: 0", "spotkeeper_api_requests_per_minute"),
    "an unknown kind of node": ("spotkeeper_nodes: [{name: a, kind: x, host: h, port: 1}]", "dxspider"),
    "too little memory": ("base_memory_mb: 500", "base_memory_mb is 500"),
    "a disk too small": ("base_disk_free_mb: 999999", "base_disk_free_mb"),
    "no name for the certificate": ("certificate_names: []", "certificate_names"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_stops_it_before_anything_changes(demo: str, case: str) -> None:
    setting, words = WRONG[case]
    done = run("ansible-playbook", "-i", INVENTORY, "-e", "{" + setting + "}", "site.yml")
    assert done.returncode != 0, done.stdout
    assert words in " ".join((done.stdout + done.stderr).split())
    assert "changed=0" in done.stdout
