"""The process, from the node's socket to the committed row."""

import random
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from spotkeeper.db.connection import Connection, Role

from tests.app.scraper.conftest import Key, Scraper, entry, sent, wait_until
from tests.app.scraper.frozen import frozen
from tests.simulator.running_node import RunningNode
from tests.support.database import superuser

pytestmark = pytest.mark.slow

Start = Callable[..., RunningNode]
Run = Callable[..., Scraper]
Stored = Callable[[], set[Key]]

# Run before the program itself.
SLOW_RESOLVER = """
import socket, time
look_up = socket.getaddrinfo
def look_up_slowly(host, *rest, **more):
    if host == "node.example":
        time.sleep(600)
    return look_up(host, *rest, **more)
socket.getaddrinfo = look_up_slowly
"""
BROKEN_LINK = """
from spotkeeper.scraper.node import NodeLink
run = NodeLink.run
async def break_one(self):
    if self.node.name == "broken":
        raise RuntimeError("made up")
    await run(self)
NodeLink.run = break_one
"""
BROKEN_STORE = """
from spotkeeper.db import spots
store, calls = spots.store, []
def break_once(*arguments):
    calls.append(1)
    if len(calls) == 1:
        raise RuntimeError("made up")
    return store(*arguments)
spots.store = break_once
"""
MAIN = "from spotkeeper.cli import main; main()"


def test_a_spot_is_stored_at_once_and_systemd_and_prometheus_know(
    node: Start, scraper: Run, stored: Stored
) -> None:
    running = node()
    process = scraper(running)
    wait_until(process.is_up, "logged in")
    wait_until(lambda: process.told("READY=1") == 1, "systemd knows")
    start = time.monotonic()
    running.tell("spot", "F5AAA 29600.0 K1ABC FM big signal")
    wait_until(lambda: len(stored()) == 1, "the spot is stored", 2)
    assert time.monotonic() - start < 2
    wait_until(
        lambda: process.metric("spots_stored_total", band="10m", mode="FM", source="human") == 1, "counted"
    )
    assert process.metric("spots_received_total", node="demo") == 1
    assert process.metric("since_last_spot_seconds", node="demo") < 2
    assert process.metric("database_up") == 1
    fed = process.told("WATCHDOG=1")
    wait_until(lambda: process.told("WATCHDOG=1") > fed, "the watchdog is fed again and again")
    assert process.told("STATUS=demo: logged in") == 1
    assert process.end() == 0
    wait_until(lambda: process.told("STOPPING=1") == 1, "systemd knows")


def test_killed_twenty_times_under_traffic_each_spot_is_stored_once(
    node: Start, scraper: Run, stored: Stored, tmp_path: Path
) -> None:
    log = tmp_path / "sent"
    running = node("--rate", "25", "--sent-log", str(log), "--seed", "20")
    process = scraper(running)
    rng = random.Random(20)
    kills = 20
    for _ in range(kills):
        sessions = running.tell("counts")["logged_in_total"]
        wait_until(lambda was=sessions: running.tell("counts")["logged_in_total"] != was, "logged in")
        time.sleep(rng.uniform(0, 0.7))
        process.end(signal.SIGKILL)
        process.start()
    time.sleep(1)
    running.tell("rate", "0")
    wait_until(process.is_up, "logged in")
    wait_until(lambda: sent(log) <= stored(), "every spot that was sent is stored")
    assert process.end() == 0
    # More than the sockets took: sh/dx brings what was on its way when a session died as well.
    assert kills < len(sent(log)) <= len(stored()) <= running.tell("counts")["spots_made"]


def test_sigterm_ends_it_within_five_seconds_with_everything_stored(
    node: Start, scraper: Run, stored: Stored, tmp_path: Path
) -> None:
    log = tmp_path / "sent"
    running = node("--rate", "300", "--sent-log", str(log))
    process = scraper(running)
    wait_until(lambda: process.metric("spots_received_total") > 300, "spots come")
    start = time.monotonic()
    assert process.end() == 0
    assert time.monotonic() - start < 5
    assert "everything received is stored" in process.log.read_text()
    assert len(Spooled(process.spool)) == 0


