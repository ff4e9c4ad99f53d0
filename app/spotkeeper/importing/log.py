"""Plain logs: a node's lines, each behind the time at which it came, or of a day that is known besides."""

import re
import time
from codecs import BOM_UTF8
from datetime import UTC, date, datetime

from spotkeeper.db.imports import Portion
from spotkeeper.db.keys import Keys
from spotkeeper.importing.items import Piece, Refused
from spotkeeper.importing.portions import Closed, PortionOfSpots
from spotkeeper.spots.countries import Countries
from spotkeeper.spots.model import Solar, Spot, Unparsed
from spotkeeper.spots.parse import is_past_spot, parse

_SECONDS = re.compile(rb"([0-9]{9,11}(?:\.[0-9]+)?)[\t ]+")
_ISO = re.compile(
    rb"\[?([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,9})?)"
    rb" ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?[\]:]?[\t ]+"
)
_DAY_SECONDS = 86_400
# The parser takes a stamp for one of the last 24 hours, but for this.
_AHEAD_SECONDS = 300
_LOOKS_LIKE_SPOT = re.compile(rb"DX de [A-Z0-9]")


class LogReader:
    """Reads lines of a log; of those without a time, live spots are of `day`."""

    def __init__(
        self, keys: Keys, node: str, countries: Countries, closed: Closed, day: date | None = None
    ) -> None:
        self.keys = keys
        self._node = node
        self._countries = countries
        self._closed = closed
        self._end_of_day = _end_of(day) if day else None

    def read(self, piece: Piece) -> tuple[Portion, list[Refused]]:
        made = PortionOfSpots(self.keys, self._node, self._closed)
        for index, line in enumerate(piece.items):
            received, rest = when(line)
            if received is None and (rest.startswith(b"CC11^") or is_past_spot(rest)):
                # These have a date of their own.
                received = time.time()
            if received is None:
                received = self._end_of_day
            meaning: Spot | Solar | Unparsed | None
            if received is not None:
                meaning = parse(rest, received, self._countries)
            elif isinstance(parse(rest, 0.0), Spot | Solar):
                meaning = Unparsed("has no time before it, and no --date is given")
            else:
                meaning = None
            if isinstance(meaning, Spot):
                made.add_spot(index, meaning)
            elif isinstance(meaning, Solar) and received is not None:
                made.add_solar(index, received, meaning)
            elif isinstance(meaning, Unparsed):
                made.refuse(index, meaning.reason)
            elif _LOOKS_LIKE_SPOT.search(rest):
                made.refuse(index, "has something before the spot that is not a time")
        return made.portion(piece)


def when(line: bytes) -> tuple[float | None, bytes]:
    """The time before a line in Unix seconds, taken for UTC when no zone is said, and the line without it."""
    line = line.removeprefix(BOM_UTF8)
    if found := _SECONDS.match(line):
        return float(found[1]), line[found.end() :]
    if found := _ISO.match(line):
        day, clock, zone = (part.decode() if part else "" for part in found.groups())
        stamp = f"{day}T{clock.replace(',', '.')[:15]}{'' if zone in ('UTC', 'Z') else zone}"
        try:
            moment = datetime.fromisoformat(stamp)
        except ValueError:
            return None, line
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), line[found.end() :]
    return None, line


def _end_of(day: date) -> float:
    """The moment at which all stamps of the day are of the last 24 hours, in Unix seconds."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    return midnight + _DAY_SECONDS - 1 - _AHEAD_SECONDS
