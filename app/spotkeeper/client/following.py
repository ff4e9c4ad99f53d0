"""Live spots without an end, each once, over every break of the line."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from itertools import islice

import httpx_sse

from spotkeeper.client.server import PAGE, Busy, Lost, Server, Spot
from spotkeeper.client.wanted import Wanted, matches

REMEMBERED = 100_000
"""So many spots are known again. RBN brings as many in half an hour at most."""
OVERLAP = timedelta(minutes=10)
"""So far before the newest spot one looks after a break: spots come up to some minutes after their time."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0


class Follower:
    """Follows the spots that are `wanted`; `tell` is told when the line breaks and when it is mended."""

    def __init__(
        self,
        server: Server,
        wanted: Wanted,
        tell: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._server = server
        self._wanted = wanted
        self._tell = tell
        self._sleep = sleep
        self._asked = wanted
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._newest = ""
        self._last_id = ""

    def spots(self, since: str | None, most: int) -> Iterator[Spot]:
        """The newest `most` spots from `since` on, the oldest first, and then whatever comes.

        Raises Refused, and Lost when the server cannot be reached at the start; later it is waited for.
        """
        started, told, pause = False, False, FIRST_PAUSE
        while True:
            try:
                with self._open() as events:
                    # The stream is open before the past is read, so that nothing falls between the two.
                    yield from self._missed() if started else self._past(since, most)
                    if told:
                        self._tell("connected again")
                    started, told, pause = True, False, FIRST_PAUSE
                    yield from self._live(events)
            except Lost as error:
                if not started:
                    raise
                # A server lets go of a stream now and then; only what lasts is worth a word.
                if pause > FIRST_PAUSE and not told:
                    self._tell(f"{error}; trying again")
                    told = True
            self._sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    @contextmanager
    def _open(self) -> Iterator[Iterator[httpx_sse.ServerSentEvent]]:
        """The stream of what is wanted; of all spots when the server parts them for too many others."""
        with ExitStack() as stack:
            try:
                events = stack.enter_context(self._server.stream(self._asked, self._last_id))
            except Busy:
                if not self._asked:
                    raise
                self._asked = {}
                events = stack.enter_context(self._server.stream(self._asked, self._last_id))
            yield events

    def _past(self, since: str | None, most: int) -> Iterator[Spot]:
        query = {**self._wanted, "limit": [str(min(most, PAGE))], **({"since": [since]} if since else {})}
        newest = list(islice(self._server.spots(query), most + 1))
        if since and len(newest) > most:
            self._tell(f"there are more than {most} spots since then, the newest are shown: see --limit")
        return self._new(reversed(newest[:most]))

    def _missed(self) -> Iterator[Spot]:
        if not self._newest:
            return iter(())
        since = datetime.fromisoformat(self._newest) - OVERLAP
        query = {**self._wanted, "since": [since.strftime("%Y-%m-%dT%H:%M:%SZ")]}
        return self._new(reversed(list(islice(self._server.spots(query), REMEMBERED))))

    def _live(self, events: Iterator[httpx_sse.ServerSentEvent]) -> Iterator[Spot]:
        for event in events:
            if event.id:
                self._last_id = event.id
            # What has no data is no event; httpx-sse makes one of each sign of life.
            if not event.data or event.event not in ("spot", "message"):
                continue
            spot = self._server.spot_of(event)
            if matches(spot, self._wanted):
                yield from self._new([spot])

    def _new(self, spots: Iterable[Spot]) -> Iterator[Spot]:
        """Those that did not come before."""
        for spot in spots:
            name = spot["id"], spot.get("source", "")  # a human's and a skimmer's may have the same id
            if name in self._seen:
                continue
            self._seen[name] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            self._newest = max(self._newest, spot["time"])
            yield spot
