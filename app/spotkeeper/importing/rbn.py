"""The days of the Reverse Beacon Network, a CSV file of millions of lines each.

Nearly all that is in such a line was in others before it: what stands for it in the database is looked up.
"""

import re
from datetime import UTC, datetime
from typing import LiteralString

from spotkeeper.db.imports import Portion
from spotkeeper.db.keys import NULL, Keys
from spotkeeper.db.spots import kept_comment, units_of
from spotkeeper.errors import OperatorError
from spotkeeper.importing.files import TextFile
from spotkeeper.importing.items import Piece, Refused
from spotkeeper.importing.portions import EARLIEST, Closed, count_reasons, why_not_then
from spotkeeper.spots.bands import Region, band_of, usual_mode
from spotkeeper.spots.beacons import is_beacon
from spotkeeper.spots.countries import Countries, Place
from spotkeeper.spots.model import Spot, Unparsed
from spotkeeper.spots.parse import spot_of
from spotkeeper.spots.places import way

NEEDED = ("callsign", "freq", "dx", "mode", "db", "date")
# The first years' files lack these.
LATER = ("speed", "tx_mode")

# As they stand together in what is known of frequencies, stations, ways and words.
_COLUMNS: LiteralString = """
    time, hundred_hz, rest_hz, band, dx, dx_place, spotter, spotter_place, node, source, distance_km, bearing,
    snr_db, wpm, comment, beacon, mode, guessed
"""
# The file's last line: "(1234567 rows)".
_COUNT = re.compile(r"\([0-9]+(?: [a-z()]+)?\)")
_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}")
_WORD = re.compile(r"[A-Z0-9 /-]{0,12}")
_NUMBER = re.compile(r"-?[0-9]{1,3}")
# Modes whose speed is not that of Morse.
_BAUD = re.compile(r"RTTY|B?PSK[0-9]*")
_MOST_KNOWN = 300_000
_SHOWN = 24
_BEACONS_HZ = 14_100_000
# Any, where one has to be.
_CALL, _KHZ = "N0CALL-#", "14000"


# What is known is kept in plain tuples: named ones take three times as long to be taken apart.
_Frequency = tuple[str, int, int, str]
"""Its columns, the kHz that it is told apart by, Hz, and the columns of the mode that is usual there."""
_Words = tuple[str, str, bool]
"""What mode, db, speed and tx_mode say, and say of a beacon; the mode stands behind, unless it lacks."""
_Frequencies = dict[str, _Frequency]
_Ways = dict[Place | None, str]
_Station = tuple[str, str, str, Place | None, _Frequencies, _Ways, bool]
"""The call, its columns as a DX and as a spotter, its place, the frequencies as they are there, the ways from
there, and whether it may be a beacon."""


class _NotASpot(Exception):
    """Holds the reason."""


def minute_of(line: bytes) -> bytes:
    """What tells the lines of one minute from others."""
    fields = line.split(b",", 11)
    return fields[10][:16] if len(fields) > 10 else b""