class Spooled(list[bytes]):
    def __init__(self, path: Path) -> None:
        rows = sqlite3.connect(path).execute("SELECT line FROM lines")
        super().__init__(line for (page,) in rows for line in page.split(b"\n"))


def test_database_away_under_traffic(
    node: Start, scraper: Run, stored: Stored, login: Callable[[Role], Connection], tmp_path: Path
) -> None:
    log = tmp_path / "sent"
    running = node("--rate", "50", "--sent-log", str(log))
    process = scraper(running)
    wait_until(lambda: len(stored()) > 20, "spots come")
    name = login("dashboard").info.dbname
    with superuser() as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND application_name = 'spotkeeper scraper'",
            [name],
        )
        wait_until(lambda: process.metric("database_up") == 0, "it is noticed")
        wait_until(lambda: process.metric("spool_lines") > 20, "the spool fills")
        assert process.is_up()
        start = time.monotonic()
        process.end()
        assert time.monotonic() - start < 5
        process.start()
        wait_until(process.is_up, "logged in without a database")
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    running.tell("rate", "0")
    wait_until(lambda: sent(log) <= stored(), "every spot that was sent is stored")


def test_the_figures_agree(
    node: Start, scraper: Run, stored: Stored, login: Callable[[Role], Connection]
) -> None:
    running = node("--rate", "100", "--seed", "5", "--nonstop")
    process = scraper(running)
    wait_until(lambda: process.metric("spots_received_total") > 200, "spots come")
    running.tell("line", "DX de F5AAA: rubbish")
    running.tell("drop")
    running.tell("rate", "0")
    wait_until(lambda: process.metric("sessions_total") == 2, "logged in again")
    wait_until(lambda: process.metric("parse_failures_total") == 1, "the rubbish is counted")

    def agree() -> bool:
        counted = process.status()["counted"]
        total = counted["stored"] + counted["doubled"] + counted["unparsed"] + counted["refused"]
        return process.status()["spool"]["lines"] == 0 and counted["received"] == total

    wait_until(agree, "what was received is stored, doubled or unparsed")
    counted = process.status()["counted"]
    assert counted["stored"] == len(stored())
    assert counted["unparsed"] == 1
    assert counted["recovered"] > 0
    assert counted["doubled"] > 0
    kept = login("dashboard").execute(
        "SELECT sum(received), sum(stored), sum(doubled), sum(recovered), sum(unparsed), sum(refused)"
        " FROM tallies"
    )
    assert kept.fetchone() == tuple(counted.values())


def test_a_node_that_restarts(node: Start, scraper: Run, stored: Stored) -> None:
    running = node()
    process = scraper(running)
    wait_until(process.is_up, "logged in")
    running.tell("spot", "F5AAA 29600.0 K1ABC FM")
    wait_until(lambda: len(stored()) == 1, "the first spot is stored")
    running.tell("drop")
    wait_until(lambda: process.metric("session_up") == 0, "the end of the session is noticed")
    assert process.metric("session_ends_total", node="demo", reason="closed") == 1
    wait_until(process.is_up, "logged in again")
    running.tell("spot", "F5AAA 29600.0 K2ABC FM")
    wait_until(lambda: len(stored()) == 2, "the second spot is stored")
    assert "demo: closed the connection; next attempt in 1" in process.log.read_text()


def test_a_damaged_spool_does_not_keep_it_from_its_work(node: Start, scraper: Run, stored: Stored) -> None:
    running = node()
    process = scraper(running)
    wait_until(process.is_up, "logged in")
    process.end(signal.SIGKILL)
    process.spool.write_bytes(b"damaged" * 10_000)
    process.spool.with_name("spool.sqlite-wal").unlink()
    process.start()
    wait_until(process.is_up, "logged in")
    running.tell("spot", "F5AAA 29600.0 K1ABC FM")
    wait_until(lambda: len(stored()) == 1, "the spot is stored")
    assert "was damaged" in process.log.read_text()


