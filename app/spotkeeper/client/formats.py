"""How the command writes spots: a table for people; CSV, JSON lines and ADIF for programs."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

import click

from spotkeeper.client.server import Spot
from spotkeeper.spots import adif


class Format(NamedTuple):
    """What stands before all spots, and each spot; both end with a line break unless they are empty."""

    header: str
    spot: Callable[[Spot], str]


CSV_COLUMNS = (
    "time", "frequency_khz", "band", "mode", "mode_source", "dx", "dx_grid", "dx_dxcc", "dx_continent",
    "spotter", "spotter_grid", "spotter_dxcc", "spotter_continent", "distance_km", "bearing", "source",
    "snr_db", "wpm", "report", "comment", "node", "id",
)  # fmt: skip
# One of the terminal's 256 colours a band, as the pages have them: red for long waves, violet for short ones.
BAND_COLOURS = {
    "160m": 167, "80m": 173, "60m": 209, "40m": 215, "30m": 179, "20m": 149, "17m": 113, "15m": 78, "12m": 79,
    "10m": 80, "8m": 74, "6m": 75, "4m": 105, "2m": 141, "70cm": 176,
}  # fmt: skip
OTHER_BANDS = 247
GAP = "  "


def table(*, coloured: bool, width: int | None) -> Format:
    """For people, cut to a terminal of `width` characters; whole lines with None."""

    def line(spot: Spot) -> str:
        cells = _row(*_words(spot))
        comment = _shown(spot.get("comment") or "")
        if width is not None:
            comment = comment[: max(width - len(GAP.join([*cells, ""])), 0)]
        if coloured:
            cells = [click.style(cell, **style) for cell, style in zip(cells, _styles(spot), strict=True)]
        return GAP.join([*cells, comment]).rstrip() + "\n"

    header = GAP.join([*_row("UTC", "kHz", "Band", "Mode", "DX", "Spotter"), "Comment"])
    return Format((click.style(header, bold=True) if coloured else header) + "\n", line)


def csv_lines() -> Format:
    """CSV with a header; a text that a spreadsheet would take for a formula has an apostrophe before it."""

    def line(cells: Iterable[object]) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerow(cells)
        return buffer.getvalue()

    return Format(line(CSV_COLUMNS), lambda spot: line(_harmless(spot.get(name)) for name in CSV_COLUMNS))


def json_lines() -> Format:
    """A JSON object a line, with everything the API says of the spot."""
    return Format("", lambda spot: json.dumps(spot, ensure_ascii=False, separators=(",", ":")) + "\n")


def adif_records() -> Format:
    """ADIF, for logging programs."""
    return Format(adif.header(), adif.record)


def _row(time: str, khz: str, band: str, mode: str, dx: str, spotter: str) -> list[str]:
    return [f"{time:12}", f"{khz:>10}", f"{band:5}", f"{mode:6}", f"{dx:10}", f"{spotter:10}"]


def _words(spot: Spot) -> tuple[str, str, str, str, str, str]:
    time = datetime.fromisoformat(spot["time"])
    return (
        f"{time:%d %b %H:%M}",
        f"{spot['frequency_khz']:.1f}",
        _shown(spot.get("band") or "-"),
        _shown(spot.get("mode") or "-"),
        _shown(spot["dx"]),
        _shown(spot["spotter"]),
    )


def _styles(spot: Spot) -> tuple[dict[str, Any], ...]:
    """How the cells of `_words` are coloured: guesses and machines stand back."""
    band = BAND_COLOURS.get(spot.get("band") or "", OTHER_BANDS)
    return (
        {"dim": True},
        {"fg": band, "bold": True},
        {"fg": band},
        {"dim": spot.get("mode_source") == "guessed"},
        {"bold": True},
        {"dim": spot.get("source") == "machine"},
    )


def _shown(text: str) -> str:
    """Without what would steer the terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
