"""A wrong setting stops site.yml before anything has changed, with a sentence that names it."""

import subprocess

import pytest
from conftest import ROOT, Station

WRONG = {
    "missing": ("spotkeeper_callsign: null", "spotkeeper_callsign"),
    "of the wrong type": ("spotkeeper_nodes: none", "spotkeeper_nodes"),
    "no callsign": ("spotkeeper_callsign: HELLO", "spotkeeper_callsign is"),
    "a port out of range": (
        "spotkeeper_nodes: [{name: a, kind: rbn, host: h, port: 70000}]",
        "a port from 1 to 65535",
    ),
    "an unknown kind of node": ("spotkeeper_nodes: [{name: a, kind: x, host: h, port: 1}]", "dxspider"),
    "too little memory": ("base_memory_mb: 500", "base_memory_mb is 500"),
    "a disk too small": ("base_disk_free_mb: 999999", "base_disk_free_mb"),
    "no name for the certificate": ("certificate_names: []", "certificate_names"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_stops_it_before_anything_changes(
    station: Station, pytestconfig: pytest.Config, case: str
) -> None:
    setting, words = WRONG[case]
    inventory = pytestconfig.getoption("ansible_inventory")
    done = subprocess.run(
        ["ansible-playbook", "-i", inventory, "-l", station.name, "-e", "{" + setting + "}", "site.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    assert words in " ".join(done.stdout.split()) + " ".join(done.stderr.split())
    assert "changed=0" in done.stdout
