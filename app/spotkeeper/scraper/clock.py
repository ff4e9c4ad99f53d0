"""What time it is at a node, whatever happens to this machine's clock."""

import re
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

# Where two clocks differ by no more, this machine's is the finer one.
CLOSE_SECONDS = 120.0
# A spot is this late at most, when it is used to choose between two times.
LATE_SECONDS = 240.0
# So many spots in a row must speak for the machine's time.
WITNESSES = 5
_DAY_SECONDS = 86400

# "F5AAA de GB7TST-2 24-Nov-2026 0355Z dxspider >", and AR-Cluster's, which leaves out the year.
_DATED = re.compile(rb" de \S+ +(\d{1,2})-([A-Z][a-z]{2})(?:-(\d{4}))? +(\d{2})(\d{2})Z ")
_STAMP = re.compile(rb" ?(\d{2})(\d{2})Z(?: [A-Z0-9]{1,6})?[\x07 ]*$")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


def _steady() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class NodeClock:
    """This machine's time at the start, carried on by a clock that nobody sets, set by the node's prompts.

    It goes with the machine's clock as long as both are close, and does not follow its jumps: which of the
    two is right is told by a dated prompt, or by the minutes in the spots of a node that has none.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = _steady) -> None:
        self._wall = wall
        self._steady = steady
        self._ahead = wall() - steady()
        self._witnesses = 0

    def now(self) -> float:
        """Unix seconds."""
        wall = self._wall()
        carried = self._steady() + self._ahead
        if abs(wall - carried) > CLOSE_SECONDS:
            return carried
        self._ahead = wall - self._steady()
        return wall

    @property
    def disputed(self) -> bool:
        """Whether this machine's clock has jumped away, or was wrong from the start."""
        return abs(self._wall() - self.now()) > CLOSE_SECONDS

    def hear(self, prompt: bytes) -> None:
        """A node's prompt, which may hold its date and minute."""
        minute = _minute_of(prompt, self.now())
        if minute is None or _within(minute, self.now()):
            return
        self._set(self._wall() if _within(minute, self._wall()) else minute + 30)

    def witness(self, spots: Sequence[bytes]) -> None:
        """Live spots while the time is disputed: their minutes tell which of two times it is."""
        for line in spots[-WITNESSES:]:
            found = _STAMP.search(line)
            if found is None:
                continue
            second = (int(found[1]) * 60 + int(found[2])) * 60
            if _fits(second, self.now()) or not _fits(second, self._wall()):
                self._witnesses = 0
            else:
                self._witnesses += 1
            if self._witnesses >= WITNESSES:
                self._set(self._wall())
                return

    def _set(self, now: float) -> None:
        self._ahead = now - self._steady()
        self._witnesses = 0


def _within(minute: float, moment: float) -> bool:
    return minute - CLOSE_SECONDS <= moment < minute + 60 + CLOSE_SECONDS


def _fits(second_of_day: int, moment: float) -> bool:
    """Whether a spot that is stamped so may have come at this moment."""
    half = _DAY_SECONDS / 2
    late = (moment - second_of_day + half) % _DAY_SECONDS - half
    return -CLOSE_SECONDS <= late <= LATE_SECONDS


def _minute_of(prompt: bytes, near: float) -> float | None:
    """Unix time of the minute in a prompt; of a date without a year the one that is nearest to `near`."""
    found = _DATED.search(prompt)
    if found is None or found[2] not in _MONTHS:
        return None
    day, month, hour, minute = int(found[1]), _MONTHS.index(found[2]) + 1, int(found[4]), int(found[5])
    this_year = datetime.fromtimestamp(near, UTC).year
    years = (int(found[3]),) if found[3] else (this_year - 1, this_year, this_year + 1)
    moments = []
    for year in years:
        try:
            moments.append(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())
        except ValueError:
            continue  # 29 February, or no date at all
    return min(moments, key=lambda moment: abs(moment - near), default=None)
