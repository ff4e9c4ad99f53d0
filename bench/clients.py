"""Clients of the station, each a process of its own: over HTTPS through nginx, or with a query of PostgreSQL.

Every client comes from many addresses of the loopback net, so that no limit by address ends the measurement.
"""

import http.client
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import cycle
from multiprocessing import get_context
from typing import NamedTuple

import psycopg

REQUESTS_AN_ADDRESS = 10


class Answers(NamedTuple):
    """What the requests of some clients took, in seconds, and how often which status came."""

    seconds: list[float]
    statuses: Counter[int]
    rate: float
    """A second, all clients together."""
    size: int
    """Bytes of the last answer's body."""

    def percentile(self, percent: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


class Clients:
    """`count` processes that ask at the same time, each `pause` seconds after it has its answer."""

    def __init__(self, count: int, pause: float = 0) -> None:
        # Forked: they start at once and share what is loaded.
        self._pool = get_context("fork").Pool(count)
        self._count = count
        self._pause = pause

    def close(self) -> None:
        self._pool.terminate()
        self._pool.join()

    def ask(self, port: int, paths: Sequence[str], seconds: float, cookie: str = "") -> Answers:
        """Ask nginx at `port` of this machine for the paths in turn, as whom the cookie names."""
        given = [(port, paths, seconds, self._pause, number, cookie) for number in range(self._count)]
        return self._all(_ask, given, seconds)

    def select(
        self, conninfo: str, query: str, keys: Sequence[tuple[object, ...]], seconds: float
    ) -> Answers:
        """Run the query with the keys in turn."""
        return self._all(_select, [(conninfo, query, keys, seconds, self._pause)] * self._count, seconds)

    def _all(self, work: Callable[..., Answers], given: list[tuple[object, ...]], seconds: float) -> Answers:
        found = self._pool.starmap(work, given, chunksize=1)
        taken = [value for one in found for value in one.seconds]
        statuses = sum((one.statuses for one in found), Counter[int]())
        return Answers(taken, statuses, len(taken) / seconds, max(one.size for one in found))


class First(NamedTuple):
    """The answer to one who asks alone."""

    status: int
    body: bytes
    milliseconds: float


def get(port: int, path: str, cookie: str = "") -> First:
    """Ask once."""
    connection = connection_to(port)
    connection.connect()
    start = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
    answer = connection.getresponse()
    body = answer.read()
    milliseconds = 1000 * (time.perf_counter() - start)
    connection.close()
    return First(answer.status, body, milliseconds)


def connection_to(port: int, address: str = "127.0.0.1") -> http.client.HTTPSConnection:
    """Not yet open, from the address to nginx at the port of this machine."""
    return http.client.HTTPSConnection(
        "127.0.0.1", port, timeout=30, context=_tls(), source_address=(address, 0)
    )


@cache
def _tls() -> ssl.SSLContext:
    # Once: to read the authorities of the system takes a client longer than most answers.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask(port: int, paths: Sequence[str], seconds: float, pause: float, number: int, cookie: str) -> Answers:
    headers = {"Accept-Encoding": "gzip"} | ({"Cookie": cookie} if cookie else {})
    taken: list[float] = []
    statuses: Counter[int] = Counter()
    size = 0
    end = time.perf_counter() + seconds
    connection: http.client.HTTPSConnection | None = None
    for path in cycle(paths):
        if connection is None or len(taken) % REQUESTS_AN_ADDRESS == 0:
            if connection is not None:
                connection.close()
            block = len(taken) // REQUESTS_AN_ADDRESS
            connection = connection_to(port, f"127.{1 + number}.{block // 250 % 250}.{1 + block % 250}")
            connection.connect()
        start = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        size = 0
        # A long download is given up when the time is over.
        while (part := answer.read(65536)) and time.perf_counter() < end:
            size += len(part)
        now = time.perf_counter()
        taken.append(now - start)
        statuses[answer.status] += 1
        if answer.will_close:
            connection = None
        if now >= end:
            return Answers(taken, statuses, 0, size)
        time.sleep(pause)
    raise AssertionError("no paths")


def _select(
    conninfo: str, query: str, keys: Sequence[tuple[object, ...]], seconds: float, pause: float
) -> Answers:
    taken: list[float] = []
    end = time.perf_counter() + seconds
    with psycopg.connect(conninfo, autocommit=True) as connection, connection.cursor() as cursor:
        for key in cycle(keys):
            start = time.perf_counter()
            cursor.execute(query, key, prepare=True)
            cursor.fetchall()
            now = time.perf_counter()
            taken.append(now - start)
            if now >= end:
                return Answers(taken, Counter({200: len(taken)}), 0, 0)
            time.sleep(pause)
    raise AssertionError("no keys")
