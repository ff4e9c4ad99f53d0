"""GET /spots.csv: the spots of the same filters as a file for spreadsheets."""

import csv
import io
from collections.abc import Generator
from datetime import UTC, datetime
from itertools import chain, islice

from flask import Response

from spotkeeper.db import latest
from spotkeeper.db.latest import SpotRow, Wanted
from spotkeeper.web.database import transaction
from spotkeeper.web.shown import khz
from spotkeeper.web.spots.page import asked_for

COLUMNS = (
    "time_utc", "frequency_khz", "band", "mode", "mode_source", "dx", "dx_grid", "spotter", "spotter_grid",
    "source", "snr_db", "wpm", "comment", "node",
)  # fmt: skip
ROWS_AT_ONCE = 500


def spots_csv() -> Response:
    """All spots of the window, not only those the page shows; streamed."""
    lines = _lines(asked_for().wanted)
    first = next(lines)  # runs the query: a database that is away is answered by a 503
    response = Response(chain([first], lines), content_type="text/csv; charset=utf-8; header=present")
    response.call_on_close(lines.close)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%MZ")
    response.headers["Content-Disposition"] = f'attachment; filename="spots-{stamp}.csv"'
    return response


def _lines(wanted: Wanted) -> Generator[str]:
    with transaction() as connection:
        rows = latest.every_spot(connection, wanted)
        portion = list(islice(rows, ROWS_AT_ONCE))
        yield _csv([COLUMNS])
        while portion:
            yield _csv([_cells(row) for row in portion])
            portion = list(islice(rows, ROWS_AT_ONCE))


def _cells(row: SpotRow) -> tuple[object, ...]:
    texts = (
        row.band,
        row.mode,
        row.mode_source,
        row.dx,
        row.dx_grid,
        row.spotter,
        row.spotter_grid,
        row.source,
    )
    return (
        f"{row.time:%Y-%m-%dT%H:%MZ}",
        khz(row.frequency_hz),
        *map(_harmless, texts),
        row.snr_db,
        row.wpm,
        _harmless(row.comment),
        _harmless(row.node),
    )


def _harmless(text: str | None) -> str | None:
    """A spreadsheet takes a cell that begins like this for a formula; the apostrophe makes it a text."""
    return f"'{text}" if text and text[0] in "=+-@\t\r\n" else text


def _csv(rows: list[tuple[object, ...]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()
