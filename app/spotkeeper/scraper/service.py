"""The process `spotkeeper scrape`."""

import asyncio
import logging
import os
import signal
import time
from pathlib import Path
from typing import NoReturn

import msgspec

from spotkeeper import metrics, systemd
from spotkeeper.errors import OperatorError
from spotkeeper.scraper.links import Links
from spotkeeper.scraper.metrics import ScraperMetrics
from spotkeeper.scraper.node import NodeLink
from spotkeeper.scraper.spool import Spool
from spotkeeper.scraper.state import NodeState
from spotkeeper.scraper.status import Reporter
from spotkeeper.scraper.watchdog import Watchdog
from spotkeeper.scraper.writer import Writer
from spotkeeper.settings import Node, Scraper, Settings, load
from spotkeeper.spots.countries import Countries

log = logging.getLogger(__name__)

# From the signal to the end of the process; systemd and a shutdown of the host give ten.
STOP_SECONDS = 4.5
CHECK_SECONDS = 2.0
# A start may take as long as the first attempts do, as long as the loops make progress.
START_SECONDS = 30
# How long a writer must have worked before one that ended by a fault is replaced at once.
WRITER_SECONDS = 10.0
# Settings of the scraper that a running process cannot change.
AT_START = ("spool", "spool_max_mb", "country_file", "metrics_port")
MEGABYTE = 1_000_000


def run(path: Path) -> NoReturn:
    """Collect spots until SIGTERM or SIGINT; SIGHUP has the settings at `path` read anew.

    Within five seconds of the signal everything received is in the database or in the spool. Exits with 1
    after a fault of its own. Raises OperatorError when settings, spool or metrics port cannot be used.
    """
    service = _Service(path, load(path))
    code = 0
    try:
        asyncio.new_event_loop().run_until_complete(service.hold())
    except Exception:
        log.critical("ends by a fault of this program", exc_info=True, extra={"event": "fault"})
        code = 1
    service.flush()
    logging.shutdown()
    # The interpreter would wait for threads that look up names or connect to a database that is away.
    os._exit(code)


