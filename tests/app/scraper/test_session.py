"""Sessions with simulated nodes, of every kind and temper."""

import asyncio
import logging
import socket
import sqlite3
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from spotkeeper.scraper import session as module
from spotkeeper.scraper.clock import NodeClock
from spotkeeper.scraper.gap import Recent, Repair
from spotkeeper.scraper.intake import Intake
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.session import End, Session
from spotkeeper.scraper.spool import Kind, Lines, Spool, SpoolFull
from spotkeeper.scraper.state import NodeState, Phase
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.settings import Node, NodeKind, Scraper

from tests.simulator.running_node import RunningNode

pytestmark = pytest.mark.slow

SPOT = "F5AAA 29600.0 K1ABC FM big signal"
Start = Callable[..., RunningNode]


class Trial:
    """One session with a node in this process, and what it spooled."""

    def __init__(
        self, folder: Path, address: tuple[str, int], kind: NodeKind = "dxspider", **node: Any
    ) -> None:
        self.spool = Spool(folder / "spool")
        self.up = asyncio.Event()
        self.phases: list[Phase] = []
        held = Node(name="demo", kind=kind, host=address[0], port=address[1], **node)
        self.state = NodeState(name="demo", kind=kind, address="", phase="connecting", since=0)
        self.session = Session(
            held,
            Scraper(callsign="N0CALL-1", nodes=[held], silence_seconds=1, probe_seconds=1),
            Watchdog(),
            Intake(self.spool, ScraperMetrics(CollectorRegistry(), ["demo"]), self.state),
            addresses=held.targets,
            clock=NodeClock(),
            recent=Recent(),
            repair=Repair(kind, None, Recent()),
            on_phase=self._turn,
            on_gap=lambda gap: None,
        )

    def _turn(self, phase: Phase) -> None:
        self.phases.append(phase)
        if phase == "up":
            self.up.set()

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
            await asyncio.to_thread(then)
            while not any(wanted in line for line in self.lines()):
                await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def lines(self) -> list[bytes]:
        return [line.line for line in self.spool.oldest(100_000)]


@pytest.mark.parametrize("kind", ["dxspider", "cccluster", "arcluster", "rbn"])
@pytest.mark.parametrize("temper", ["none", "slow-prompt:1", "banner-trap", "iac"])
def test_logs_in_whatever_comes_before_and_within_the_prompt(
    kind: NodeKind, temper: str, node: Start, tmp_path: Path
) -> None:
    running = node("--dialect", kind, "--misbehave", temper)
    trial = Trial(tmp_path, running.address, kind)
    trial.hear(lambda: running.tell("spot", SPOT), b"K1ABC        FM big signal")
    assert running.tell("counts")["logged_in_total"] == 1


@pytest.mark.parametrize("kind", ["dxspider", "cccluster", "arcluster"])
@pytest.mark.parametrize("temper", ["none", "late-history:0.5"])
def test_asks_for_the_spots_it_missed(kind: NodeKind, temper: str, node: Start, tmp_path: Path) -> None:
    running = node("--dialect", kind, "--misbehave", temper)
    running.tell("spot", SPOT)
    trial = Trial(tmp_path, running.address, kind)
    trial.hear(lambda: None, b" 29600.0 K1ABC       ")
    assert [line.kind for line in trial.spool.oldest(99) if b"K1ABC" in line.line] == ["history"]


def test_sends_the_commands_after_the_log_in(node: Start, tmp_path: Path) -> None:
    running = node()
    running.tell("spot", "F5AAA 7000.0 K2ABC")
    trial = Trial(tmp_path, running.address, commands=("set/ve7cc", "set/skimmer"))
    trial.hear(lambda: [time.sleep(0.3), running.tell("spot", SPOT)], b"CC11^29600.0^K1ABC^")
    history = [line.line for line in trial.spool.oldest(99) if line.kind == "history"]
    assert len(history) == 1, "asked for before the form changes"
    assert history[0].startswith(b"   7000.0 K2ABC ")


REFUSALS = {
    "invalid": ("invalid_call", "says 'Sorry N0CALL-1 is an invalid callsign'"),
    "registered": ("not_registered", "says 'Sorry, you need to be registered'"),
    "elsewhere": (
        "connected_elsewhere",
        "says 'Sorry N0CALL-1 you are connected to me on another port'",
    ),
    "locked": ("locked_out", "closed without a word after it was given N0CALL-1"),
}


@pytest.mark.parametrize("why", REFUSALS)
def test_a_refusal_is_recognised(why: str, node: Start, tmp_path: Path) -> None:
    trial = Trial(tmp_path, node("--misbehave", f"refuse:{why}").address)
    end = trial.end()
    assert (end.reason, end.seconds) == ("refused", 0)
    assert (end.refusal, end.sentence) == REFUSALS[why]
    assert trial.phases == ["logging in"]


