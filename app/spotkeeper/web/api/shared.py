"""Answers that are the same for everybody who may have them, kept for some seconds in this process.

The access check and the quota come before, for each request: what is kept is only how the answer was made.
docs/decisions/api.md tells why nginx does not keep them.
"""

import functools
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Condition
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, make_response, request

MOST_BYTES = 8 * 1024 * 1024
LONGEST_KEY = 2048
STALE_SECONDS = 30
WAIT_SECONDS = 2.0


class Answer(NamedTuple):
    """A kept answer of status 200; `fresh_until` is a moment of the store's clock."""

    body: bytes
    headers: tuple[tuple[str, str], ...]
    fresh_until: float


class Answers:
    """Up to 8 MB of answers; the ones that were not asked for longest go first.

    While one request makes an answer anew, others of the same key get the one before, up to 30 s after its
    time, or wait for the new one: however many ask, the database is asked once.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._bytes = 0
        self._making: set[str] = set()
        self._changed = Condition()

    def get(self, key: str) -> Answer | None:
        """A fit answer; None makes the caller the one who has to make it, and to call `end` then."""
        waits_until = self.clock() + WAIT_SECONDS
        with self._changed:
            while True:
                now = self.clock()
                found = self._kept.get(key)
                if found and now < found.fresh_until:
                    self._kept.move_to_end(key)
                    return found
                if key not in self._making:
                    self._making.add(key)
                    return None
                if found and now < found.fresh_until + STALE_SECONDS:
                    return found
                if now >= waits_until or not self._changed.wait(waits_until - now):
                    return None  # whoever makes it is slow: ask the database beside it

    def end(self, key: str, made: Answer | None) -> None:
        """What the caller that got None made of it; None when that is not to be kept."""
        with self._changed:
            self._making.discard(key)
            if made and len(made.body) <= MOST_BYTES // 4:
                if before := self._kept.pop(key, None):
                    self._bytes -= len(before.body) + len(key)
                self._kept[key] = made
                self._bytes += len(made.body) + len(key)
                while self._bytes > MOST_BYTES:
                    old, gone = self._kept.popitem(last=False)
                    self._bytes -= len(gone.body) + len(old)
            self._changed.notify_all()


def add_to(app: Flask) -> None:
    """Give the app its answers."""
    app.extensions["api-answers"] = Answers()


def same_for_all(seconds: int) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Have a view's answers kept for so many seconds, by its path, query and Accept header.

    For views of GET whose answer depends on nothing else, never on who asks. It stands directly under the
    route. Browsers are told to keep the answer as long; a conditional request gets its 304.
    """

    def keep(view: Callable[..., Any]) -> Callable[..., Response]:
        @functools.wraps(view)
        def answer(*arguments: Any, **named: Any) -> Response:
            answers: Answers = current_app.extensions["api-answers"]
            key = f"{request.full_path} {request.headers.get('Accept', '')}"
            if len(key) > LONGEST_KEY:
                return make_response(view(*arguments, **named))
            kept = answers.get(key)
            if kept is None:
                made = None
                try:
                    response = make_response(view(*arguments, **named))
                    if response.status_code != 200 or response.is_streamed:
                        return response
                    response.add_etag()
                    made = Answer(response.get_data(), tuple(response.headers), answers.clock() + seconds)
                finally:
                    answers.end(key, made)
                kept = made
            return _response(kept, answers.clock())

        return answer

    return keep


def _response(kept: Answer, now: float) -> Response:
    response = Response(kept.body, headers=list(kept.headers))
    response.cache_control.no_store = None
    response.cache_control.public = True
    response.cache_control.max_age = max(round(kept.fresh_until - now), 0)
    return response.make_conditional(request)  # type: ignore[return-value]
