"""How a node writes spots: live, in its history, as CC11. Text is latin-1: one character, one byte."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from simulator.places import Place, place_of

_CALL = re.compile(
    r"(?:[A-Z0-9]{1,4}/)?(?:[A-Z]{1,2}|[A-Z]\d|\d[A-Z])\d{1,4}[A-Z]{1,6}(?:/[A-Z0-9]{1,4}){0,2}(?:-[1-9]\d?)?"
)
_SPOT_LINE = re.compile(r"DX de ([^\s:]+):? *(\d+(?:\.\d+)?) +(\S+) ?(.*)\b\d{4}Z")


@dataclass(frozen=True, slots=True)
class Spot:
    """One report. `time` is Unix seconds at a whole minute; a machine's `spotter` ends in `-#`."""

    time: int
    spotter: str
    frequency_hz: int
    dx: str
    comment: str = ""
    spotter_place: Place | None = None
    dx_place: Place | None = None
    spotter_grid: str = ""
    dx_grid: str = ""

    @property
    def machine(self) -> bool:
        return self.spotter.endswith("-#")

    @property
    def identity(self) -> tuple[str, str, int]:
        """What makes a report itself within its minute: DX, spotter, kHz."""
        return self.dx, self.spotter.removesuffix("-#"), (self.frequency_hz + 500) // 1000


@lru_cache(maxsize=4096)
def _clock(time: int) -> tuple[str, str]:
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment.day:2d}-{moment:%b-%Y}", f"{moment:%H%MZ}"


def date(time: float) -> str:
    """`24-Nov-2026`; a day below 10 starts with a blank."""
    return _clock(int(time) // 60 * 60)[0]


def hour_minute(time: float) -> str:
    """`0357Z`."""
    return _clock(int(time) // 60 * 60)[1]


def is_callsign(text: str) -> bool:
    return _CALL.fullmatch(text) is not None


def read_spot(text: str, time: int) -> Spot:
    """A spot from `SPOTTER KHZ DX [COMMENT]`.

    Raises ValueError with a sentence that names what is wrong.
    """
    spotter, khz, dx, comment = ([*text.split(None, 3), "", "", "", ""])[:4]
    if not dx:
        raise ValueError(f"a spot is SPOTTER KHZ DX [COMMENT], not {text!r}")
    for call in (spotter.upper().removesuffix("-#"), dx.upper()):
        if not is_callsign(call):
            raise ValueError(f"{call!r} is not a callsign")
    if not re.fullmatch(r"\d{1,9}(\.\d+)?", khz):
        raise ValueError(f"{khz!r} is not a frequency in kHz")
    return _placed(time, spotter.upper(), float(khz), dx.upper(), to_wire(comment))


def read_spot_line(line: str, time: int) -> Spot | None:
    """The spot in a finished line as users receive it, or None when it is not one."""
    found = _SPOT_LINE.match(line)
    if found is None:
        return None
    spotter, khz, dx, comment = found.groups()
    return _placed(time, spotter, float(khz), dx, comment.strip())


def _placed(time: int, spotter: str, khz: float, dx: str, comment: str) -> Spot:
    places = place_of(spotter), place_of(dx)
    return Spot(time // 60 * 60, spotter, round(khz * 1000), dx, comment, *places)


def to_wire(text: str) -> str:
    """Any text as its UTF-8 bytes, one character a byte, so that columns count bytes as a node does."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def spot_line(spot: Spot, left: str = "", right: str = "") -> str:
    """The line users receive, without its end; `left` and `right` stand on both sides of the time."""
    head = f"DX de {spot.spotter}:"
    khz = f"{spot.frequency_hz / 1000:.1f}".rjust(max(23 - len(head), 8))
    comment = spot.comment[:30].ljust(30)
    if left:
        comment = f"{comment[: 29 - len(left)]} {left}"
    line = f"{head} {khz}  {spot.dx}".ljust(38) + f" {comment} {hour_minute(spot.time)}"
    return f"{line} {right}" if right else line


def spot_line_with_zones(spot: Spot) -> str:
    """With the CQ zones, the DX's before the time and the spotter's after it."""
    dx, spotter = spot.dx_place, spot.spotter_place
    return spot_line(spot, str(dx.cq) if dx else "", str(spotter.cq) if spotter else "")


def spot_line_with_grids(spot: Spot) -> str:
    """With the grids, or the DX's state where its grid is unknown."""
    left = spot.dx_grid[:4] or (spot.dx_place.state if spot.dx_place else "")
    return spot_line(spot, left, spot.spotter_grid[:4])


def history_line(spot: Spot) -> str:
    """One line of `sh/dx`: the spotter's right edge is at column 77."""
    head = f"{spot.frequency_hz / 1000:9.1f} {spot.dx:<11} {date(spot.time)} {hour_minute(spot.time)} "
    tail = f"<{spot.spotter}>"
    room = max(77 - len(head) - len(tail), 0)
    return head + spot.comment[:room].ljust(room) + tail


def cc11_line(spot: Spot, node: str) -> str:
    """DXSpider's CC11; the country numbers are the DXCC's own."""
    khz = f"{spot.frequency_hz / 1000:.1f}"
    return _cc11(spot, node, khz, lambda place: f"{place.name}-{place.prefix}")


def cc11_line_of_cc_cluster(spot: Spot, node: str) -> str:
    """CC Cluster's CC11: no needless decimal, prefixes for countries, the DX's position, a trailing `^`."""
    khz = f"{spot.frequency_hz / 1000:.1f}".removesuffix(".0")
    dx = spot.dx_place
    position = f"{dx.latitude:.1f}/{-dx.longitude:.0f}" if dx else ""
    return f"{_cc11(spot, node, khz, lambda place: place.prefix)}^{position}^"


def _cc11(spot: Spot, node: str, khz: str, country: Callable[[Place], str]) -> str:
    ends = spot.dx_place, spot.spotter_place

    def of_each(value: Callable[[Place], object]) -> list[str]:
        return [str(value(place)) if place else "" for place in ends]

    fields = [
        "CC11",
        khz,
        spot.dx,
        date(spot.time).strip(),
        hour_minute(spot.time),
        spot.comment.strip(" ").replace("^", " "),
        spot.spotter,
        *of_each(lambda place: place.dxcc),
        node,
        *[zone for place in ends for zone in ((str(place.itu), str(place.cq)) if place else ("", ""))],
        *of_each(lambda place: place.state),
        *of_each(country),
        spot.dx_grid[:4],
        spot.spotter_grid[:4],
    ]
    return "^".join(fields)