def test_a_password_is_read_from_its_file_and_never_said(
    node: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    running = node("--password", "open sesame")
    secret = tmp_path / "password"
    secret.write_text("guessed\n")
    end = Trial(tmp_path, running.address, password_file=secret).end()
    assert (end.reason, end.refusal, end.sentence) == ("refused", "password", "says 'Sorry'")
    secret.write_text("open sesame\n")
    trial = Trial(tmp_path, running.address, password_file=secret)
    trial.hear(lambda: running.tell("spot", SPOT), b"K1ABC        FM big signal")
    assert "sesame" not in caplog.text
    assert not any(b"sesame" in line for line in trial.lines())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(None, "no password_file is set"), ("", "must hold one line"), ("a\nb\n", "must hold one line")],
)
def test_a_password_that_is_wanted_and_not_there(
    text: str | None, sentence: str, node: Start, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(text or "")
    file = None if text is None else tmp_path / "password"
    end = Trial(tmp_path, node("--password", "secret").address, password_file=file).end()
    assert (end.reason, end.refusal) == ("refused", "password")
    assert sentence in end.sentence


def test_nobody_there(node: Start, tmp_path: Path) -> None:
    running = node()
    running.process.terminate()
    running.process.wait(5)
    end = Trial(tmp_path, running.address).end()
    assert end.reason == "unreachable"
    assert "cannot connect to 127.0.0.1:" in end.sentence


def test_a_name_that_does_not_exist(tmp_path: Path) -> None:
    end = Trial(tmp_path, ("nowhere.invalid", 7300)).end()
    assert end.reason == "unreachable"
    assert "the name nowhere.invalid was not found" in end.sentence


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


def test_what_came_before_a_reset_is_spooled(tmp_path: Path) -> None:
    """Lines, half a line and the reset are in the kernel before the first byte is read."""

    async def meet() -> End:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"login: ")
            await reader.readline()
            lines = b"".join(
                b"DX de F5AAA:     14025.0  K%04dA       comment  0357Z\r\n" % n for n in range(900)
            )
            writer.write(b"N0CALL-1 de GB7TST-2 24-Nov-2026 0355Z dxspider >\r\n" + lines + b"DX de F5")
            await writer.drain()
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        trial.append(Trial(tmp_path, server.sockets[0].getsockname()))
        return await asyncio.wait_for(trial[0].session.run(), 10)

    trial: list[Trial] = []
    end = asyncio.run(meet())
    assert end.reason == "reset"
    assert end.spots == 900 == sum(line.startswith(b"DX de") for line in trial[0].lines())


@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk is full"), SpoolFull("holds too much")])
def test_a_spool_that_takes_nothing_stops_the_reading_and_loses_nothing(
    error: Exception,
    node: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = node()
    trial = Trial(tmp_path, running.address)
    append = trial.spool.append
    failures = 0

    def on_a_full_disk(
        name: str, received: int, lines: Lines, kind: Kind = "live", *, gap_open: bool = False
    ) -> None:
        nonlocal failures
        if any(b"K1ABC" in line for line in lines) and failures < 2:
            failures += 1
            raise error
        append(name, received, lines, kind, gap_open=gap_open)

    monkeypatch.setattr(trial.spool, "append", on_a_full_disk)
    trial.hear(lambda: running.tell("spot", SPOT), b"K1ABC        FM big signal")
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.WARNING]
    assert str(error) in caplog.text


def test_a_spool_that_takes_nothing_for_long_ends_the_session(
    node: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SPOOL_PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(module, "SPOOL_RETRY_SECONDS", 0.1)
    trial = Trial(tmp_path, node("--rate", "50").address)

    def full(*_: object, **__: object) -> None:
        raise SpoolFull("holds too much")

    monkeypatch.setattr(trial.spool, "append", full)
    end = trial.end()
    assert (end.reason, end.sentence) == (
        "spool_full",
        "the spool has taken no lines for 0 s: holds too much",
    )
    assert end.unspooled.live
    monkeypatch.undo()
    assert trial.lines() == []


def test_what_has_arrived_when_it_is_stopped_is_spooled(node: Start, tmp_path: Path) -> None:
    running = node("--dialect", "rbn")
    trial = Trial(tmp_path, running.address, "rbn")

    async def stop() -> None:
        task = asyncio.create_task(trial.session.run())
        await trial.up.wait()
        for n in range(20):
            running.tell("spot", f"F5AAA {14000 + n}.0 K1ABC")
        # The task had no turn since.
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(stop())
    assert sum(b"K1ABC" in line for line in trial.lines()) == 20


def test_a_relay_without_prompt_is_up_soon_and_has_gone_dead_when_it_is_silent(
    node: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LET_IN_SECONDS", 0.2)
    trial = Trial(tmp_path, mute_relay := serve(b"Please enter your call: ", b"Hello N0CALL-1\r\n"), "rbn")
    assert mute_relay
    end = trial.end()
    assert trial.phases == ["logging in", "up"]
    assert (end.reason, end.sentence) == ("silent", "sent nothing for 2 s")


def serve(*answers: bytes) -> tuple[str, int]:
    """A node that says one thing after each line, and then nothing more; its address."""
    server = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        with server, server.accept()[0] as client, client.makefile("rb") as lines:
            for answer in answers:
                client.sendall(answer)
                lines.readline()
            while lines.readline():
                pass

    threading.Thread(target=talk, daemon=True).start()
    host, port = server.getsockname()
    return host, port
