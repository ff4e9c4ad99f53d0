"""How often each client may ask: so many requests in each of its minutes, counted in this process.

The dashboard is one process, so these counts are all there are; a restart forgets them, which harms nobody.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

WINDOW_SECONDS = 60
MOST_CLIENTS = 10_000


class Standing(NamedTuple):
    """Where a client stands after a request; `reset` is in seconds, from 1 to the whole window."""

    limit: int
    used: int
    reset: int

    @property
    def is_within(self) -> bool:
        """Whether the request may be answered."""
        return self.used <= self.limit

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-10 has them; with Retry-After when it is too much."""
        said = {
            "RateLimit-Policy": f'"minute";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"minute";r={max(self.limit - self.used, 0)};t={self.reset}',
        }
        return said if self.is_within else said | {"Retry-After": str(self.reset)}


class Quota:
    """Counts the requests of up to 10,000 clients; of more, those whose minute began first are forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()  # when it began, requests so far

    def take(self, client: str, limit: int) -> Standing:
        """Count a request of the client. Its minute begins with the first one."""
        now = self._clock()
        with self._lock:
            began, used = self._windows.get(client, (now, 0))
            if now - began >= WINDOW_SECONDS:
                began, used = now, 0
            if used == 0:
                self._windows.pop(client, None)  # so that the new window stands at the end
            self._windows[client] = began, used + 1
            if len(self._windows) > MOST_CLIENTS:
                self._windows.popitem(last=False)
        return Standing(limit, used + 1, max(math.ceil(began + WINDOW_SECONDS - now), 1))
