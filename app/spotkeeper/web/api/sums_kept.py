"""Sums that take some time to make, kept for some seconds in this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar, cast

import psycopg
from werkzeug.exceptions import ServiceUnavailable

MOST = 32
AT_ONCE = 2
STALE_SECONDS = 600
WAIT_SECONDS = 3

Value = TypeVar("Value")


class _Entry:
    def __init__(self) -> None:
        self.lock = Lock()
        self.made: float | None = None
        self.value: Any = None

    def younger_than(self, seconds: float, now: float) -> bool:
        return self.made is not None and now - self.made < seconds


class Kept:
    """Up to MOST values by key; the ones that were not asked for longest go first.

    At most AT_ONCE are made at the same time, each by one thread, so that no client can busy the database
    with sums. Whoever asks meanwhile gets the value before, which says of when it is.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = Lock()
        self._makers = BoundedSemaphore(AT_ONCE)

    def get(self, key: Hashable, seconds: float, make: Callable[[], Value]) -> Value:
        """The value of `make`, not older than `seconds`; up to STALE_SECONDS when it cannot be had anew now.

        Raises what `make` raises, and ServiceUnavailable after WAIT_SECONDS.
        """
        entry = self._entry(key)
        stale = entry.younger_than(STALE_SECONDS, self._clock())
        if not entry.younger_than(seconds, self._clock()):
            if entry.lock.acquire(timeout=0.0 if stale else WAIT_SECONDS):
                try:
                    if not entry.younger_than(seconds, self._clock()):
                        self._make(entry, stale, make)
                finally:
                    entry.lock.release()
            elif not stale:
                raise ServiceUnavailable("The database is busy.", retry_after=WAIT_SECONDS)
        return cast(Value, entry.value)

    def _make(self, entry: _Entry, stale: bool, make: Callable[[], Any]) -> None:
        if not self._makers.acquire(timeout=0.0 if stale else WAIT_SECONDS):
            if stale:
                return
            raise ServiceUnavailable("The database is busy.", retry_after=WAIT_SECONDS)
        try:
            value, made = make(), self._clock()
        except psycopg.OperationalError:
            if not stale:
                raise
        else:
            entry.value, entry.made = value, made
        finally:
            self._makers.release()

    def _entry(self, key: Hashable) -> _Entry:
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            if len(self._entries) > MOST:
                self._entries.popitem(last=False)
            return entry
