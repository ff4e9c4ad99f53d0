"""Which nodes are held, by the settings in force."""

import asyncio
import logging
import time
from collections.abc import Callable

import msgspec

from spotkeeper.scraper.node import NodeLink
from spotkeeper.scraper.session import LATE_SECONDS
from spotkeeper.scraper.state import NodeState
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.settings import Node, Scraper

log = logging.getLogger(__name__)

# How long a node rests whose link broke by a fault of this program.
FAULT_SECONDS = 60.0
END_SECONDS = 1.0


class Links:
    """One link for each node; `make` makes them, `on_change` is told when one broke by a fault of ours."""

    def __init__(
        self,
        make: Callable[[Node, Scraper], NodeLink],
        watchdog: Watchdog,
        on_change: Callable[[NodeState], None],
    ) -> None:
        self._make = make
        self._watchdog = watchdog
        self._on_change = on_change
        self._held: dict[str, tuple[NodeLink, asyncio.Task[None]]] = {}
        self._scraper: Scraper | None = None

    @property
    def states(self) -> list[NodeState]:
        """In the order of the settings."""
        return [link.state for link, _ in self._held.values()]

    async def apply(self, scraper: Scraper) -> list[str]:
        """Hold the nodes of `scraper`: ends what is gone or changed, leaves alone what is the same.

        Returns the names of those that were ended or begun.
        """
        same = self._scraper is not None and _without_nodes(self._scraper) == _without_nodes(scraper)
        kept = {
            node.name: self._held[node.name]
            for node in scraper.nodes
            if same and node.name in self._held and self._held[node.name][0].node == node
        }
        ended = [name for name in self._held if name not in kept]
        await self._end(ended)
        begun = [node.name for node in scraper.nodes if node.name not in kept]
        self._held = {node.name: kept.get(node.name) or self._begin(node, scraper) for node in scraper.nodes}
        self._scraper = scraper
        return sorted({*ended, *begun})

    async def end(self) -> None:
        """Close every connection; what came over it is in the spool."""
        await self._end(list(self._held))

    def _begin(self, node: Node, scraper: Scraper) -> tuple[NodeLink, asyncio.Task[None]]:
        link = self._make(node, scraper)
        return link, asyncio.create_task(self._hold(link), name=f"link {node.name}")

    async def _end(self, names: list[str]) -> None:
        tasks = [self._held[name][1] for name in names]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=END_SECONDS)
        for name in names:
            self._watchdog.forget(f"session {name}")

    async def _hold(self, link: NodeLink) -> None:
        """A fault in one node's link is no reason to leave the others."""
        name, state = link.node.name, link.state
        while True:
            try:
                await link.run()
            except Exception:
                log.exception(
                    "%s: the link broke by a fault of this program; next attempt in %.0f s",
                    name,
                    FAULT_SECONDS,
                    extra={"event": "link_fault", "node": name},
                )
            state.phase, state.since = "waiting", time.time()
            state.next_attempt = state.since + FAULT_SECONDS
            state.sentence = "broke by a fault of this program"
            state.advice = "The journal holds what a report of the fault needs."
            self._on_change(state)
            self._watchdog.expect(f"session {name}", FAULT_SECONDS + LATE_SECONDS)
            await asyncio.sleep(FAULT_SECONDS)


def _without_nodes(scraper: Scraper) -> Scraper:
    """What holds for all sessions, to be compared."""
    return msgspec.structs.replace(scraper, nodes=[])
