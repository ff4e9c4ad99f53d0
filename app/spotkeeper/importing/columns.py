"""Spots that stand in columns already: of a CSV file, of the old system's table."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from msgspec import Struct, structs

from spotkeeper.spots.bands import stretch_of
from spotkeeper.spots.comment import clean, mode_of, read
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Spot, Unparsed
from spotkeeper.spots.parse import spot_of

_COMMENT_MAX = 1000
_REPORT_MAX = 16
_SNR_MAX_DB = 99
_WPM_MAX = 120
_SHOWN = 40


class Columns(Struct):
    """The words of a spot as they stand there; "" for what does not."""

    time: str
    dx: str
    frequency: str
    """kHz."""
    spotter: str
    comment: str = ""
    mode: str = ""
    mode_source: str = ""
    source: str = ""
    """Human or machine."""
    snr_db: str = ""
    wpm: str = ""
    report: str = ""
    dx_grid: str = ""
    spotter_grid: str = ""


def spot_in(columns: Columns, countries: Countries) -> Spot | Unparsed:
    """The spot with all that its comment and its calls say; the columns say what these do not."""
    time = seconds(columns.time)
    if time is None:
        return Unparsed(f"{columns.time[:_SHOWN]!r} is not a time")
    if len(columns.comment) > _COMMENT_MAX:
        return Unparsed(f"has a comment of more than {_COMMENT_MAX} characters")
    spotter = columns.spotter.strip().upper()
    if columns.source == "machine":
        spotter = f"{spotter.removesuffix('-#')}-#"
    spot = spot_of(
        time,
        columns.dx.strip().upper(),
        spotter,
        columns.frequency.strip(),
        columns.comment,
        columns.dx_grid.strip().upper(),
        columns.spotter_grid.strip().upper(),
        countries,
    )
    if isinstance(spot, Unparsed):
        return spot
    mode, mode_source = spot.mode, spot.mode_source
    if columns.mode and columns.mode_source != "guessed" and mode_source != "said":
        mode, mode_source = mode_of(read(columns.mode), stretch_of(spot.frequency_hz))
    snr_db, wpm, report = spot.snr_db, spot.wpm, spot.report
    if snr_db is None:
        snr_db = _number(columns.snr_db, -_SNR_MAX_DB, _SNR_MAX_DB)
    if wpm is None:
        wpm = _number(columns.wpm, 1, _WPM_MAX)
    if report is None and spot.source == "human":
        report = clean(columns.report)[:_REPORT_MAX] or None
    return structs.replace(spot, mode=mode, mode_source=mode_source, snr_db=snr_db, wpm=wpm, report=report)


@lru_cache(4096)
def seconds(text: str) -> int | None:
    """Unix seconds of a time as ISO 8601 or HTTP write it, UTC when it names no zone; None of others."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
    try:
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except OverflowError:
        return None


def _number(text: str, least: int, most: int) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if least <= number <= most else None
