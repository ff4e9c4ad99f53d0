"""From spots to the portion of them that is stored at once."""

from collections import Counter, defaultdict
from collections.abc import Container
from datetime import UTC, date, datetime
from time import time as now
from typing import LiteralString

from spotkeeper.db.imports import Portion
from spotkeeper.db.keys import Keys
from spotkeeper.db.spots import SAME, SolarRow, copy_line
from spotkeeper.importing.items import Piece, Refused
from spotkeeper.importing.reasons import without_values
from spotkeeper.spots.model import Solar, Spot

EARLIEST = int(datetime(1980, 1, 1, tzinfo=UTC).timestamp())
# The clock of whoever wrote the spots down may be ahead of ours.
AHEAD_SECONDS = 86_400

_COLUMNS: LiteralString = f"time, received, {SAME}"
_SOURCES = {"human": "h", "machine": "m"}

Closed = Container[tuple[str, date]]


def why_not_then(time: int, source: str, closed: Closed) -> str | None:
    """Why a spot of that moment (Unix seconds) and source ('h', 'm') cannot be stored; None when it can."""
    if time < EARLIEST:
        return "is from before 1980"
    if time > now() + AHEAD_SECONDS:
        return "is in the future"
    if (source, datetime.fromtimestamp(time, UTC).date().replace(day=1)) in closed:
        return "is of a month whose spots were dropped to save space"
    return None


class PortionOfSpots:
    """What a piece comes to, item by item."""

    def __init__(self, keys: Keys, node: str, closed: Closed) -> None:
        self._keys = keys
        self._node = node
        self._closed = closed
        self._rows: list[str] = []
        self._times: defaultdict[str, set[int]] = defaultdict(set)
        self._solar: list[SolarRow] = []
        self._refused: list[Refused] = []

    def add_spot(self, index: int, spot: Spot) -> None:
        source = _SOURCES[spot.source]
        times = self._times[source]
        if spot.time not in times and (reason := why_not_then(spot.time, source, self._closed)):
            self.refuse(index, reason)
            return
        times.add(spot.time)
        self._rows.append(copy_line(self._keys, self._node, None, spot, spot.recovered))

    def add_solar(self, index: int, received: float, bulletin: Solar) -> None:
        """`received` in Unix seconds."""
        if reason := why_not_then(bulletin.time, "", ()):
            self.refuse(index, reason)
            return
        self._solar.append(SolarRow(self._node, received, bulletin))

    def refuse(self, index: int, reason: str) -> None:
        self._refused.append(Refused(index, reason))

    def portion(self, piece: Piece) -> tuple[Portion, list[Refused]]:
        """Of the whole piece, when all its items were looked at."""
        return (
            Portion(
                first=piece.first,
                through=piece.through,
                lines=len(piece.items),
                columns=_COLUMNS,
                rows="".join(self._rows),
                spots=len(self._rows),
                distinct=False,
                times={source: times for source, times in self._times.items() if times},
                solar=self._solar,
                refused=count_reasons(self._refused),
            ),
            self._refused,
        )


def count_reasons(refused: list[Refused]) -> Counter[str]:
    return Counter(without_values(reason) for _, reason in refused)