class _Service:
    """Sessions, spool and writer, and the watch over them."""

    def __init__(self, path: Path, settings: Settings) -> None:
        scraper = settings.scraper
        self._path = path
        self._settings = settings
        self._spool = Spool(scraper.spool, scraper.spool_max_mb * MEGABYTE)
        registry = metrics.registry()
        self._figures = ScraperMetrics(registry, [node.name for node in scraper.nodes])
        self._figures.spool_lines.set_function(lambda: len(self._spool))
        self._figures.spool_bytes.set_function(lambda: self._spool.bytes)
        self._figures.spool_max_bytes.set(self._spool.max_bytes)
        listening = metrics.listen(scraper.metrics_port)
        self._watchdog = Watchdog()
        self._figures.loops_overdue.set_function(lambda: len(self._watchdog.overdue()))
        self._links = Links(self._make_link, self._watchdog, self._tell)
        self._countries = _read_countries(scraper.country_file)
        self._writer = self._start_writer()
        reporter = Reporter(self._figures, self._spool, self._watchdog)
        metrics.serve(listening, registry, lambda: reporter.json(self._links.states, self._writer))
        self._known: set[str] = set()
        self._ready = False
        self._stop_by = 0.0

    async def hold(self) -> None:
        """Until the process is told to stop; raises what went wrong in a loop."""
        loop = asyncio.get_running_loop()
        stopped, reload = asyncio.Event(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        loop.add_signal_handler(signal.SIGHUP, reload.set)
        log.info(
            "started with %d nodes and %d lines in the spool",
            len(self._settings.scraper.nodes),
            len(self._spool),
            extra={"event": "started"},
        )
        await self._links.apply(self._settings.scraper)
        loops = [asyncio.create_task(loop) for loop in (self._watch(), self._reload_on(reload))]
        told = asyncio.create_task(stopped.wait())
        done, _ = await asyncio.wait([*loops, told], return_when=asyncio.FIRST_COMPLETED)
        self._stop_by = time.monotonic() + STOP_SECONDS
        systemd.notify("STOPPING=1")
        await self._links.end()
        for task in done - {told}:
            task.result()

    def flush(self) -> None:
        """Write what is in the spool, as far as PostgreSQL takes it in the time that is left."""
        self._writer.stop(max(self._stop_by - time.monotonic(), 1))
        left = len(self._spool)
        log.info(
            "stopped; %s",
            f"{left} lines stay in the spool" if left else "everything received is stored",
            extra={"event": "stopped"},
        )

    def _make_link(self, node: Node, scraper: Scraper) -> NodeLink:
        return NodeLink(node, scraper, self._spool, self._figures, self._watchdog, on_change=self._tell)

    def _start_writer(self) -> Writer:
        conninfo = self._settings.database.conninfo
        writer = Writer(self._spool, conninfo, self._figures, self._watchdog, self._countries)
        writer.start()
        self._writer_since = time.monotonic()
        return writer

    def _tell(self, state: NodeState) -> None:
        """To `systemctl status`. One session, or every first attempt failed: the service is ready."""
        if state.phase not in ("connecting", "logging in"):
            self._known.add(state.name)
            states = self._links.states
            systemd.notify(
                "STATUS="
                + "; ".join(
                    f"{each.name}: {each.sentence or 'logged in'}"
                    for each in states
                    if each.name in self._known
                )
            )
            if not self._ready and (state.phase == "up" or {each.name for each in states} <= self._known):
                self._ready = True
                systemd.notify("READY=1")

    async def _watch(self) -> None:
        """Feeds systemd's watchdog while every loop makes progress."""
        hung: list[str] = []
        while True:
            self._replace_dead_writer()
            overdue = self._watchdog.overdue()
            if overdue and overdue != hung:
                log.critical("no progress: %s", ", ".join(overdue), extra={"event": "hung"})
            hung = overdue
            if not hung:
                systemd.notify("WATCHDOG=1")
                if not self._ready:
                    systemd.notify(f"EXTEND_TIMEOUT_USEC={START_SECONDS}000000")
            await asyncio.sleep(CHECK_SECONDS)

    def _replace_dead_writer(self) -> None:
        """A fault in the writer is no reason to end the sessions: the spool keeps what they bring."""
        failure = self._writer.failure
        if failure is not None and time.monotonic() - self._writer_since > WRITER_SECONDS:
            self._figures.writer_failures.inc()
            log.critical(
                "the writer broke by a fault of this program and is started anew",
                exc_info=failure,
                extra={"event": "writer_fault"},
            )
            self._writer = self._start_writer()

    async def _reload_on(self, wanted: asyncio.Event) -> None:
        while True:
            await wanted.wait()
            wanted.clear()
            systemd.notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
            try:
                await self._reload()
            except OperatorError as error:
                log.error(
                    "the settings are refused, those of before stay in force: %s",
                    error,
                    extra={"event": "settings_refused"},
                )
            systemd.notify("READY=1")

    async def _reload(self) -> None:
        """Raises SettingsError when the file cannot be used."""
        read = load(self._path)
        old, new = self._settings, read
        waiting = [
            f"scraper.{name}" for name in AT_START if getattr(new.scraper, name) != getattr(old.scraper, name)
        ]
        if new.database != old.database:
            waiting.append("database")
        scraper = msgspec.structs.replace(
            new.scraper, **{name: getattr(old.scraper, name) for name in AT_START}
        )
        self._settings = msgspec.structs.replace(old, scraper=scraper)
        gone = {node.name for node in old.scraper.nodes} - {node.name for node in scraper.nodes}
        changed = await self._links.apply(scraper)
        for name in gone:
            self._figures.forget(name)
        self._known -= gone
        for node in scraper.nodes:
            self._figures.begin(node.name)
        log.info(
            "the settings are in force: %s",
            f"{', '.join(changed)} ended or begun anew" if changed else "nothing changed for the nodes",
            extra={"event": "settings_read"},
        )
        if waiting:
            log.warning(
                "%s: a change of these needs a restart", ", ".join(waiting), extra={"event": "restart_needed"}
            )


def _read_countries(path: Path) -> Countries | None:
    try:
        return Countries(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        log.error(
            "spots are stored without countries, zones and distances: cannot use scraper.country_file: %s",
            error,
            extra={"event": "no_countries"},
        )
        return None
