"""CSV files with a header: what the dashboard and the API give, now or in former times."""

import csv

from spotkeeper.db.imports import Portion
from spotkeeper.db.keys import Keys
from spotkeeper.errors import OperatorError
from spotkeeper.importing.columns import Columns, spot_in
from spotkeeper.importing.files import TextFile
from spotkeeper.importing.items import Piece, Refused
from spotkeeper.importing.portions import Closed, PortionOfSpots
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Spot

# Each field by the names it goes by: the dashboard's download, the API's, the old API's.
NAMES = {
    "time": ("time_utc", "time", "timestamp"),
    "dx": ("dx", "dx_call"),
    "frequency": ("frequency_khz", "frequency"),
    "spotter": ("spotter", "spotter_call"),
    "comment": ("comment",),
    "mode": ("mode",),
    "mode_source": ("mode_source",),
    "source": ("source",),
    "snr_db": ("snr_db",),
    "wpm": ("wpm",),
    "report": ("report", "signal_report"),
    "dx_grid": ("dx_grid", "grid_square"),
    "spotter_grid": ("spotter_grid",),
}
NEEDED = ("time", "dx", "frequency", "spotter")
_DELIMITERS = ",;\t"
# What the dashboard's download puts an apostrophe before, so that no spreadsheet takes it for a formula.
_ARMED = ("'=", "'+", "'-", "'@")


class TableReader:
    """Reads the lines of a file behind its header; raises OperatorError when that lacks what a spot needs."""

    def __init__(self, file: TextFile, keys: Keys, node: str, countries: Countries, closed: Closed) -> None:
        self.keys = keys
        self._node = node
        self._countries = countries
        self._closed = closed
        header = _text(file.header).removeprefix("\N{BOM}")
        self._delimiter = max(_DELIMITERS, key=header.count)
        found = [name.strip().lower() for name in self._cells(header) or []]
        places = {
            field: next(found.index(name) for name in names if name in found)
            for field, names in NAMES.items()
            if not set(found).isdisjoint(names)
        }
        if missing := [" or ".join(NAMES[field]) for field in NEEDED if field not in places]:
            raise OperatorError(f"{file.name}: its first line lacks a column: {'; '.join(missing)}")
        self._columns = len(found)
        self._places = places

    def read(self, piece: Piece) -> tuple[Portion, list[Refused]]:
        made = PortionOfSpots(self.keys, self._node, self._closed)
        for index, line in enumerate(piece.items):
            text = _text(line)
            if not text:
                continue
            cells = self._cells(text)
            if cells is None:
                made.refuse(index, "is not a line of CSV")
                continue
            if len(cells) != self._columns:
                made.refuse(index, f"has {len(cells)} columns, not {self._columns}")
                continue
            words = {field: _disarmed(cells[place]) for field, place in self._places.items()}
            spot = spot_in(Columns(**words), self._countries)
            if isinstance(spot, Spot):
                made.add_spot(index, spot)
            else:
                made.refuse(index, spot.reason)
        return made.portion(piece)

    def _cells(self, line: str) -> list[str] | None:
        """None of what is no CSV, or goes on in the next line: no field of a spot holds a line's end."""
        try:
            return next(csv.reader([line], delimiter=self._delimiter, strict=True), [])
        except csv.Error:
            return None


def _text(line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    return text.rstrip("\r\n")


def _disarmed(cell: str) -> str:
    return cell[1:] if cell.startswith(_ARMED) else cell
