"""From a line as received to what it means. Every pattern here is matched in linear time."""

import re
from datetime import date
from functools import lru_cache
from typing import Literal

from spotkeeper.spots.bands import Stretch, stretch_of
from spotkeeper.spots.beacons import is_beacon
from spotkeeper.spots.comment import clean, mode_of, read, snr_of
from spotkeeper.spots.countries import Countries, Place
from spotkeeper.spots.model import LONGEST_CALL, Solar, Spot, Unparsed
from spotkeeper.spots.places import middle_of, way
from spotkeeper.spots.propagation import LOWEST_HZ, satellite_of, way_of
from spotkeeper.spots.split import qsx_of

LINE_BYTES = 1024

_CALL = r"[A-Z0-9]++(?:[/-][A-Z0-9]++)*"
_WHOLE_CALL = re.compile(_CALL)
_SPOTTER = re.compile(rf"{_CALL}(?:-[#@])?")
_FREQUENCY = re.compile(r"[0-9]{1,9}+(?:\.[0-9]*+)?")
_LIVE = re.compile(
    rf"DX de ++({_CALL})(-[#@])?(?: *+:| ) *+([0-9]{{1,9}}+(?:\.[0-9]*+)?) ++({_CALL})(?= )(.*)"
)
_EXTRA = re.compile(r" ([0-9]{4})Z ++([A-Z0-9]{1,6})$")
_LEFT = re.compile(r" ([A-R]{2}[0-9]{2}|[A-Z]{2}|[0-9]{1,2})$")
_HISTORY = re.compile(
    rf" *+([0-9]{{1,9}}+\.[0-9]++) ++({_CALL}) ++"
    r"([0-9]{1,2}-[A-Z][a-z]{2}-[0-9]{4}) ([0-9]{4})Z (.*)$"
)
_HISTORY_SPOTTER = re.compile(rf"({_CALL})(-[#@])?>")
_SKIMMING_NODES = ("RBN", "SKIM")
_WWV = re.compile(rf"WWV de ({_CALL}) <([0-9]{{1,2}})> ?: *+(.*)")
_WCY = re.compile(rf"WCY de ({_CALL}) <([0-9]{{1,2}})> ?: *+(.*)")
_WWV_TEXT = re.compile(r"SFI=[^,]*+,[^,]*+,[^,]*+, ?(.*)")
_FIGURE = re.compile(r"\b(SFI|A|K|expK|R)=([0-9]{1,4})\b")
_WORDS = re.compile(r"\b((?:SA|GMF|Au)=.*)")
_DATE = re.compile(r"([0-9]{1,2})-([A-Z][a-z]{2})-([0-9]{4})")
_GRID = re.compile(r"[A-R]{2}[0-9]{2}(?:[A-X]{2})?")
_NOT_TEXT = re.compile(r"[\x00-\x06\x08-\x1f\x7f-\x9f]")

_PAST = re.compile(rb" *+[0-9]{1,9}+\.[0-9]++ ++[A-Z0-9/-]++ ++[0-9]{1,2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{4}Z ")

_MINUTE = {f"{minute // 60:02}{minute % 60:02}": minute for minute in range(1440)}
# As a live spot ends.
_LAST_WORD = {f"{stamp}Z": minute for stamp, minute in _MINUTE.items()}
_MONTH = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}
_DAY_SECONDS = 86400
_EPOCH = date(1970, 1, 1)
# A node's clock may be ahead of ours by this much.
_AHEAD_SECONDS = 300
_FREQUENCY_MAX_HZ = 300_000_000_000
# The same frequencies are used again and again.
_FREQUENCIES_KEPT = 8192
# A comment that is padded to its column, with the blank before it.
_PADDED = 30
_FIGURE_MAX = {"SFI": 999, "A": 400, "K": 9, "expK": 9, "R": 999}


class _NotASpot(Exception):
    """Holds the reason."""


def is_live_spot(line: bytes) -> bool:
    """A cheap test, for counting before the line is read."""
    return line.startswith((b"DX de ", b"CC11^"))


def is_past_spot(line: bytes) -> bool:
    """The same for a line of sh/dx."""
    return line.rstrip().endswith(b">") and _PAST.match(line) is not None


