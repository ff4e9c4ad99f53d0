"""What several requests ask for at the same moment is looked up once for all of them."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from threading import Lock
from typing import Any, TypeVar

Value = TypeVar("Value")


class Together:
    """Answers by key, of which one is made at a time. Who comes meanwhile waits for the next one, as do
    all others who come: so nobody gets an answer that was begun before it was asked for.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._next: dict[Hashable, Future[Any]] = {}
        """Answers that are not begun."""
        self._last: dict[Hashable, Future[Any]] = {}
        """Those that were begun or will be last."""

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of `make`, which somebody else may have called. Raises what it raised there."""
        with self._lock:
            if waited_for := self._next.get(key):
                before, answer = None, waited_for
            else:
                before, answer = self._last.get(key), Future()
                self._next[key] = self._last[key] = answer
        if not waited_for:
            if before:
                wait([before])
            with self._lock:
                del self._next[key]
            try:
                answer.set_result(make())
            except BaseException as error:  # whoever waits must not wait for ever
                answer.set_exception(error)
            with self._lock:
                if self._last[key] is answer:
                    del self._last[key]
        return answer.result()  # type: ignore[no-any-return]