class RbnReader:
    """Reads the lines of a file behind its header; raises OperatorError when that is not the RBN's."""

    def __init__(self, file: TextFile, keys: Keys, node: str, countries: Countries, closed: Closed) -> None:
        self.keys = keys
        names = file.header.decode("latin-1").strip().lower().split(",")
        if missing := [name for name in NEEDED if name not in names]:
            raise OperatorError(
                f"{file.name} is not a file of the RBN: its first line does not name {', '.join(missing)}"
            )
        self._columns = len(names)
        # A column that is not there is read from an empty one behind the last.
        self._indexes = [names.index(name) if name in names else len(names) for name in (*NEEDED, *LATER)]
        self._node = node
        self._countries = countries
        self._closed = closed
        self._forget()

    def _forget(self) -> None:
        self._times: dict[str, int] = {}
        self._stations: dict[str, _Station] = {}
        self._ways: dict[Place | None, _Ways] = {}
        self._frequencies: dict[Region | None, _Frequencies] = {}
        self._words: dict[tuple[str, str, str, str], _Words] = {}

    def read(self, piece: Piece) -> tuple[Portion, list[Refused]]:
        rows: list[str] = []
        refused: list[Refused] = []
        told: set[tuple[int, str, str, int]] = set()
        minutes: set[int] = set()
        doubled = 0
        stations, all_words = self._stations, self._words
        spotter_at, frequency_at, dx_at, kind_at, db_at, date_at, speed_at, mode_at = self._indexes
        columns = self._columns
        last_stamp, time = "", 0
        for index, line in enumerate(piece.items):
            fields = line.decode("latin-1").rstrip("\r").split(",")
            if len(fields) != columns:
                if reason := self._why_not_columns(fields):
                    refused.append(Refused(index, reason))
                continue
            fields.append("")
            stamp = fields[date_at][:16]
            try:
                if stamp != last_stamp:
                    time = self._times.get(stamp) or self._learn_time(stamp)
                    last_stamp = stamp
                call = fields[spotter_at]
                spotter, _, spotter_columns, here, _, ways, _ = stations.get(call) or self._learn_station(
                    call
                )
                call = fields[dx_at]
                dx, dx_columns, _, there, frequencies, _, may_be_beacon = stations.get(
                    call
                ) or self._learn_station(call)
                shown = fields[frequency_at]
                frequency_columns, khz, hz, mode_columns = frequencies.get(shown) or self._learn_frequency(
                    shown, there, frequencies
                )
                said = fields[kind_at], fields[db_at], fields[speed_at], fields[mode_at]
                words, beacon_words, lacks_mode = all_words.get(said) or self._learn_words(*said)
            except _NotASpot as problem:
                refused.append(Refused(index, str(problem)))
                continue
            identity = time, dx, spotter, khz
            if identity in told:
                doubled += 1
                continue
            told.add(identity)
            minutes.add(time)
            way_columns = ways.get(there) or self._learn_way(ways, here, there)
            if may_be_beacon and is_beacon(dx, hz):
                words = beacon_words
            if lacks_mode:
                words += mode_columns
            rows.append(
                f"{time}\t{frequency_columns}\t{dx_columns}\t{spotter_columns}\t{way_columns}\t{words}\n"
            )
        portion = Portion(
            first=piece.first,
            through=piece.through,
            lines=len(piece.items),
            columns=_COLUMNS,
            rows="".join(rows),
            spots=len(rows) + doubled,
            distinct=True,
            times={"m": minutes} if minutes else {},
            solar=[],
            refused=count_reasons(refused),
        )
        if self.keys.lack or len(stations) + len(all_words) > _MOST_KNOWN:
            self._forget()
        return portion, refused

    def _why_not_columns(self, fields: list[str]) -> str | None:
        """None for lines that are not meant as spots: empty ones, the count at the end."""
        if len(fields) == 1 and (not fields[0].strip() or _COUNT.fullmatch(fields[0].strip())):
            return None
        return f"has {len(fields)} columns, not {self._columns}"

    def _learn_time(self, stamp: str) -> int:
        try:
            if not _MINUTE.fullmatch(stamp):
                raise ValueError
            time = int(datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp())
        except ValueError:
            raise _NotASpot(f"{stamp!r} is not a time") from None
        if reason := why_not_then(time, "m", self._closed):
            raise _NotASpot(reason)
        self._times[stamp] = time
        return time

    def _learn_station(self, call: str) -> _Station:
        spot = _understood(spotter=f"{call.removesuffix('-#')}-#")
        call_itself = spot.spotter
        place = self._countries.find(call_itself)
        columns = f"{call_itself}\t{self.keys.places[place]}"
        station = self._stations[call] = (
            call_itself,
            columns,
            f"{columns}\t{self.keys.nodes[self._node]}\tm",
            place,
            self._frequencies.setdefault(None if place is None else place.region, {}),
            self._ways.setdefault(place, {}),
            # Those that are one on any frequency are one on this, too.
            is_beacon(call_itself, _BEACONS_HZ),
        )
        return station

    def _learn_frequency(self, khz: str, place: Place | None, frequencies: _Frequencies) -> _Frequency:
        hz = _understood(frequency=khz).frequency_hz
        hundred_hz, rest_hz = units_of(hz)
        band = self.keys.bands[band_of(hz, None if place is None else place.region)]
        mode = usual_mode(hz)
        frequency = frequencies[khz] = (
            f"{hundred_hz}\t{rest_hz or NULL}\t{band}",
            (hz + 500) // 1000,
            hz,
            f"{self.keys.modes[mode]}\t{NULL if mode is None else 't'}",
        )
        return frequency

    def _learn_words(self, kind: str, db: str, speed: str, mode: str) -> _Words:
        if not _NUMBER.fullmatch(db):
            raise _NotASpot(f"{db[:_SHOWN]!r} is not a number of dB")
        for word in (kind, mode):
            if not _WORD.fullmatch(word):
                raise _NotASpot(f"{word[:_SHOWN]!r} is not a word of the RBN")
        # What the RBN's own node says of it, which is read as any other node's words.
        unit = "BPS" if _BAUD.fullmatch(mode) else "WPM"
        pace = f"{speed:>4} {unit}" if _NUMBER.fullmatch(speed) and speed != "0" else ""
        spot = _understood(comment=f"{mode:<4}{db:>4} dB{pace}  {kind}")
        lacks_mode = spot.mode is None or spot.mode_source == "guessed"
        comment = spot.comment if lacks_mode else kept_comment(spot) or NULL
        before = f"{NULL if spot.snr_db is None else spot.snr_db}\t{spot.wpm or NULL}\t{comment}"
        behind = "" if lacks_mode else f"{self.keys.modes[spot.mode]}\t{NULL}"
        words = self._words[kind, db, speed, mode] = (
            f"{before}\t{'t' if spot.beacon else NULL}\t{behind}",
            f"{before}\tt\t{behind}",
            lacks_mode,
        )
        return words

    @staticmethod
    def _learn_way(ways: _Ways, here: Place | None, there: Place | None) -> str:
        distance_km = bearing = None
        # Within one country its middle tells nothing.
        if here is not None and there is not None and here.dxcc != there.dxcc:
            distance_km, bearing = way(here.point, there.point)
        known = ways[there] = (
            f"{NULL if distance_km is None else distance_km}\t{NULL if bearing is None else bearing}"
        )
        return known


def _understood(spotter: str = _CALL, frequency: str = _KHZ, comment: str = "") -> Spot:
    """A machine's spot with these parts; raises _NotASpot when one of them cannot be."""
    spot = spot_of(EARLIEST, "N0CALL", spotter, frequency, comment, "", "", None)
    if isinstance(spot, Unparsed):
        raise _NotASpot(spot.reason)
    return spot