def parse(line: bytes, received: float, countries: Countries | None = None) -> Spot | Solar | Unparsed | None:
    """What `line` means, received at Unix time `received`; None when it is for humans only.

    Never raises. Bytes that are not UTF-8, even but for one character that a node cut, are read as Latin-1.
    Without `countries` a spot lacks what only the calls tell: entities, zones, and mostly the distance.
    """
    if len(line) > LINE_BYTES:
        return Unparsed(f"longer than {LINE_BYTES} bytes")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        text = _decoded(line, error)
    text = text.replace("\t", " ").rstrip("\x07 \r\n\0")
    try:
        if text.startswith("DX de "):
            return _live(text, received, countries)
        if text.startswith("CC11^"):
            return _cc11(text, received, countries)
        if text.startswith("WWV de "):
            return _wwv(text, received)
        if text.startswith("WCY de "):
            return _wcy(text, received)
        if text.endswith(">") and (found := _HISTORY.match(text)):
            return _history(found, received, countries)
    except _NotASpot as problem:
        return Unparsed(str(problem))
    if _NOT_TEXT.search(text) is not None:
        return Unparsed("not text")
    return None


def spot_of(
    time: int,
    dx: str,
    spotter: str,
    frequency: str,
    comment: str,
    dx_grid: str,
    spotter_grid: str,
    countries: Countries | None,
) -> Spot | Unparsed:
    """A spot whose parts are known apart, as in a table: `time` in Unix seconds, `frequency` in kHz, "" for
    what is not there. A machine is known by the "-#" behind its call, or by its words.
    """
    machine = spotter.endswith("-#")
    spotter = spotter.removesuffix("-#").removesuffix("-@")
    try:
        _check(frequency, dx, spotter)
        minute = time // 60 * 60
        return _spot(
            minute, dx, spotter, frequency, comment, machine, dx_grid, spotter_grid, False, countries
        )
    except _NotASpot as problem:
        return Unparsed(str(problem))


def _decoded(line: bytes, error: UnicodeDecodeError) -> str:
    rest = line[: error.start] + line[error.end :]
    try:
        text = rest.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
    # Without any other such character nothing speaks for UTF-8.
    return line.decode("latin-1") if text.isascii() else text


def _width(comment: str) -> int:
    """In bytes, as nodes count."""
    return len(comment) if comment.isascii() else len(comment.encode())


def _live(text: str, received: float, countries: Countries | None) -> Spot:
    found = _LIVE.match(text)
    if found is None:
        raise _NotASpot(_why_not_live(text))
    spotter, machine, frequency, dx, rest = found.groups()
    left = right = ""
    comment, _, stamp = rest.rpartition(" ")
    minute = _LAST_WORD.get(stamp)
    if minute is None:
        comment, minute, right = _pushed(rest)
    if comment[-1:].isalnum() and _width(comment) >= _PADDED and (beside := _LEFT.search(comment)):
        # Two blanks before it make it a column and not the comment's last word.
        before = comment[: beside.start()]
        if before[-1:] == " " or (right and len(beside[1]) == 4):
            left = beside[1]
            comment = before
    return _spot(
        _latest(minute * 60, received),
        dx,
        spotter,
        frequency,
        comment,
        machine == "-#",
        left,
        right,
        False,
        countries,
    )


def _pushed(rest: str) -> tuple[str, int, str]:
    """The comment, the minute of the day and the column behind it, where the time is not the last word."""
    if rest[-1] == "Z" and (minute := _MINUTE.get(rest[-5:-1])) is not None:
        return rest[:-5], minute, ""
    if extra := _EXTRA.search(rest):
        stamp, right = extra.groups()
        if (minute := _MINUTE.get(stamp)) is None:
            raise _NotASpot(f"{stamp!r} is not a time of day")
        return rest[: extra.start()], minute, right
    raise _NotASpot(f"{rest[-5:-1]!r} is not a time of day" if rest[-1] == "Z" else "no time at its end")


def _why_not_live(text: str) -> str:
    words = text[6:].replace(":", " ", 1).split()
    if len(words) < 4:
        return "too short for a spot"
    spotter, frequency, dx = words[:3]
    if not _SPOTTER.fullmatch(spotter):
        return f"{spotter[:LONGEST_CALL]!r} is not a spotter's call"
    if not _FREQUENCY.fullmatch(frequency):
        return f"{frequency[:LONGEST_CALL]!r} is not a frequency"
    if not _WHOLE_CALL.fullmatch(dx):
        return f"{dx[:LONGEST_CALL]!r} is not a call"
    return "not in a spot's form"


