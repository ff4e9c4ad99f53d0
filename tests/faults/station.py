"""Three simulated nodes, the process `spotkeeper scrape`, and a PostgreSQL of their own."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import psycopg
from prometheus_client.parser import text_string_to_metric_families

from tests.app.scraper.conftest import Port
from tests.faults import logs
from tests.faults.cluster import Cluster, owned_by_server
from tests.faults.pace import Pace
from tests.simulator.running_node import PROGRAM, ROOT, RunningNode

SPOTS_PER_SECOND = 50
NODES = ("a", "b", "c")
KINDS = {"a": "dxspider", "b": "cccluster", "c": "dxspider"}
FAKETIME = Path("/usr/lib")


def wait_until(true: Callable[[], object], what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.2)


def faked_clock(ahead: Path) -> dict[str, str]:
    """The environment of a process whose clock is ahead by the seconds that the file says, at any time anew.

    Its monotonic clock is the machine's: that is what a jump of the clock is.
    """
    library = next(FAKETIME.glob("*/faketime/libfaketimeMT.so.1"))
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(ahead),
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }


class Node:
    """A simulated node with a log of what it made and of what sockets took, which a restart keeps."""

    def __init__(
        self,
        name: str,
        seed: int,
        folder: Path,
        rate: float,
        *,
        arguments: Sequence[str] = (),
        inside: Sequence[str] = (),
        address: str = "127.0.0.1",
        environment: Mapping[str, str] | None = None,
        clock_ahead: float = 0,
    ) -> None:
        self.name = name
        self.kind = KINDS[name]
        self.address = address
        self._port = Port()
        self.port = self._port.number
        self.rate = rate
        self._seed = seed
        self._sent, self._made = folder / f"{name}.sent", folder / f"{name}.made"
        self._arguments = arguments
        self._inside = inside
        self._environment = environment or {}
        self._clock_ahead = clock_ahead
        self._starts = 0

    def start(self, rate: float | None = None) -> None:
        """Each time with a seed of its own: no traffic twice. At its own rate unless one is given."""
        self._starts += 1
        process = subprocess.Popen(
            [
                *self._inside, *PROGRAM, "serve",
                "--listen", f"{self.address}:{self.port}", "--control", f"{self.address}:0",
                "--dialect", self.kind, "--seed", str(self._seed + 1000 * self._starts), "--nonstop",
                "--rate", str(self.rate if rate is None else rate), "--solar-every", "0",
                "--sent-log", str(self._sent), "--made-log", str(self._made), *self._arguments,
            ],
            cwd=ROOT, env=os.environ | self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdout
        said = process.stdout.readline()
        ports = re.findall(r":(\d+)\b", said)
        assert len(ports) == 2, said
        self._running = RunningNode(process, (self.address, self.port), f"{self.address}:{ports[1]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        process = self._running.process
        process.send_signal(how)
        process.wait(10)
        assert process.stdout
        process.stdout.close()

    def tell(self, command: str, *value: str) -> dict[str, object]:
        answer = self._running.tell(command, *value)
        assert answer.pop("ok"), answer
        return answer

    def count(self, what: str) -> int:
        number = self.tell("counts")[what]
        assert isinstance(number, int)
        return number

    def until_logged_in(self, again_after: int = 0, seconds: float = 30) -> None:
        """Once more than so many times."""
        wait_until(
            lambda: self.count("logged_in_total") > again_after, f"{self.name} is logged in to", seconds
        )

    def log_in(self, call: str) -> None:
        """As another program does, and leave at once."""
        client = self._running.client()
        client.log_in(call)
        client.socket.close()

    def sent(self) -> list[logs.Line]:
        """In the order in which sockets took them."""
        return logs.read(self._sent, self._clock_ahead)

    def sent_lately(self) -> list[logs.Line]:
        """The last of them."""
        return logs.read(self._sent, self._clock_ahead, last_bytes=50_000)

    def made(self) -> list[logs.Line]:
        return logs.read(self._made, self._clock_ahead)


class Scraper:
    """`spotkeeper scrape`, started and ended any number of times."""

    def __init__(
        self,
        folder: Path,
        conninfo: str,
        nodes: Sequence[str],
        pace: Pace,
        *,
        callsign: str = "N0CALL-1",
        spool: Path | None = None,
        settings: str = "",
        inside: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.spool = spool or folder / "spool.sqlite"
        self.log = folder / "scraper.log"
        self._port = Port()
        self._settings = folder / "spotkeeper.toml"
        self._settings.write_text(
            f'[database]\nconninfo = "{conninfo}"\n'
            f'[scraper]\ncallsign = "{callsign}"\nspool = "{self.spool}"\n'
            f"metrics_port = {self._port.number}\n"
            f"silence_seconds = {pace.silence_seconds}\nprobe_seconds = {pace.probe_seconds}\n{settings}\n"
            + "\n".join(nodes)
        )
        self._environment = os.environ | (environment or {})
        program: list[str | Path] = [Path(sys.executable).with_name("spotkeeper")]
        if not pace.full:
            program = [sys.executable, Path(__file__).with_name("hurried.py"), str(pace.factor)]
        self._command = [*inside, *program, "--settings", self._settings, "scrape"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def send(self, number: signal.Signals) -> None:
        assert self._process
        self._process.send_signal(number)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """The exit code after this signal."""
        assert self._process
        self.send(how)
        return self._process.wait(30)

    def run_again(self, seconds: float) -> int:
        """The exit code of a second process with the same settings, which has to end by itself."""
        with self.log.open("ab") as log:
            return subprocess.run(
                self._command, cwd=ROOT, env=self._environment, stderr=log, timeout=seconds
            ).returncode

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        if self.runs:
            self.end(signal.SIGKILL)

    def metric(self, name: str, **labels: str) -> float:
        """The sum over all labels that are not given; 0 while the process does not answer."""
        try:
            with urlopen(f"http://127.0.0.1:{self._port.number}/metrics", timeout=2) as page:
                text = page.read().decode()
        except OSError:
            return 0
        return sum(
            sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if sample.name == f"spotkeeper_scraper_{name}" and labels.items() <= sample.labels.items()
        )

    def most_memory_mb(self) -> float:
        """The most that was ever resident."""
        found = re.search(r"VmHWM:\s+(\d+) kB", self._proc("status"))
        assert found
        return int(found[1]) / 1024

    def cpu_seconds(self) -> float:
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _proc(self, name: str) -> str:
        assert self._process
        return Path(f"/proc/{self._process.pid}/{name}").read_text()


class Station:
    """To be equipped, then started. What is started here is gone when `stack` is closed."""

    def __init__(self, folder: Path, template: Path, pace: Pace, stack: ExitStack) -> None:
        folder.mkdir(mode=0o755)
        owned_by_server(folder)
        self.folder = folder
        self.pace = pace
        self.stack = stack
        self.cluster = Cluster(folder)
        self.notes: list[str] = []
        self._template = template
        self._node: dict[str, dict[str, object]] = {name: {} for name in NODES}
        self._scraper: dict[str, object] = {}
        self._hosts: dict[str, str] = {}
        self._in_settings: dict[str, str] = {}

    def equip_node(self, name: str, *, setting: str = "", host: str = "", **what: object) -> None:
        """What a Node is to be made with, a line for its settings, and the name it is known by."""
        self._node[name] |= what
        self._in_settings[name] = setting
        if host:
            self._hosts[name] = host

    def equip_scraper(self, **what: object) -> None:
        self._scraper |= what

    def set_clocks(self, ahead: float, *, of_nodes: bool) -> Path:
        """The file that says how many seconds the scraper's clock is ahead, and the nodes' if said so."""
        file = self.folder / "clock"
        file.write_text(f"{ahead:+.0f}")
        self.equip_scraper(environment=faked_clock(file))
        if of_nodes:
            for name in NODES:
                self.equip_node(name, environment=faked_clock(file), clock_ahead=round(ahead))
        return file

    def start(self) -> None:
        """Returns when spots of all nodes are stored."""
        data = self.folder / "data"
        if not data.exists():
            self.copy_template(data)
        self.cluster.start()
        self.stack.callback(self.cluster.stop)
        self.nodes = {}
        for seed, name in enumerate(NODES):
            equipped = {"rate": SPOTS_PER_SECOND / len(NODES)} | self._node[name]
            node = Node(name, seed + 1, self.folder, **equipped)  # type: ignore[arg-type]
            node.start(rate=0)
            self.stack.callback(node.stop)
            self.nodes[name] = node
        self.scraper = self.make_scraper(self.folder, **self._scraper)
        self.scraper.start()
        began = time.time()
        for node in self.nodes.values():
            node.until_logged_in()
            node.tell("rate", str(node.rate))
        self.until_flowing(began, NODES, 30)

    def copy_template(self, data: Path) -> None:
        subprocess.run(["cp", "-a", "--reflink=auto", self._template, data], check=True)

    def make_scraper(self, folder: Path, **what: object) -> Scraper:
        settings = [
            f'[[scraper.nodes]]\nname = "{node.name}"\nkind = "{node.kind}"\n'
            f'host = "{self._hosts.get(node.name, node.address)}"\nport = {node.port}\n'
            f"{self._in_settings.get(node.name, '')}"
            for node in self.nodes.values()
        ]
        scraper = Scraper(folder, self.cluster.conninfo, settings, self.pace, **what)  # type: ignore[arg-type]
        self.stack.callback(scraper.close)
        return scraper

    def settle(self) -> None:
        """Time for all to be as always."""
        time.sleep(max(self.pace.wait(10), 1.5))

    def sleep(self, seconds: float) -> None:
        """As long in the full form, shorter by the factor in the short one."""
        time.sleep(self.pace.lasting(seconds))

    def until_flowing(self, since: float, nodes: Sequence[str], seconds: float) -> None:
        """Live spots that each of these nodes sent after `since` are stored."""
        for name in nodes:
            wait_until(partial(self._flows, name, since), f"spots of node {name} are stored", seconds)

    def _flows(self, name: str, since: float) -> bool:
        try:
            stored = self.cluster.ask(
                """SELECT extract(epoch FROM time)::bigint, dx, spotter,
                    (spot_hz(hundred_hz, rest_hz) + 500) / 1000
                FROM spot_rows JOIN nodes ON nodes.id = node
                WHERE nodes.name = %s AND recovered IS NULL
                    AND pg_xact_commit_timestamp(spot_rows.xmin) > to_timestamp(%s)""",
                name,
                since,
            )
        except psycopg.OperationalError:
            return False
        keys = {logs.Key(*row) for row in stored}
        return any(line.key in keys for line in self.nodes[name].sent_lately() if line.moment > since)

    def come_to_rest(self) -> None:
        """The nodes make no more spots, and what was under way is stored."""
        for node in self.nodes.values():
            node.tell("rate", "0")
        wait_until(
            lambda: not any(node.count("lines_waiting") for node in self.nodes.values()), "all is sent", 60
        )
        time.sleep(2)
        assert self.scraper.end() == 0

    def note(self, text: str) -> None:
        """For the table."""
        self.notes.append(text)

    def print_logs(self) -> None:
        for log in sorted(self.folder.glob("**/*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-20000:]}")
