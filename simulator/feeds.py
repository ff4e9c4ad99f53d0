"""Where a node's spots come from: invented traffic, or a file of recorded lines."""

import math
import re
from pathlib import Path
from typing import Protocol

from simulator.lines import Spot, hour_minute
from simulator.traffic import Traffic

_STAMP = re.compile(rb"\b\d{4}Z(?!.*\b\d{4}Z)")
_MOST_AT_ONCE = 1000
_LATEST_SECONDS = 1.0


class Feed(Protocol):
    """`hurried` means as fast as the clients read; `rate` is spots a second or the speed of a replay."""

    rate: float

    @property
    def hurried(self) -> bool: ...

    def resume(self, now: float) -> None:
        """Somebody listens (again) from this moment of the monotonic clock on."""

    def take(self, now: float, wall: float) -> list[Spot | bytes]:
        """All that is due at `now` (monotonic seconds), which is `wall` in Unix seconds."""


class Invented:
    """Traffic at `rate` spots a second on average."""

    hurried = False

    def __init__(self, traffic: Traffic, rate: float) -> None:
        self.rate = rate
        self._traffic = traffic
        self._due = 0.0  # in mean gaps between two spots, so that a new rate holds at once
        self._since = 0.0

    def resume(self, now: float) -> None:
        self._since = now

    def take(self, now: float, wall: float) -> list[Spot | bytes]:
        self._due -= min(now - self._since, _LATEST_SECONDS) * self.rate
        self._since = now
        due: list[Spot | bytes] = []
        while self.rate and self._due < 0 and len(due) < _MOST_AT_ONCE:
            due.append(self._traffic.spot(wall + self._due / self.rate))
            self._due += self._traffic.gap()
        return due


class Replay:
    """Recorded lines, `Unix time TAB line` each, `rate` times as fast as they came; infinite: as read."""

    def __init__(self, path: Path, rate: float, keep_time: bool) -> None:
        """Reads the whole file. Raises ValueError with a sentence that names file and line, OSError."""
        self.rate = rate
        self._keep_time = keep_time
        self._lines: list[tuple[float, bytes]] = []
        for number, record in enumerate(path.read_bytes().split(b"\n"), 1):
            if not record.strip():
                continue
            time, tab, line = record.partition(b"\t")
            try:
                self._lines.append((float(time), line.rstrip(b"\r\n")))
            except ValueError:
                tab = b""
            if not tab:
                raise ValueError(f"{path}, line {number}: expected a Unix time, a tab and a line")
        self._at = 0
        self._clock = self._lines[0][0] if self._lines else 0.0
        self._since = 0.0

    @property
    def hurried(self) -> bool:
        return math.isinf(self.rate)

    def resume(self, now: float) -> None:
        self._since = now

    def take(self, now: float, wall: float) -> list[Spot | bytes]:
        if not self.hurried:
            self._clock += (now - self._since) * self.rate
            self._since = now
        due: list[Spot | bytes] = []
        stamp = hour_minute(wall).encode()
        while self._at < len(self._lines) and len(due) < _MOST_AT_ONCE:
            time, line = self._lines[self._at]
            if time > self._clock and not self.hurried:
                break
            self._at += 1
            due.append(line if self._keep_time else _STAMP.sub(stamp, line, count=1))
        return due