def _cc11(text: str, received: float, countries: Countries | None) -> Spot:
    _, *fields = text.split("^")
    if len(fields) < 6:
        raise _NotASpot("too short for a CC11 spot")
    frequency, dx, date, stamp = fields[:4]
    index = _spotter_in(fields)
    comment = "^".join(fields[4:index])
    spotter = fields[index]
    # The node it came in at; then eight of zones, states and countries.
    origin = "".join(fields[index + 3 : index + 4])
    machine = spotter.endswith("-#") or origin.startswith(_SKIMMING_NODES)
    spotter = spotter.removesuffix("-#").removesuffix("-@")
    _check(frequency, dx, spotter)
    time = _dated(date.strip(), stamp.removesuffix("Z"), received)
    dx_grid, spotter_grid = ([*fields[index + 12 : index + 14], "", ""])[:2]
    return _spot(time, dx, spotter, frequency, comment, machine, dx_grid, spotter_grid, False, countries)


def _check(frequency: str, *calls: str) -> None:
    if not _FREQUENCY.fullmatch(frequency):
        raise _NotASpot(f"{frequency[:LONGEST_CALL]!r} is not a frequency")
    for call in calls:
        if not _WHOLE_CALL.fullmatch(call):
            raise _NotASpot(f"{call[:LONGEST_CALL]!r} is not a call")


def _spotter_in(fields: list[str]) -> int:
    """Where the spotter is: behind the comment, which may hold the separator, and before two numbers."""
    for index in range(5, len(fields)):
        numbers = fields[index + 1 : index + 3]
        if _SPOTTER.fullmatch(fields[index]) and all(not field or field.isdigit() for field in numbers):
            return index
    return 5


def _history(found: re.Match[str], received: float, countries: Countries | None) -> Spot:
    frequency, dx, date, stamp, rest = found.groups()
    comment, _, end = rest.rpartition("<")
    spotter = _HISTORY_SPOTTER.fullmatch(end)
    if spotter is None:
        raise _NotASpot(f"{end[:LONGEST_CALL]!r} is not a spotter's call")
    machine = spotter[2] == "-#"
    return _spot(
        _dated(date, stamp, received), dx, spotter[1], frequency, comment, machine, "", "", True, countries
    )


def _spot(
    time: int,
    dx: str,
    spotter: str,
    frequency: str,
    text: str,
    machine: bool,
    dx_column: str,
    spotter_column: str,
    recovered: bool,
    countries: Countries | None,
) -> Spot:
    frequency_hz, stretch = _frequency(frequency)
    if len(dx) > LONGEST_CALL or len(spotter) > LONGEST_CALL:
        raise _NotASpot(f"a call of more than {LONGEST_CALL} characters")
    said = read(text.strip())
    machine = machine or said.skimmer
    mode, mode_source = mode_of(said, stretch)
    snr = snr_of(said, mode, machine) if said.decibels or said.signed else None
    satellite = propagation = None
    if frequency_hz >= LOWEST_HZ and not machine:
        satellite = satellite_of(said.capitals, frequency_hz)
        propagation = "SAT" if satellite else way_of(said.capitals, frequency_hz)
    elif "<" in said.capitals:
        propagation = way_of(said.capitals, frequency_hz)
    spotter_grid = spotter_column if spotter_column and _GRID.fullmatch(spotter_column) else None
    dx_grid = dx_column if dx_column and _GRID.fullmatch(dx_column) else None
    if said.grids is not None:
        spotter_grid, dx_grid = said.grids[0] or spotter_grid, said.grids[1]
    here = there = distance_km = bearing = place_source = None
    if countries is not None:
        here, there = countries.find(spotter), countries.find(dx)
    if spotter_grid or dx_grid or (here is not None and there is not None and here.dxcc != there.dxcc):
        distance_km, bearing, place_source = _way(spotter_grid, here, dx_grid, there)
    return Spot(
        time,
        dx,
        spotter,
        frequency_hz,
        stretch.bands[0 if there is None else there.region],
        mode,
        mode_source,
        "machine" if machine else "human",
        int(snr) if snr is not None else None,
        said.wpm,
        dx_grid,
        spotter_grid,
        said.comment,
        recovered,
        there,
        here,
        distance_km,
        bearing,
        place_source,
        None if machine else snr or said.rst,
        propagation,
        satellite,
        qsx_of(said.capitals, frequency_hz) if said.may_split else None,
        said.references,
        said.beacon or is_beacon(dx, frequency_hz),
    )


