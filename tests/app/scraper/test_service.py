"""The process, from the node's socket to the committed row."""

import random
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from spotkeeper.db.connection import Connection, Role

from tests.app.scraper.conftest import Key, Scraper, sent, wait_until
from tests.simulator.running_node import RunningNode
from tests.support.database import superuser

pytestmark = pytest.mark.slow

Start = Callable[..., RunningNode]
Run = Callable[..., Scraper]
Stored = Callable[[], set[Key]]


def test_a_spot_is_stored_at_once_and_systemd_and_prometheus_know(
    node: Start, scraper: Run, stored: Stored
) -> None:
    running = node()
    process = scraper(running)
    wait_until(lambda: process.metric("session_up", node="demo") == 1, "logged in")
    assert process.told("READY=1") == 1
    start = time.monotonic()
    running.tell("spot", "F5AAA 29600.0 K1ABC FM big signal")
    wait_until(lambda: len(stored()) == 1, "the spot is stored", 2)
    assert time.monotonic() - start < 2
    assert process.metric("spots_stored_total", band="10m", mode="FM", source="human") == 1
    assert process.metric("spots_received_total", node="demo") == 1
    assert process.metric("since_last_spot_seconds", node="demo") < 2
    assert process.metric("database_up") == 1
    fed = process.told("WATCHDOG=1")
    wait_until(lambda: process.told("WATCHDOG=1") > fed, "the watchdog is fed again and again")
    assert process.told("STATUS=demo: logged in") == 1
    assert process.end() == 0
    assert process.told("STOPPING=1") == 1


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
    wait_until(lambda: process.metric("session_up", node="demo") == 1, "logged in")
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
        super().__init__(line for (line,) in sqlite3.connect(path).execute("SELECT line FROM lines"))


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
        time.sleep(2)
        assert process.metric("database_up") == 0
        assert process.metric("session_up") == 1
        assert process.metric("spool_lines") > 20
        start = time.monotonic()
        process.end()
        assert time.monotonic() - start < 5
        process.start()
        time.sleep(1)
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    running.tell("rate", "0")
    wait_until(lambda: stored() == sent(log), "every spot that was sent is stored")


def test_the_figures_agree(node: Start, scraper: Run, stored: Stored, tmp_path: Path) -> None:
    running = node("--rate", "100", "--seed", "5", "--nonstop")
    process = scraper(running)
    wait_until(lambda: process.metric("spots_received_total") > 200, "spots come")
    running.tell("line", "DX de F5AAA: rubbish")
    running.tell("rate", "0")
    wait_until(lambda: process.metric("parse_failures_total") == 1, "the rubbish is counted")
    wait_until(lambda: process.metric("spool_lines") == 0, "the spool is empty")
    assert process.metric("spots_stored_total") == len(stored())
    assert process.metric("spots_received_total") == (
        process.metric("spots_stored_total")
        + process.metric("spots_doubled_total")
        + process.metric("parse_failures_total")
    )
    assert process.metric("spots_recovered_total") > 0


def test_a_node_that_restarts(node: Start, scraper: Run, stored: Stored) -> None:
    running = node()
    process = scraper(running)
    wait_until(lambda: process.metric("session_up") == 1, "logged in")
    running.tell("spot", "F5AAA 29600.0 K1ABC FM")
    wait_until(lambda: len(stored()) == 1, "the first spot is stored")
    running.tell("drop")
    wait_until(lambda: process.metric("session_up") == 0, "the end of the session is noticed")
    assert process.metric("session_ends_total", node="demo", reason="closed") == 1
    wait_until(lambda: process.metric("session_up") == 1, "logged in again")
    running.tell("spot", "F5AAA 29600.0 K2ABC FM")
    wait_until(lambda: len(stored()) == 2, "the second spot is stored")
    assert "demo: closed the connection; next attempt in 1" in process.log.read_text()


def test_a_damaged_spool_does_not_keep_it_from_its_work(node: Start, scraper: Run, stored: Stored) -> None:
    running = node()
    process = scraper(running)
    wait_until(lambda: process.metric("session_up") == 1, "logged in")
    process.end(signal.SIGKILL)
    process.spool.write_bytes(b"damaged" * 10_000)
    process.spool.with_name("spool.sqlite-wal").unlink()
    process.start()
    wait_until(lambda: process.metric("session_up") == 1, "logged in")
    running.tell("spot", "F5AAA 29600.0 K1ABC FM")
    wait_until(lambda: len(stored()) == 1, "the spot is stored")
    assert "is damaged" in process.log.read_text()


def test_a_spool_that_cannot_be_is_one_sentence_and_exit_code_2(node: Start, scraper: Run) -> None:
    process = scraper(node())
    wait_until(lambda: process.metric("session_up") == 1, "logged in")
    process.end(signal.SIGKILL)
    process.spool.unlink()
    process.spool.mkdir()
    process.start()
    assert process.process and process.process.wait(30) == 2
    assert process.log.read_text().splitlines()[-1].startswith("spotkeeper: scraper.spool: cannot use ")
