"""Sessions with simulated nodes, of every kind and temper."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from spotkeeper.scraper import session as module
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.session import End, Session
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.settings import Node, NodeKind, Scraper

from tests.simulator.running_node import RunningNode

pytestmark = pytest.mark.slow

SPOT = "F5AAA 29600.0 K1ABC FM big signal"
Start = Callable[..., RunningNode]


class Trial:
    """One session with a node in this process, and what it spooled."""

    def __init__(self, folder: Path, address: tuple[str, int], kind: NodeKind = "dxspider") -> None:
        self.spool = Spool(folder / "spool")
        self.registry = CollectorRegistry()
        self.up = asyncio.Event()
        node = Node(name="demo", kind=kind, host=address[0], port=address[1])
        self.session = Session(
            node,
            Scraper(callsign="N0CALL-1", nodes=[node], silence_seconds=1, probe_seconds=1),
            self.spool,
            ScraperMetrics(self.registry, ["demo"]),
            Watchdog(),
            on_up=self.up.set,
        )

    def end(self) -> End:
        """Runs the session to its own end."""
        return asyncio.run(asyncio.wait_for(self.session.run(), 15))

    def hear(self, then: Callable[[], object], wanted: bytes) -> None:
        asyncio.run(self._hear(then, wanted))

    async def _hear(self, then: Callable[[], object], wanted: bytes) -> None:
        """Does `then` when the session is up, and ends it when `wanted` is in the spool."""
        async with asyncio.timeout(15):
            task = asyncio.create_task(self.session.run())
            await self.up.wait()
            assert self.value("session_up") == 1
            await asyncio.to_thread(then)
            while not any(wanted in line for line in self.lines()):
                await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert self.value("session_up") == 0

    def lines(self) -> list[bytes]:
        return [line.line for line in self.spool.oldest(100_000)]

    def value(self, name: str) -> float | None:
        return self.registry.get_sample_value(f"spotkeeper_scraper_{name}", {"node": "demo"})


@pytest.mark.parametrize("kind", ["dxspider", "cccluster", "rbn"])
@pytest.mark.parametrize("temper", ["none", "slow-prompt:1", "banner-trap", "iac"])
def test_logs_in_whatever_comes_before_and_within_the_prompt(
    kind: NodeKind, temper: str, node: Start, tmp_path: Path
) -> None:
    running = node("--dialect", kind, "--misbehave", temper)
    trial = Trial(tmp_path, running.address, kind)
    trial.hear(lambda: running.tell("spot", SPOT), b"K1ABC        FM big signal")
    assert running.tell("counts")["logged_in_total"] == 1


def test_asks_for_the_spots_it_missed(node: Start, tmp_path: Path) -> None:
    running = node("--nonstop")
    running.tell("spot", SPOT)
    trial = Trial(tmp_path, running.address)
    trial.hear(lambda: None, b" 29600.0 K1ABC       ")
    assert trial.value("spots_received_total") == 1


@pytest.mark.parametrize("why", ["invalid", "registered", "elsewhere"])
def test_a_refusal_is_recognised(why: str, node: Start, tmp_path: Path) -> None:
    trial = Trial(tmp_path, node("--misbehave", f"refuse:{why}").address)
    end = trial.end()
    assert (end.reason, end.seconds) == ("refused", 0)
    assert "Sorry" in end.sentence
    assert trial.value("sessions_total") == 0


def test_a_node_that_wants_a_password_refuses(node: Start, tmp_path: Path) -> None:
    end = Trial(tmp_path, node("--password", "secret").address).end()
    assert (end.reason, end.sentence) == ("refused", "does not take N0CALL-1 and asks b'password: '")


def test_locked_out_without_a_word(node: Start, tmp_path: Path) -> None:
    assert Trial(tmp_path, node("--misbehave", "refuse:locked").address).end().reason == "closed"


def test_nobody_there(node: Start, tmp_path: Path) -> None:
    running = node()
    running.process.terminate()
    running.process.wait(5)
    end = Trial(tmp_path, running.address).end()
    assert end.reason == "unreachable"
    assert "cannot connect to 127.0.0.1:" in end.sentence


def test_a_name_that_does_not_exist(tmp_path: Path) -> None:
    assert Trial(tmp_path, ("nowhere.invalid", 7300)).end().reason == "unreachable"


def test_no_prompt(node: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOGIN_SECONDS", 1)
    end = Trial(tmp_path, node("--misbehave", "silent").address).end()
    assert (end.reason, end.sentence) == ("no_prompt", "did not ask for a call within 1 s")


def test_silent_after_the_log_in(node: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOGIN_SECONDS", 1)
    assert Trial(tmp_path, node("--misbehave", "half").address).end().reason == "silent"


def test_a_peer_that_falls_silent_is_probed_and_left(node: Start, tmp_path: Path) -> None:
    running = node()
    trial = Trial(tmp_path, running.address)

    async def fall_silent() -> End:
        task = asyncio.create_task(trial.session.run())
        await trial.up.wait()
        # The idle node answers each probe.
        await asyncio.sleep(2.5)
        assert not task.done()
        running.tell("misbehave", "silent")
        return await asyncio.wait_for(task, 5)

    end = asyncio.run(fall_silent())
    assert (end.reason, end.sentence) == ("silent", "sent nothing for 2 s")
    assert trial.value("session_up") == 0


@pytest.mark.parametrize(
    ("temper", "reason"), [("close:0.5", "closed"), ("reset", "reset"), ("refuse", "shutdown")]
)
def test_the_node_ends_it(temper: str, reason: str, node: Start, tmp_path: Path) -> None:
    running = node("--rate", "50")
    trial = Trial(tmp_path, running.address)

    async def be_ended() -> End:
        task = asyncio.create_task(trial.session.run())
        await trial.up.wait()
        running.tell("misbehave", temper)
        return await asyncio.wait_for(task, 10)

    assert asyncio.run(be_ended()).reason == reason


def test_another_program_with_the_same_call(node: Start, tmp_path: Path) -> None:
    running = node()
    trial = Trial(tmp_path, running.address)

    async def be_bumped() -> End:
        task = asyncio.create_task(trial.session.run())
        await trial.up.wait()
        _, writer = await asyncio.open_connection(*running.address)
        writer.write(b"N0CALL-1\r\n")
        end = await asyncio.wait_for(task, 10)
        writer.close()
        return end

    end = asyncio.run(be_bumped())
    assert end.reason == "bumped"
    assert "Reconnected as N0CALL-1" in end.sentence


def test_ten_megabytes_without_a_line_end_and_then_a_spot(node: Start, tmp_path: Path) -> None:
    running = node("--misbehave", "flood")
    trial = Trial(tmp_path, running.address)
    trial.hear(lambda: running.tell("spot", SPOT), b"K1ABC        FM big signal")
    assert max(map(len, trial.lines())) == 1025


def test_rubbish_does_not_end_the_session(node: Start, tmp_path: Path) -> None:
    running = node("--misbehave", "garbage")
    trial = Trial(tmp_path, running.address)
    trial.hear(lambda: [running.tell("spot", SPOT), running.tell("spot", "F5AAA 7000.0 K2ABC")], b"K2ABC")


def test_a_full_disk_stops_the_reading_and_loses_nothing(
    node: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    running = node()
    trial = Trial(tmp_path, running.address)
    append = trial.spool.append
    failures = 0

    def on_a_full_disk(name: str, received: int, lines: Sequence[bytes]) -> None:
        nonlocal failures
        if any(b"K1ABC" in line for line in lines) and failures < 2:
            failures += 1
            raise sqlite3.OperationalError("database or disk is full")
        append(name, received, lines)

    monkeypatch.setattr(trial.spool, "append", on_a_full_disk)
    trial.hear(lambda: running.tell("spot", SPOT), b"K1ABC        FM big signal")
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]
    assert "disk is full" in caplog.text
