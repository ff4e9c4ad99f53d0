"""GET /station: for owners, whether the scraper is alive and whether anything was lost."""

from datetime import UTC, datetime
from typing import NamedTuple

from flask import Flask, current_app, render_template
from flask_login import current_user
from werkzeug.exceptions import Forbidden

from spotkeeper import station as reports
from spotkeeper import status, systemd
from spotkeeper.db import station as table
from spotkeeper.db.station import Books
from spotkeeper.keeping import storage
from spotkeeper.keeping.storage import Storage, StoredMonth
from spotkeeper.keeping.text import bytes_text, days_left_text, days_text
from spotkeeper.station import Report
from spotkeeper.web.api.sums_answers import Moment, made
from spotkeeper.web.api.sums_kept import MOMENT, Kept
from spotkeeper.web.database import THREADS, reading

# Every month of years is measured for it.
STORAGE_SECONDS = 10


def add_to(app: Flask) -> None:
    """Add the page, and the words in which it speaks of times and numbers."""
    app.extensions["station"] = Kept(at_once=THREADS)
    app.add_url_rule("/station", "station", station)
    for function in (
        reports.moment,
        reports.clock,
        reports.duration,
        reports.count,
        bytes_text,
        days_left_text,
        days_text,
    ):
        app.add_template_filter(function)


def station() -> str:
    """The same answer as `spotkeeper status` gives."""
    if not current_user.may("owner"):
        raise Forbidden("Only the owner of the station sees this page.")
    kept: Kept = current_app.extensions["station"]
    report, books, stored = kept.get("station", MOMENT, _asked, stale=0)
    return render_template("station.html", report=report, books=books, storage=stored, months=_months(stored))


def _asked() -> tuple[Report, Books, Storage]:
    said, silence, unit = None, "", None
    config = current_app.config
    try:
        said = status.ask(config["SCRAPER_PORT"])
    except status.NoAnswer as error:
        silence = str(error)
        unit = systemd.unit(reports.UNIT)
    now = datetime.now(UTC)
    with reading() as connection:
        books = table.read(connection)
        stored = made().get(
            "storage",
            Moment.of(now, STORAGE_SECONDS),
            lambda: storage.read(connection, config["KEEPING"], config["SPOOL"]),
        )
    return reports.judge(said, silence, unit, books, stored, now), books, stored


class KeptMonth(NamedTuple):
    """A month of spots, of both sources; `bytes` is None when all of it was dropped."""

    name: str
    human: StoredMonth | None
    machine: StoredMonth | None
    bytes: int | None


def _months(stored: Storage) -> list[KeptMonth]:
    """The newest first, without those that are yet to come."""
    by_name: dict[str, dict[str, StoredMonth]] = {}
    for month in stored.months:
        if month.month <= f"{stored.checked:%Y-%m}":
            by_name.setdefault(month.month, {})[month.source] = month
    return [
        KeptMonth(
            name,
            sources.get("human"),
            sources.get("machine"),
            sum(one.table_bytes + one.index_bytes for one in sources.values() if not one.dropped) or None,
        )
        for name, sources in by_name.items()
    ]
