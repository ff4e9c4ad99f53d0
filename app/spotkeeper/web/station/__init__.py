"""GET /station: for owners, whether the scraper is alive and whether anything was lost."""

from datetime import UTC, datetime

from flask import Flask, current_app, render_template
from flask_login import current_user
from werkzeug.exceptions import Forbidden

from spotkeeper import station as reports
from spotkeeper import status, systemd
from spotkeeper.db import station as table
from spotkeeper.web.database import transaction


def add_to(app: Flask) -> None:
    """Add the page, and the words in which it speaks of times and numbers."""
    app.add_url_rule("/station", "station", station)
    for function in (reports.moment, reports.clock, reports.duration, reports.count):
        app.add_template_filter(function)


def station() -> str:
    """The same answer as `spotkeeper status` gives."""
    if not current_user.may("owner"):
        raise Forbidden("Only the owner of the station sees this page.")
    said, silence, unit = None, "", None
    try:
        said = status.ask(current_app.config["SCRAPER_PORT"])
    except status.NoAnswer as error:
        silence = str(error)
        unit = systemd.unit(reports.UNIT)
    with transaction() as connection:
        books = table.read(connection)
    return render_template(
        "station.html", report=reports.judge(said, silence, unit, books, datetime.now(UTC)), books=books
    )