@lru_cache(_FREQUENCIES_KEPT)
def _frequency(khz: str) -> tuple[int, Stretch]:
    """Hz, and how they are used."""
    hz = round(float(khz) * 1000)
    if not 0 < hz <= _FREQUENCY_MAX_HZ:
        raise _NotASpot(f"{khz} kHz is out of range")
    return hz, stretch_of(hz)


def _way(
    spotter_grid: str | None, here: Place | None, dx_grid: str | None, there: Place | None
) -> tuple[int, int, Literal["grid", "country"]] | tuple[None, None, None]:
    """Distance, bearing and how well they are known."""
    source: Literal["grid", "country"] = "grid" if spotter_grid and dx_grid else "country"
    start = middle_of(spotter_grid) if spotter_grid else here.point if here is not None else None
    end = middle_of(dx_grid) if dx_grid else there.point if there is not None else None
    if start is None or end is None:
        return None, None, None
    if source == "country" and here is not None and there is not None and here.dxcc == there.dxcc:
        # Within one country its middle tells nothing.
        return None, None, None
    distance_km, bearing = way(start, end)
    if distance_km is None or bearing is None:
        return None, None, None
    return distance_km, bearing, source


def _wwv(text: str, received: float) -> Solar:
    found = _WWV.match(text)
    if found is None:
        raise _NotASpot("not in the form of a WWV bulletin")
    station, hour, rest = found.groups()
    words = _WWV_TEXT.match(rest)
    return _solar("WWV", station, hour, rest, words[1] if words else "", received)


def _wcy(text: str, received: float) -> Solar:
    found = _WCY.match(text)
    if found is None:
        raise _NotASpot("not in the form of a WCY bulletin")
    station, hour, rest = found.groups()
    words = _WORDS.search(rest)
    return _solar("WCY", station, hour, rest, words[1] if words else "", received)


def _solar(
    kind: Literal["WWV", "WCY"], station: str, hour: str, rest: str, words: str, received: float
) -> Solar:
    if int(hour) > 23:
        raise _NotASpot(f"{hour!r} is not an hour")
    if len(station) > LONGEST_CALL:
        raise _NotASpot(f"a call of more than {LONGEST_CALL} characters")
    figures = {
        name: int(figure) for name, figure in _FIGURE.findall(rest) if int(figure) <= _FIGURE_MAX[name]
    }
    if not figures:
        raise _NotASpot("a bulletin without a figure")
    return Solar(
        _latest(int(hour) * 3600, received),
        kind,
        station,
        figures.get("SFI"),
        figures.get("A"),
        figures.get("K"),
        figures.get("expK"),
        figures.get("R"),
        clean(words),
    )


def _latest(second_of_day: int, received: float) -> int:
    """The last such time of day, at most five minutes ahead of `received`."""
    limit = int(received) + _AHEAD_SECONDS
    return limit - (limit - second_of_day) % _DAY_SECONDS


def _dated(day: str, stamp: str, received: float) -> int:
    minute = _MINUTE.get(stamp)
    if minute is None:
        raise _NotASpot(f"{stamp[:LONGEST_CALL]!r} is not a time of day")
    midnight = _midnight(day)
    if midnight is None:
        raise _NotASpot(f"{day[:LONGEST_CALL]!r} is not a date")
    time = midnight + minute * 60
    if time > received + _AHEAD_SECONDS:
        raise _NotASpot(f"{day} {stamp} is in the future")
    return time


@lru_cache(maxsize=64)
def _midnight(day: str) -> int | None:
    """Unix time at which "24-Nov-2026" begins; None when there is no such day."""
    found = _DATE.fullmatch(day)
    if found is None:
        return None
    number, month, year = found.groups()
    try:
        return (date(int(year), _MONTH[month], int(number)) - _EPOCH).days * _DAY_SECONDS
    except (ValueError, KeyError):
        return None