def test_a_spool_that_cannot_be_is_one_sentence_and_exit_code_2(node: Start, scraper: Run) -> None:
    process = scraper(node())
    wait_until(process.is_up, "logged in")
    process.end(signal.SIGKILL)
    process.spool.unlink()
    process.spool.mkdir()
    process.start()
    assert process.process and process.process.wait(30) == 2
    assert process.log.read_text().splitlines()[-1].startswith("spotkeeper: scraper.spool: cannot use ")


class TestStart:
    def test_it_is_ready_when_one_node_lets_it_in(self, node: Start, scraper: Run) -> None:
        process = scraper(nowhere("away") + entry(node()))
        wait_until(lambda: process.told("READY=1") == 1, "ready")
        assert process.is_up()

    def test_it_is_ready_when_every_first_attempt_failed(self, scraper: Run) -> None:
        process = scraper(nowhere("away") + nowhere("gone"))
        wait_until(lambda: process.told("READY=1") == 1, "ready")
        assert {each["reason"] for each in process.status()["nodes"]} == {"unreachable"}

    def test_it_is_not_ready_while_it_cannot_be_known(self, scraper: Run) -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            nodes = nowhere("away") + nowhere("mute", mute.getsockname()[1])
            process = scraper(nodes)
            wait_until(lambda: process.told("WATCHDOG=1") > 1, "the loops go round")
            assert process.status()["nodes"][0]["phase"] == "waiting"
            assert process.told("READY=1") == 0
            # However long the first attempts take, systemd's time-out does not end them.
            assert process.told("EXTEND_TIMEOUT_USEC=30000000") > 0


def nowhere(name: str, port: int = 1) -> str:
    """Settings of a node that does not answer."""
    return f'[[scraper.nodes]]\nname = "{name}"\nkind = "dxspider"\nhost = "127.0.0.1"\nport = {port}\n'


def test_a_hung_event_loop_stops_the_feeding_of_the_watchdog(node: Start, scraper: Run) -> None:
    process = scraper(node())
    wait_until(process.is_up, "logged in")
    wait_until(lambda: process.told("WATCHDOG=1") > 0, "the watchdog is fed")
    assert process.process
    with frozen(process.process.pid):
        time.sleep(0.5)
        fed = process.told("WATCHDOG=1")
        time.sleep(5)
        assert process.told("WATCHDOG=1") == fed
        assert process.metric("spool_lines") == 0, "other threads go on"
    wait_until(lambda: process.told("WATCHDOG=1") > fed, "it is fed again")


