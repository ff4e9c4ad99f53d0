"""What takes some time to make and many ask for, kept for some time in this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar, cast

import psycopg
from werkzeug.exceptions import ServiceUnavailable

MOST = 32
AT_ONCE = 2
STALE_SECONDS = 60
MOMENT = 0.25
"""Seconds that a page may be older than its request. Its live spots begin a whole second before it."""
WAIT_SECONDS = 3

Value = TypeVar("Value")


class _Entry:
    """A value; who makes it holds the lock."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.value: Any = None
        self.begun = float("-inf")


class Kept:
    """Up to MOST values by key; the ones that were not asked for longest go first.

    Each is made by one thread at a time: `start` runs what makes one anew beside the requests. Those that
    nobody has yet are made by the requests, at most `at_once` of them, so that no client can busy the
    database alone.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], object] | None = None,
        at_once: int = AT_ONCE,
    ) -> None:
        self._clock = clock
        self._start = start or ThreadPoolExecutor(1, "sums").submit
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()
        self._makers = BoundedSemaphore(at_once)

    def get(
        self, key: Hashable, seconds: float, make: Callable[[], Value], stale: float = STALE_SECONDS
    ) -> Value:
        """The value of `make`, begun at most `seconds` before this, or `stale` more while it is made anew.

        `make` may be called in another thread. Raises what it raises when there is no value as young as
        that, and ServiceUnavailable when making one has to wait for more than WAIT_SECONDS.
        """
        entry = self._entry(key)
        now = self._clock()
        age = now - entry.begun
        if age >= seconds + stale:
            self._make(entry, now - seconds, make)
        elif age >= seconds and entry.lock.acquire(blocking=False):
            self._start(lambda: self._make_anew(entry, make))
        return cast(Value, entry.value)

    def _make(self, entry: _Entry, earliest: float, make: Callable[[], Any]) -> None:
        busy = ServiceUnavailable("The database is busy with others' questions.", retry_after=WAIT_SECONDS)
        if not entry.lock.acquire(timeout=WAIT_SECONDS):
            raise busy
        try:
            if entry.begun > earliest:
                return  # somebody else has, meanwhile
            if not self._makers.acquire(timeout=WAIT_SECONDS):
                raise busy
            try:
                self._put(entry, make)
            finally:
                self._makers.release()
        finally:
            entry.lock.release()

    def _make_anew(self, entry: _Entry, make: Callable[[], Any]) -> None:
        try:
            self._put(entry, make)
        except psycopg.OperationalError:
            pass  # the next request tries again; whoever finds the value too old is told the reason
        finally:
            entry.lock.release()

    def _put(self, entry: _Entry, make: Callable[[], Any]) -> None:
        begun = self._clock()
        entry.value, entry.begun = make(), begun

    def _entry(self, key: Hashable) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            if len(self._entries) > MOST:
                self._entries.popitem(last=False)
            return entry
