"""Whether every loop of the process makes progress."""

import time
from collections.abc import Callable


class Watchdog:
    """Each loop says by when it will be back; one that is not has hung."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}

    def expect(self, loop: str, seconds: float) -> None:
        """`loop` is alive and will say so again within `seconds`."""
        self._due[loop] = self._clock() + seconds

    def forget(self, loop: str) -> None:
        """`loop` has ended as it was told to."""
        self._due.pop(loop, None)

    def overdue(self) -> list[str]:
        """The loops that have hung."""
        now = self._clock()
        return [loop for loop, due in list(self._due.items()) if due < now]
