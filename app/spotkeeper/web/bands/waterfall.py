"""The last hours of a band by time and frequency."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from spotkeeper.db.activity import SLOT, Mark
from spotkeeper.spots.bands import edges_of, usual_mode
from spotkeeper.spots.modes import CLASSES, class_of
from spotkeeper.web.bands.sums import Waterfall

LENGTH = timedelta(hours=3)
LISTED = timedelta(minutes=15)
MOST_LISTED = 200
_STEPS = 700


def drawing(found: Waterfall, band: str, mode_classes: Sequence[str]) -> dict[str, Any]:
    """For the browser: frequencies in kHz, times in Unix seconds, and each mark as a list of its time,
    frequency, DX, mode, number of its class, spots and best SNR in dB.
    """
    low, high = edges_of(band)
    return {
        "band": band,
        "low": low / 1000,
        "high": high / 1000,
        "since": int(found.since.timestamp()),
        "until": int(found.until.timestamp()),
        "slot": int(SLOT.total_seconds()),
        "uses": [(start / 1000, end / 1000, mode) for start, end, mode in _uses(low, high)],
        "marks": [
            (
                int(mark.slot.timestamp()),
                mark.frequency_hz / 1000,
                mark.dx,
                mark.mode,
                CLASSES.index(class_of(mark.mode or None)),
                mark.spots,
                mark.best_snr_db,
            )
            for mark in _of(found, band, mode_classes)
        ],
    }


class Station(NamedTuple):
    """A DX on a frequency: its spots, when it was last heard and how strong at best."""

    frequency_hz: int
    dx: str
    mode: str
    spots: int
    latest: datetime
    best_snr_db: int | None


def stations(found: Waterfall, band: str, mode_classes: Sequence[str]) -> list[Station]:
    """Those along the band, at most MOST_LISTED of them, which are the newest."""
    by_call: dict[tuple[str, str, int], list[Mark]] = {}
    for mark in _of(found, band, mode_classes):
        by_call.setdefault((mark.dx, mark.mode, round(mark.frequency_hz / 1000)), []).append(mark)
    newest = list(by_call.values())[:MOST_LISTED]
    return sorted(
        Station(
            marks[0].frequency_hz,
            marks[0].dx,
            marks[0].mode,
            sum(mark.spots for mark in marks),
            max(mark.latest for mark in marks),
            max((mark.best_snr_db for mark in marks if mark.best_snr_db is not None), default=None),
        )
        for marks in newest
    )


def _of(found: Waterfall, band: str, mode_classes: Sequence[str]) -> list[Mark]:
    return [mark for mark in found.marks.get(band, ()) if class_of(mark.mode or None) in mode_classes]


def _uses(low: int, high: int) -> list[tuple[int, int, str]]:
    """Stretches of the band that have a usual mode, in Hz."""
    step = max((high - low) // _STEPS, 100)
    found: list[tuple[int, int, str]] = []
    for start in range(low, high, step):
        if mode := usual_mode(start):
            if found and found[-1][1] == start and found[-1][2] == mode:
                found[-1] = found[-1][0], start + step, mode
            else:
                found.append((start, min(start + step, high), mode))
    return found
