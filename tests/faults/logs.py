"""What the nodes made and sent, read without a line of the code under test."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

MINUTE = 60
DAY = 86_400

_SPOT = re.compile(
    r"DX de (?P<spotter>[^\s:]+?)(?:-#)?: *(?P<khz>\d+\.\d)  (?P<dx>\S+) .*\b(?P<time>\d{4})Z"
    r"|CC11\^(?P<cc_khz>[\d.]+)\^(?P<cc_dx>[^^]+)\^[^^]*\^(?P<cc_time>\d{4})Z\^[^^]*\^(?P<cc_spotter>[^^]+?)(?:-#)?\^"
)


class Key(NamedTuple):
    """The identity of a report; `time` in Unix seconds."""

    time: int
    dx: str
    spotter: str
    khz: int


class Line(NamedTuple):
    """A spot's line in a node's log; `moment` in Unix seconds by the machine's clock."""

    moment: float
    key: Key


def read(log: Path, clock_ahead: float = 0, last_bytes: int | None = None) -> list[Line]:
    """The lines of a log, or its last, of a node whose clock is so many seconds ahead of the machine's."""
    if not log.exists():
        return []
    text = log.read_bytes()
    if last_bytes and len(text) > last_bytes:
        text = text[-last_bytes:].partition(b"\n")[2]
    lines = []
    for row in text.splitlines():
        moment, line = row.decode("latin-1").split("\t", 1)
        lines.append(Line(float(moment) - clock_ahead, key(line, float(moment))))
    return lines


def key(line: str, moment: float) -> Key:
    """The identity of the report in a live line that was sent at about `moment` by the node's clock."""
    found = _SPOT.match(line)
    assert found, line
    part = {name.removeprefix("cc_"): value for name, value in found.groupdict().items() if value}
    hz = round(float(part["khz"]) * 1000)
    return Key(_dated(part["time"], moment), part["dx"], part["spotter"], (hz + 500) // 1000)


def _dated(stamp: str, moment: float) -> int:
    """The time nearest to `moment` at which it is `stamp` o'clock."""
    day = datetime.fromtimestamp(moment, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    time = int(day.timestamp()) + int(stamp[:2]) * 3600 + int(stamp[2:]) * MINUTE
    return min((time - DAY, time, time + DAY), key=lambda candidate: abs(candidate - moment))
