"""Two connections that store portions side by side, while the next one is read."""

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from queue import SimpleQueue
from types import TracebackType

from spotkeeper.db import imports
from spotkeeper.db.connection import Connection, connect_once
from spotkeeper.db.imports import Portion
from spotkeeper.db.patience import patiently

CONNECTIONS = 2
# Read ahead of those that are stored.
READY = 1
# As long as sums may be made anew, or a month be dropped.
PATIENCE_SECONDS = 1800.0


class Writers:
    """Stores portions of `source`, in no certain order. What one fails with is raised by a later call."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._stack = ExitStack()
        self._free: SimpleQueue[Connection] = SimpleQueue()
        self._waiting: list[tuple[Future[None], Portion]] = []

    def __enter__(self) -> "Writers":
        with ExitStack() as stack:
            for _ in range(CONNECTIONS):
                connection = stack.enter_context(connect_once(self._conninfo, "owner", autocommit=True))
                imports.begin(connection)
                self._free.put(connection)
            self._pool = ThreadPoolExecutor(CONNECTIONS, "import")
            stack.callback(self._pool.shutdown, cancel_futures=True)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Portions that are being stored are stored to their end, others are not begun."""
        self._stack.close()

    def put(self, source: bytes, name: str, portion: Portion) -> list[Portion]:
        """Store a portion as soon as a connection is free; those that were stored since the last call."""
        self._waiting.append((self._pool.submit(self._store, source, name, portion), portion))
        if len(self._waiting) > CONNECTIONS + READY:
            wait([future for future, _ in self._waiting], return_when=FIRST_COMPLETED)
        return self._done()

    def finish(self) -> list[Portion]:
        """Those that were not told yet, when all are stored."""
        wait([future for future, _ in self._waiting])
        return self._done()

    def _done(self) -> list[Portion]:
        waiting, self._waiting = self._waiting, []
        done = []
        for future, portion in waiting:
            if future.done():
                future.result()
                done.append(portion)
            else:
                self._waiting.append((future, portion))
        return done

    def _store(self, source: bytes, name: str, portion: Portion) -> None:
        connection = self._free.get()
        try:
            patiently(connection, lambda: imports.store(connection, source, name, portion), PATIENCE_SECONDS)
        finally:
            self._free.put(connection)