class TestStop:
    def test_while_a_name_is_looked_up_that_nobody_answers(self, node: Start, scraper: Run) -> None:
        """The time-out of a resolver is longer than systemd's patience."""
        command = [sys.executable, "-c", SLOW_RESOLVER + MAIN]
        nodes = nowhere("slow").replace("127.0.0.1", "node.example") + entry(node())
        process = scraper(nodes, command=command)
        wait_until(process.is_up, "logged in")
        start = time.monotonic()
        assert process.end() == 0
        assert time.monotonic() - start < 5

    def test_with_a_database_that_never_answers(
        self, node: Start, scraper: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        running = node()
        with socket.create_server(("127.0.0.1", 0)) as mute:
            monkeypatch.setenv("PGHOST", "127.0.0.1")
            monkeypatch.setenv("PGPORT", str(mute.getsockname()[1]))
            process = scraper(running)
            wait_until(process.is_up, "logged in")
            running.tell("spot", "F5AAA 29600.0 K1ABC FM")
            wait_until(lambda: any(b"K1ABC" in line for line in Spooled(process.spool)), "it is spooled")
            start = time.monotonic()
            assert process.end() == 0
            assert time.monotonic() - start < 5
        assert any(b"K1ABC" in line for line in Spooled(process.spool))
        assert "stay in the spool" in process.log.read_text()


class TestReload:
    def test_nodes_come_and_go_and_those_that_stay_notice_nothing(self, node: Start, scraper: Run) -> None:
        first, second = node(), node()
        process = scraper(entry(first))
        wait_until(process.is_up, "logged in")
        process.write(entry(first) + entry(second, "second"))
        process.tell(signal.SIGHUP)
        wait_until(lambda: process.is_up("second"), "the second is logged in")
        process.write(entry(second, "second"))
        process.tell(signal.SIGHUP)
        wait_until(lambda: first.tell("counts")["sessions"] == 0, "the first is left")
        wait_until(lambda: [each["name"] for each in process.status()["nodes"]] == ["second"], "known")
        assert process.metric("sessions_total") == 1, "the figures of the first are gone"
        assert first.tell("counts")["logged_in_total"] == 1
        assert second.tell("counts")["logged_in_total"] == 1

    def test_a_node_that_changed_is_called_anew(self, node: Start, scraper: Run) -> None:
        first, second, other = node(), node(), node()
        process = scraper(entry(first) + entry(second, "second"))
        wait_until(lambda: process.is_up() and process.is_up("second"), "logged in")
        process.write(entry(first) + entry(other, "second"))
        process.tell(signal.SIGHUP)
        wait_until(lambda: other.tell("counts")["sessions"] == 1, "at its new address")
        assert second.tell("counts")["sessions"] == 0
        assert first.tell("counts")["logged_in_total"] == 1

    def test_a_wrong_file_is_refused_in_one_sentence(self, node: Start, scraper: Run) -> None:
        running = node()
        process = scraper(running)
        wait_until(process.is_up, "logged in")
        process.write(entry(running).replace("port = ", "port = 9"))
        process.tell(signal.SIGHUP)
        wait_until(lambda: "are refused" in process.log.read_text(), "refused")
        (line,) = [line for line in process.log.read_text().splitlines() if "are refused" in line]
        assert "those of before stay in force" in line
        assert "scraper.nodes[0].port" in line
        wait_until(lambda: process.told("READY=1") == 2, "systemd knows that the reload is over")
        assert process.is_up()
        assert running.tell("counts")["logged_in_total"] == 1

    def test_what_needs_a_restart_is_named(self, node: Start, scraper: Run) -> None:
        running = node()
        process = scraper(running)
        wait_until(process.is_up, "logged in")
        process.write(entry(running), 'silence_seconds = 2\nprobe_seconds = 1\ncountry_file = "/nowhere"\n')
        process.tell(signal.SIGHUP)
        named = "scraper.country_file: a change of these needs a restart"
        wait_until(lambda: named in process.log.read_text(), "named")
        assert running.tell("counts")["logged_in_total"] == 1


class TestFaults:
    """Of the program itself."""

    def test_in_one_link_leave_the_others_alone(self, node: Start, scraper: Run, stored: Stored) -> None:
        broken, sound = node(), node()
        nodes = entry(broken, "broken") + entry(sound)
        process = scraper(nodes, command=[sys.executable, "-c", BROKEN_LINK + MAIN])
        wait_until(process.is_up, "logged in")
        wait_until(lambda: process.told("WATCHDOG=1") > 1, "the watchdog is fed")
        sound.tell("spot", "F5AAA 29600.0 K1ABC FM")
        wait_until(lambda: len(stored()) == 1, "the spot is stored")
        assert process.status()["nodes"][0]["sentence"] == "broke by a fault of this program"
        assert "RuntimeError: made up" in process.log.read_text()

    def test_in_the_writer_cost_no_session_and_no_spot(
        self, node: Start, scraper: Run, stored: Stored
    ) -> None:
        running = node()
        process = scraper(running, command=[sys.executable, "-c", BROKEN_STORE + MAIN])
        wait_until(process.is_up, "logged in")
        running.tell("spot", "F5AAA 29600.0 K1ABC FM")
        wait_until(lambda: process.metric("writer_failures_total") == 1, "it is replaced")
        wait_until(lambda: len(stored()) == 1, "the spot is stored")
        assert running.tell("counts")["logged_in_total"] == 1
        assert "RuntimeError: made up" in process.log.read_text()
