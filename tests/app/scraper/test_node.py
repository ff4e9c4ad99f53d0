"""The link to a node, over its sessions: phases, gaps, waits, and what people are told."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from spotkeeper.scraper import backoff
from spotkeeper.scraper import node as module
from spotkeeper.scraper import session as sessions
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.node import NodeLink
from spotkeeper.scraper.spool import Kind, Spool, SpoolFull
from spotkeeper.scraper.state import NodeState
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.settings import Node, Scraper

from tests.simulator.running_node import RunningNode

pytestmark = pytest.mark.slow

Start = Callable[..., RunningNode]


class Link:
    """A link in this process, with waits of a hundredth."""

    def __init__(self, folder: Path, *addresses: tuple[str, int], **node: Any) -> None:
        self.spool = Spool(folder / "spool")
        self.registry = CollectorRegistry()
        self.told: list[tuple[str, str | None]] = []
        targets = tuple(f"{host}:{port}" for host, port in addresses)
        held = Node(**{"name": "demo", "kind": "dxspider", "addresses": targets} | node)
        self.link = NodeLink(
            held,
            Scraper(callsign="N0CALL-1", nodes=[held], silence_seconds=1, probe_seconds=1),
            self.spool,
            ScraperMetrics(self.registry, ["demo"]),
            Watchdog(),
            on_change=self._tell,
        )

    def _tell(self, state: NodeState) -> None:
        self.told.append((state.phase, state.reason))

    def until(self, *steps: Callable[[], object]) -> None:
        """Holds the link until each step in turn has come true; a step may do something as well."""
        asyncio.run(self._until(steps))

    async def _until(self, steps: tuple[Callable[[], object], ...]) -> None:
        async with asyncio.timeout(30):
            task = asyncio.create_task(self.link.run())
            for step in steps:
                while not await asyncio.to_thread(step):
                    assert not task.done(), task.result()
                    await asyncio.sleep(0.02)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def is_(self, phase: str) -> Callable[[], bool]:
        return lambda: self.link.state.phase == phase

    def heard(self, call: str, *kinds: Kind) -> Callable[[], bool]:
        """As live, unless other kinds will do."""
        return lambda: any(
            call.encode() in line.line and line.kind in (kinds or ("live",))
            for line in self.spool.oldest(100_000)
        )

    def gaps(self) -> list[dict[str, Any]]:
        return [json.loads(line.line) for line in self.spool.oldest(100_000) if line.kind == "gap"]

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"spotkeeper_scraper_{name}", {"node": "demo"} | labels)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_SECONDS", "MOST_SECONDS", "QUICK_SECONDS", "REFUSED_SECONDS", "PASSWORD_SECONDS"):
        monkeypatch.setattr(backoff, name, getattr(backoff, name) / 100)
    monkeypatch.setattr(module, "PASSWORD_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(module, "SPOOL_RETRY_SECONDS", 0.05)
    monkeypatch.setattr("spotkeeper.scraper.gap.NEXT_SECONDS", 0.3)
    monkeypatch.setattr("spotkeeper.scraper.gap.ANSWER_SECONDS", 2.0)


def tell(node: RunningNode, command: str, *value: str) -> Callable[[], bool]:
    return lambda: bool(node.tell(command, *value))


def spot(node: RunningNode, call: str) -> Callable[[], bool]:
    return tell(node, "spot", f"F5AAA 29600.0 {call} FM")


def test_what_was_missed_while_the_session_was_down_is_asked_for(node: Start, tmp_path: Path) -> None:
    running = node()
    link = Link(tmp_path, running.address)
    link.until(
        link.is_("up"),
        spot(running, "K1ABC"),
        link.heard("K1ABC"),
        tell(running, "drop"),
        spot(running, "K2ABC"),
        link.heard("K2ABC", "history"),
        spot(running, "K3ABC"),
        link.heard("K3ABC"),
        link.gaps,
    )
    [gap] = link.gaps()
    assert (gap["reason"], gap["unrepaired_seconds"]) == ("closed", 0)
    assert 0 < gap["ended"] - gap["began"] < 10
    assert gap["answered"] == 2
    assert link.value("gap_unrepaired_seconds_total") == 0
    assert 0 < (link.value("gap_repaired_seconds_total") or 0) < 10
    phases = [phase for phase, _ in link.told]
    assert phases == ["connecting", "logging in", "up", "waiting", "connecting", "logging in", "up"]
    assert link.value("sessions_total") == 2 == link.link.state.sessions


def test_after_a_restart_the_gap_begins_with_the_last_line_of_before(node: Start, tmp_path: Path) -> None:
    running = node()
    first = Link(tmp_path, running.address)
    first.until(first.is_("up"), spot(running, "K1ABC"), first.heard("K1ABC"))
    first.spool.close()
    began = time.time()
    for n in range(150):
        running.tell("spot", f"F5AAA {14000 + n}.0 K2ABC")
    second = Link(tmp_path, running.address)
    second.until(second.gaps)
    [gap] = second.gaps()
    assert (gap["reason"], gap["asked"], gap["answered"]) == ("restart", 100, 100)
    # 150 spots were missed and 100 told: nobody knows since when.
    assert gap["unrepaired_seconds"] == pytest.approx(gap["ended"] - gap["began"])
    assert gap["began"] <= began <= gap["ended"]
    assert (second.value("gap_unrepaired_seconds_total") or 0) > 0


def test_a_gap_whose_repair_was_interrupted_goes_on(node: Start, tmp_path: Path) -> None:
    running = node()
    link = Link(tmp_path, running.address)
    link.until(
        link.is_("up"),
        spot(running, "K1ABC"),
        link.heard("K1ABC"),
        tell(running, "misbehave", "no-history"),
        tell(running, "drop"),
        spot(running, "K2ABC"),
        link.is_("waiting"),
        link.is_("up"),
        spot(running, "K3ABC"),
        link.heard("K3ABC"),
        tell(running, "misbehave", "none"),
        tell(running, "drop"),
        link.heard("K2ABC", "history"),
        link.gaps,
    )
    [gap] = link.gaps()
    assert (gap["reason"], gap["unrepaired_seconds"]) == ("closed", 0)


def test_a_gap_whose_repair_was_interrupted_by_a_kill_is_told_by_the_next_process(
    node: Start, tmp_path: Path
) -> None:
    running = node()
    first = Link(tmp_path, running.address)
    first.until(first.is_("up"), spot(running, "K1ABC"), first.heard("K1ABC"))
    first.spool.close()
    missed_since = time.time()
    running.tell("misbehave", "no-history")
    second = Link(tmp_path, running.address)
    second.until(second.is_("up"), spot(running, "K2ABC"), second.heard("K2ABC"))
    second.spool.close()
    third = Link(tmp_path, running.address)
    third.until(spot(running, "K3ABC"), third.gaps)
    [gap] = third.gaps()
    assert gap["began"] <= missed_since
    assert gap["unrepaired_seconds"] > 0


def test_a_node_that_never_answers_is_a_loud_gap(
    node: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    running = node()
    link = Link(tmp_path, running.address)
    link.until(
        link.is_("up"),
        spot(running, "K1ABC"),
        link.heard("K1ABC"),
        tell(running, "misbehave", "no-history"),
        tell(running, "drop"),
        link.gaps,
    )
    [gap] = link.gaps()
    assert gap["unrepaired_seconds"] == pytest.approx(gap["ended"] - gap["began"])
    [record] = [record for record in caplog.records if getattr(record, "event", "") == "gap"]
    assert record.levelno == logging.WARNING


def test_a_refusal_is_told_with_advice_and_given_up_in_the_end(
    node: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    running = node("--misbehave", "refuse:registered")
    link = Link(tmp_path, running.address)
    link.until(link.is_("given up"))
    state = link.link.state
    assert link.told.count(("waiting", "refused")) == 3
    assert state.sentence == "says 'Sorry, you need to be registered'"
    assert state.advice.startswith("Ask the node's sysop to register the callsign")
    assert state.next_attempt and state.next_attempt > time.time() + 20
    assert link.value("refusals_total", reason="not_registered") == 4
    assert link.value("session_ends_total", reason="refused") == 4
    assert caplog.records[-1].levelno == logging.ERROR
    assert state.advice in caplog.records[-1].getMessage()


def test_a_session_that_another_one_bumps_is_told_with_advice(
    node: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    running = node()
    link = Link(tmp_path, running.address)
    link.until(link.is_("up"), tell(running, "misbehave", "bump"), link.is_("waiting"))
    state = link.link.state
    assert state.reason == "bumped"
    assert "Another program uses the same callsign" in state.advice
    assert state.advice in caplog.text
    assert state.next_attempt and state.next_attempt > state.since + 2.9


def test_a_node_that_refuses_is_not_heard_by_that(node: Start, tmp_path: Path) -> None:
    running = node("--dialect", "cccluster")
    link = Link(tmp_path, running.address, kind="cccluster")
    link.until(link.is_("up"), spot(running, "K1ABC"), link.heard("K1ABC"))
    heard = link.spool.last_heard("demo")
    running.tell("misbehave", "refuse:registered")
    refused = Link(tmp_path, running.address, kind="cccluster")
    refused.until(refused.is_("waiting"))
    assert refused.spool.last_heard("demo") == heard is not None


def test_a_password_that_was_put_right_is_tried_at_once(node: Start, tmp_path: Path) -> None:
    running = node("--password", "open sesame")
    file = tmp_path / "password"
    file.write_text("guessed")
    link = Link(tmp_path, running.address, password_file=file)
    link.until(link.is_("waiting"), lambda: file.write_text("open sesame"), link.is_("up"))
    assert link.value("refusals_total", reason="password") == 1
    assert link.link.state.advice == ""


def test_the_first_address_that_answers_is_taken(node: Start, tmp_path: Path) -> None:
    gone, running = node(), node()
    gone.process.terminate()
    gone.process.wait(5)
    link = Link(tmp_path, gone.address, running.address)
    link.until(link.is_("up"))
    assert link.link.state.address == f"127.0.0.1:{running.address[1]}"


def test_an_address_that_lets_nobody_in_gives_way_to_the_next(node: Start, tmp_path: Path) -> None:
    refusing, running = node("--misbehave", "refuse"), node()
    link = Link(tmp_path, refusing.address, running.address)
    link.until(link.is_("up"), lambda: running.tell("counts")["logged_in"] == ["N0CALL-1"])
    assert refusing.tell("counts")["refused_total"] == 1


def test_a_node_may_know_another_callsign(node: Start, tmp_path: Path) -> None:
    running = node()
    link = Link(tmp_path, running.address, callsign="F5AAA-9")
    link.until(link.is_("up"), lambda: running.tell("counts")["logged_in"] == ["F5AAA-9"])


def test_after_a_full_spool_the_lines_in_hand_come_first(
    node: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "SPOOL_PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(sessions, "SPOOL_RETRY_SECONDS", 0.1)
    running = node()
    link = Link(tmp_path, running.address)
    append = link.spool.append

    def full(*_: object, **__: object) -> None:
        raise SpoolFull("holds too much")

    link.until(
        link.is_("up"),
        spot(running, "K0ABC"),
        link.heard("K0ABC"),
        lambda: monkeypatch.setattr(link.spool, "append", full) or True,
        spot(running, "K1ABC"),
        link.is_("waiting"),
        spot(running, "K2ABC"),
        lambda: monkeypatch.setattr(link.spool, "append", append) or True,
        link.heard("K1ABC", "live", "history"),
        link.heard("K2ABC", "history"),
        link.gaps,
    )
    [gap] = link.gaps()
    assert (gap["reason"], gap["unrepaired_seconds"]) == ("spool_full", 0)
    assert ("waiting", "spool_full") in link.told


def test_the_states_times_and_counts(node: Start, tmp_path: Path) -> None:
    running = node()
    link = Link(tmp_path, running.address)
    begin = time.time()
    link.until(link.is_("up"), spot(running, "K1ABC"), link.heard("K1ABC"))
    state = link.link.state
    assert (state.name, state.kind, state.reason, state.sentence) == ("demo", "dxspider", None, "")
    assert state.spots == 1
    assert state.lines > 1
    assert state.last_spot and begin <= state.last_spot <= time.time()
    assert link.value("session_up") == 0
    assert link.value("session_ends_total", reason="stopped") == 1
