"""A thousand live listeners: memory, delay from commit to delivery, and a forced reconnect of all of them.

    pg_virtualenv -t python -m bench.listeners [--dashboards] [--listeners 1000] [--spots 120] [--rate 2]

The whole station runs on this machine, with the role's nginx; the listeners are one asyncio process, this
one. Three of four follow all spots, the others one of eight searches that every spot meets. With --dashboards
each is an open first page instead, signed in: it follows all spots and once a minute asks for its tiles, as
the page's script does; that goes over a few connections that stay open, since a browser needs no further one
for it. Memory is the sum of the proportional set sizes (PSS) of the station's processes. Commits are made
here, as the scraper makes them.
"""

import argparse
import asyncio
import os
import re
import ssl
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import psycopg

from bench.visitor import visitor
from tests.support import database
from tests.support.spots import a_spot, add_spots
from tests.support.stack import Stack

SETTINGS = "[api]\nanonymous = true\nanonymous_requests_per_minute = 1000000"
SEARCHES = [{"source": "human", "text": "spot", "min_khz": 1000 + n} for n in range(8)]
DASHBOARD = "/live/spots"
REFRESH_SECONDS = 60
REFRESHING = 8
OPENED_AT_ONCE = 50
_NUMBER = re.compile(rb'"comment":"spot ([0-9]+)"')
# So long after the last commit everything should have come.
PATIENCE_SECONDS = 30.0


class Listener:
    """Follows the stream; knows when each spot came, by the number in its comment."""

    def __init__(self, port: int, path: str, tls: ssl.SSLContext, cookie: str) -> None:
        self.came: dict[int, float] = {}
        self.doubled = 0
        self._port = port
        self._path = path
        self._cookie = f"Cookie: {cookie}\r\n" if cookie else ""
        self._tls = tls
        self._last_id = ""
        self._reading: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Returns when the stream is open."""
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=self._tls)
        again = f"Last-Event-ID: {self._last_id}\r\n" if self._last_id else ""
        head = f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
        self._writer.write(f"{head}{again}{self._cookie}\r\n".encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise SystemExit(f"the stream answers {status!r}")
        while await reader.readline() not in (b"\r\n", b""):
            pass
        self._reading = asyncio.create_task(self._read(reader))

    def cut(self) -> None:
        """As when the network goes: without a word."""
        self._writer.transport.abort()
        if self._reading:
            self._reading.cancel()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        last_id = ""
        while line := await reader.readline():
            if line.startswith(b"id: "):
                last_id = line[4:].strip().decode()
            elif line.startswith(b"data: "):
                number = int(_NUMBER.search(line)[1])  # type: ignore[index]  # all comments are ours
                self.doubled += number in self.came
                self.came.setdefault(number, time.monotonic())
                self._last_id = last_id


def memory() -> Counter[str]:
    """PSS in kB of all processes below this one, by what they are."""
    parents, names = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parents[process.name] = process.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            names[process.name] = process.joinpath("cmdline").read_text().split("\0")
        except OSError:
            continue
    sizes: Counter[str] = Counter()
    for pid, parent in parents.items():
        while parent not in ("0", "1", str(os.getpid())):
            parent = parents.get(parent, "0")
        if parent != str(os.getpid()):
            continue
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        kilobytes = int(next(line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")))
        sizes[_name(names[pid])] += kilobytes
    return sizes


def _name(command: list[str]) -> str:
    for name in ("nginx", "notify", "gunicorn", "scrape", "simulator"):
        if any(name in word for word in command):
            return name
    return Path(command[0]).name


def commit(scraper: psycopg.Connection[tuple[object, ...]], number: int) -> float:
    """One spot; the moment of its commit."""
    add_spots(scraper, a_spot(dx=f"K{number}A", comment=f"spot {number}"), received=time.time())
    return time.monotonic()


async def refresh(
    port: int, tls: ssl.SSLContext, cookie: str, pause: float, offset: float, taken: list[float]
) -> None:
    """Ask for the tiles of the first page every `pause` seconds, until cancelled; the seconds it took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    request = f"GET / HTTP/1.1\r\nHost: localhost\r\nHX-Request: true\r\nCookie: {cookie}\r\n\r\n".encode()
    due = time.monotonic() + offset
    while True:
        await asyncio.sleep(due - time.monotonic())
        due = max(due + pause, time.monotonic())
        start = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise SystemExit(f"the first page answers {head!r}")
        if length := re.search(rb"(?i)content-length: ([0-9]+)", head):
            await reader.readexactly(int(length[1]))
        else:
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        taken.append(time.monotonic() - start)


