"""The old system's tables: a node's lines in one, what was read from them in two others."""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from spotkeeper.db import old_database
from spotkeeper.db.connection import Connection
from spotkeeper.db.imports import Portion
from spotkeeper.db.keys import Keys
from spotkeeper.importing.columns import Columns, spot_in
from spotkeeper.importing.items import Piece, Refused
from spotkeeper.importing.log import when
from spotkeeper.importing.portions import Closed, PortionOfSpots
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Solar, Spot, Unparsed
from spotkeeper.spots.parse import parse

PIECE_ROWS = 10_000

_ANNOUNCED = re.compile(r"W(?:WV|CY) de ([A-Z0-9/-]{3,24})\b")
_FIGURES_MAX = (999, 400, 9, 999)
_YEAR_2100 = 4_102_444_800


class Row(NamedTuple):
    """A row of one of them: `time` in Unix seconds, `line` the one it was made of, or ""."""

    id: int
    time: float | None
    line: str
    texts: tuple[str, ...]


class OldTable:
    """One of the tables as a source; positions are ids."""

    lines_before = 0

    def __init__(self, connection: Connection, found: dict[str, set[str]], table: str) -> None:
        self._connection = connection
        self._found = found
        self._table = table
        self.name = table
        self.refused_to = Path(f"{table}.refused")
        identity = f"old-database\0{old_database.identity(connection)}\0{table}"
        self.digest = hashlib.sha256(identity.encode()).digest()
        self.start, self.end = old_database.ids(connection, table)

    def pieces(self, first: int, through: int) -> Iterator[Piece]:
        while first < through:
            rows = old_database.read(self._connection, self._found, self._table, first, through, PIECE_ROWS)
            end = rows[-1][0] + 1 if len(rows) == PIECE_ROWS else through
            items = [Row(id, _time(time), line, tuple(texts)) for id, time, line, *texts in rows]
            yield Piece(first, end, items)
            first = end

    def text(self, item: Row) -> bytes:
        parts = (f"id {item.id}", *(part for part in (item.line, *item.texts) if part))
        return " ".join(" | ".join(parts).split()).encode()


def _time(seconds: float | None) -> float | None:
    """None of what no clock has told: PostgreSQL knows infinity, and years that Python does not."""
    return seconds if seconds is not None and 0 <= seconds < _YEAR_2100 else None


class OldTableReader:
    """Reads rows of `table`. What raw_spots holds is not taken from dx_spots again."""

    def __init__(
        self,
        table: str,
        found: dict[str, set[str]],
        keys: Keys,
        node: str,
        countries: Countries,
        closed: Closed,
    ) -> None:
        self.keys = keys
        self._read = {
            "raw_spots": self._of_line,
            "dx_spots": self._of_columns,
            "wwv_announcements": self._of_announcement,
        }[table]
        self._has_columns = "dx_spots" in found
        self._node = node
        self._countries = countries
        self._closed = closed

    def read(self, piece: Piece) -> tuple[Portion, list[Refused]]:
        made = PortionOfSpots(self.keys, self._node, self._closed)
        for index, row in enumerate(piece.items):
            meaning = self._read(row)
            if isinstance(meaning, Spot):
                made.add_spot(index, meaning)
            elif isinstance(meaning, Solar):
                made.add_solar(index, row.time if row.time is not None else meaning.time, meaning)
            elif isinstance(meaning, Unparsed):
                made.refuse(index, meaning.reason)
        return made.portion(piece)

    def _of_line(self, row: Row) -> Spot | Solar | Unparsed | None:
        meaning = self._meaning(row)
        # What only the old system could read is in the table of what it read.
        return None if isinstance(meaning, Unparsed) and self._has_columns else meaning

    def _of_columns(self, row: Row) -> Spot | Unparsed | None:
        if isinstance(self._meaning(row), Spot):
            return None
        if row.time is None:
            return Unparsed("has no time")
        dx, frequency, spotter, comment, mode, report, grid = row.texts
        time = datetime.fromtimestamp(row.time, UTC).isoformat()
        columns = Columns(time, dx, frequency, spotter, comment, mode=mode, report=report, dx_grid=grid)
        return spot_in(columns, self._countries)

    def _of_announcement(self, row: Row) -> Solar | Unparsed:
        meaning = self._meaning(row)
        if isinstance(meaning, Solar):
            return meaning
        if row.time is None:
            return Unparsed("has no time")
        kind, *texts = row.texts
        figures = [
            int(text) if text.isdigit() and int(text) <= most else None
            for text, most in zip(texts, _FIGURES_MAX, strict=True)
        ]
        if figures == [None] * 4:
            return Unparsed("is a bulletin without a figure")
        sfi, a_index, k_index, sunspots = figures
        said = _ANNOUNCED.search(row.line)
        station = said[1] if said else kind or "WWV"
        hour = int(row.time) // 3600 * 3600
        return Solar(hour, "WWV", station, sfi, a_index, k_index, None, sunspots, "")

    def _meaning(self, row: Row) -> Spot | Solar | Unparsed | None:
        """Of the line. The time before it is UTC; the table's may have been taken for local time."""
        if not row.line:
            return None
        received, rest = when(row.line.encode())
        if received is None:
            received = row.time
        return parse(rest, received, self._countries) if received is not None else Unparsed("has no time")
