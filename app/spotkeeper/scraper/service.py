"""The process `spotkeeper scrape`."""

import asyncio
import logging
import signal

from spotkeeper import metrics, systemd
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.node import NodeLink
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.state import NodeState
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.scraper.writer import Writer
from spotkeeper.settings import Settings

log = logging.getLogger(__name__)

FLUSH_SECONDS = 4.0
CHECK_SECONDS = 2.0


def run(settings: Settings) -> None:
    """Collect spots until SIGTERM or SIGINT, then write what was received, and return within five seconds.

    Raises OperatorError when the spool or the metrics port cannot be used.
    """
    spool = Spool(settings.scraper.spool)
    registry = metrics.registry()
    figures = ScraperMetrics(registry, [node.name for node in settings.scraper.nodes])
    figures.spool_lines.set_function(lambda: len(spool))
    metrics.serve(metrics.listen(settings.scraper.metrics_port), registry)
    watchdog = Watchdog()
    writer = Writer(spool, settings.database.conninfo, figures, watchdog)
    writer.start()
    try:
        asyncio.run(_Sessions(settings, spool, figures, watchdog, writer).hold())
    finally:
        systemd.notify("STOPPING=1")
        writer.stop(FLUSH_SECONDS)
        left = len(spool)
        log.info(
            "stopped; %s", f"{left} lines stay in the spool" if left else "everything received is stored"
        )


class _Sessions:
    """All nodes' sessions, and the watch over them and the writer."""

    def __init__(
        self, settings: Settings, spool: Spool, figures: ScraperMetrics, watchdog: Watchdog, writer: Writer
    ) -> None:
        self._links = [
            NodeLink(node, settings.scraper, spool, figures, watchdog, on_change=self._tell)
            for node in settings.scraper.nodes
        ]
        self._watchdog = watchdog
        self._writer = writer
        self._states: dict[str, str] = {}

    async def hold(self) -> None:
        """Until the process is told to stop; raises what went wrong in a loop."""
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(link.run()) for link in self._links]
            tasks.append(group.create_task(self._watch()))
            await stopped.wait()
            for task in tasks:
                task.cancel()

    def _tell(self, state: NodeState) -> None:
        """To `systemctl status`; the first word of success or failure makes the service ready."""
        if state.phase not in ("connecting", "logging in"):
            if not self._states:
                systemd.notify("READY=1")
            self._states[state.name] = state.sentence or "logged in"
            systemd.notify("STATUS=" + "; ".join(f"{name}: {text}" for name, text in self._states.items()))

    async def _watch(self) -> None:
        """Feeds systemd's watchdog while every loop makes progress; a dead writer ends the process."""
        hung: list[str] = []
        while True:
            if self._writer.failure is not None:
                raise self._writer.failure
            overdue = self._watchdog.overdue()
            if overdue and overdue != hung:
                log.critical("no progress: %s", ", ".join(overdue))
            hung = overdue
            if not hung:
                systemd.notify("WATCHDOG=1")
            await asyncio.sleep(CHECK_SECONDS)