def paths(count: int, *, dashboards: bool) -> list[str]:
    """Of the streams."""
    if dashboards:
        return [DASHBOARD] * count
    searches = [SEARCHES[n // 4 % len(SEARCHES)] if n % 4 == 3 else {} for n in range(count)]
    return [f"/api/v1/stream?{urlencode(search)}" for search in searches]


async def run(stack: Stack, name: str, listeners: int, spots: int, rate: float, cookie: str) -> int:
    tls = ssl.create_default_context()
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    port = stack.ports["https"]
    everyone = [Listener(port, path, tls, cookie) for path in paths(listeners, dashboards=bool(cookie))]
    refreshing: list[asyncio.Task[None]] = []
    refreshed: list[float] = []
    with psycopg.connect(f"dbname={name}", user="scraper", autocommit=True) as scraper:
        commit(scraper, 0)
        await asyncio.sleep(2)
        before = memory()
        await connect(everyone)
        if cookie:
            pause = REFRESHING * REFRESH_SECONDS / listeners
            refreshing = [
                asyncio.create_task(refresh(port, tls, cookie, pause, n * pause / REFRESHING, refreshed))
                for n in range(REFRESHING)
            ]
        await asyncio.sleep(1)
        committed: dict[int, float] = {}

        async def say(numbers: range) -> None:
            for number in numbers:
                committed[number] = await asyncio.to_thread(commit, scraper, number)
                await asyncio.sleep(1 / rate)

        await say(range(1, spots + 1))
        await told(everyone, len(committed))
        # A dashboard is told what was there before as well.
        delays = sorted(
            came - committed[number]
            for one in everyone
            for number, came in one.came.items()
            if number in committed
        )
        after = memory()
        for task in refreshing:
            if task.done():
                task.result()
            task.cancel()
        if len(refreshed) > 1:
            cuts = quantiles(refreshed, n=100)
            print(f"{len(refreshed)} refreshes: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms\n")

        steady = len(committed)
        speaking = asyncio.create_task(say(range(steady + 1, steady + 1 + spots // 4)))
        await asyncio.sleep(spots / 16 / rate)
        for one in everyone:
            one.cut()
        await asyncio.sleep(2)
        began = time.monotonic()
        await connect(everyone)
        back = time.monotonic() - began
        await speaking
        await told(everyone, len(committed))
    missed = sum(len(committed.keys() - one.came.keys()) for one in everyone)
    doubled = sum(one.doubled for one in everyone)
    return report(before, after, delays, missed, doubled, back, listeners)


async def connect(everyone: list[Listener]) -> None:
    room = asyncio.Semaphore(OPENED_AT_ONCE)

    async def one(listener: Listener) -> None:
        async with room:
            await listener.connect()

    await asyncio.gather(*map(one, everyone))


async def told(everyone: list[Listener], spots: int) -> None:
    """Until everybody has so many, or patience is at its end."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and any(len(one.came) < spots for one in everyone):
        await asyncio.sleep(0.1)


def report(
    before: Counter[str],
    after: Counter[str],
    delays: list[float],
    missed: int,
    doubled: int,
    back: float,
    listeners: int,
) -> int:
    cuts = quantiles(delays, n=100)
    print(f"{listeners} listeners, {len(delays)} deliveries\n")
    print("| process | before, MB | with them, MB |\n|---|---:|---:|")
    for name in sorted(before | after):
        print(f"| {name} | {before[name] / 1024:.1f} | {after[name] / 1024:.1f} |")
    more = (after.total() - before.total()) / 1024
    print(f"| **all** | **{before.total() / 1024:.1f}** | **{after.total() / 1024:.1f}** |\n")
    print(f"more memory: {more:.1f} MB (at most 120)")
    print(f"commit to delivery: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms (at most 250)")
    print(f"after a forced reconnect ({back:.1f} s until all were back): {missed} missed, {doubled} doubled")
    return int(missed > 0 or doubled > 0 or more > 120 or cuts[98] > 0.25)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--dashboards", action="store_true", help="each is an open first page")
    parser.add_argument(
        "--spots", type=int, default=120, help="commits while all listen, default %(default)s"
    )
    parser.add_argument("--rate", type=float, default=2.0, help="commits a second, default %(default)s")
    asked = parser.parse_args()
    name = f"spotkeeper_bench_{os.getpid()}"
    database.create_roles()
    database.create_database(name)
    with tempfile.TemporaryDirectory(prefix="spotkeeper-listeners-") as folder:
        stack = Stack(
            Path(folder), node=["--rate", "0", "--solar-every", "0"], settings=SETTINGS, filled=name
        )
        try:
            stack.start()
            with visitor(stack) if asked.dashboards else nullcontext("") as cookie:
                return asyncio.run(run(stack, name, asked.listeners, asked.spots, asked.rate, cookie))
        finally:
            stack.stop()
            database.drop_database(name)


if __name__ == "__main__":
    sys.exit(main())
