"""The scraper under systemd: ended, hung, reloaded, asked how it is."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import Browser, Station

UNIT = "spotkeeper-scraper.service"
DROP_IN = f"/run/systemd/system/{UNIT}.d"
SETTINGS = "/etc/spotkeeper/spotkeeper.toml"


def until(true: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.5)


def show(station: Station, name: str) -> str:
    return str(station.host.check_output(f"systemctl show --property={name} --value {UNIT}"))


def is_up(station: Station) -> bool:
    """With a session, and not merely started."""
    return bool(show(station, "StatusText").endswith(": logged in"))


@pytest.fixture
def impatient(station: Station) -> Iterator[None]:
    """A watchdog of 5 s instead of a minute."""
    station.host.check_output(f"mkdir -p {DROP_IN}")
    station.host.check_output(f"printf '[Service]\\nWatchdogSec=5\\n' > {DROP_IN}/impatient.conf")
    station.host.check_output(f"systemctl daemon-reload && systemctl restart {UNIT}")
    yield
    station.host.check_output(f"rm -r {DROP_IN} && systemctl daemon-reload && systemctl restart {UNIT}")


def test_one_that_hangs_is_ended_and_back(station: Station, impatient: None) -> None:
    process = show(station, "MainPID")
    station.host.check_output("kill -STOP %s", process)
    until(lambda: show(station, "NRestarts") != "0", "systemd started it anew")
    until(lambda: is_up(station), "logged in")
    assert show(station, "MainPID") != process


def test_one_that_is_killed_is_back_and_never_given_up(station: Station) -> None:
    station.host.check_output("kill -KILL %s", show(station, "MainPID"))
    until(lambda: show(station, "NRestarts") != "0", "systemd started it anew")
    until(lambda: is_up(station), "logged in")
    assert show(station, "StartLimitIntervalUSec") == "0"


def test_a_wrong_file_fails_the_reload_and_the_session_goes_on(station: Station) -> None:
    process = show(station, "MainPID")
    station.host.check_output(f"cp -a {SETTINGS} {SETTINGS}.kept")
    try:
        station.host.check_output(f"sed -i 's/^port = .*/port = 99999/' {SETTINGS}")
        assert station.host.run(f"systemctl reload {UNIT}").rc != 0
        journal = station.host.check_output(f"journalctl -u {UNIT} -n 5 -o cat")
        assert "scraper.nodes[0].port" in journal
    finally:
        station.host.check_output(f"mv {SETTINGS}.kept {SETTINGS}")
    assert station.host.run(f"systemctl reload {UNIT}").rc == 0
    assert show(station, "MainPID") == process
    assert is_up(station)


def test_events_are_found_by_their_fields(station: Station) -> None:
    entry = json.loads(
        station.host.check_output(
            f"journalctl --unit={UNIT} --output=json --lines=1 SPOTKEEPER_EVENT=logged_in"
        )
    )
    assert entry["MESSAGE"] == f"{entry['SPOTKEEPER_NODE']}: logged in"
    assert entry["PRIORITY"] == "6"


def test_spots_have_their_country(station: Station) -> None:
    station.tell_node("spot", "F5AAA 14025.0 K1ABC CW with a country")
    entities = "SELECT dx_dxcc || ' ' || spotter_dxcc FROM spots WHERE comment = 'CW with a country' LIMIT 1"
    until(lambda: station.sql(entities) == "291 227", "the United States and France")


def test_the_owner_is_told_that_all_is_well_and_that_nothing_is_missing(
    station: Station, owner: Browser
) -> None:
    until(lambda: is_up(station), "logged in")
    page = owner.get("/station")
    assert page.status == 200
    assert "The scraper is alive since" in page.text
    told = json.loads(station.host.run("spotkeeper status --json").stdout)
    assert told["alive"]
    sums = told["books"]["week"]
    assert sums["received"] > 0
    assert sums["received"] == sum(sums[name] for name in ("stored", "doubled", "unparsed", "refused"))


def test_the_owner_is_told_when_it_is_stopped_and_what_to_do(station: Station, owner: Browser) -> None:
    start = time.monotonic()
    station.host.check_output(f"systemctl stop {UNIT}")
    assert time.monotonic() - start < 6
    try:
        page = owner.get("/station").text
        command = station.host.run("spotkeeper status")
    finally:
        station.host.check_output(f"systemctl start {UNIT}")
    assert command.rc == 1
    for told in (page, command.stdout):
        assert "The scraper is stopped since" in told
        assert "the last spot was stored at" in told
        assert "systemctl start spotkeeper-scraper" in told
