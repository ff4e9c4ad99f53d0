"""The time in which a node was not heard, and what of it the node could still tell."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from spotkeeper.scraper.dialect import EndReason, ask_for_history
from spotkeeper.settings import NodeKind
from spotkeeper.spots.model import Spot
from spotkeeper.spots.parse import is_past_spot, parse

FEWEST_SPOTS = 10
MOST_SPOTS = 100
# How long the first spot of an answer may take, and how long the next one.
ANSWER_SECONDS = 20.0
NEXT_SECONDS = 3.0
# A CC11 line is history by its age only: it looks like a live spot.
PAST_SECONDS = 120.0
# Stamps are minutes, and a spot is up to a minute on its way.
_BLURRED_SECONDS = 60.0
_RESERVE = 1.5
_REMEMBERED = 300
_RATE_FROM = 10

GapReason = EndReason | Literal["restart"]


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Spooled as JSON under the kind "gap"; `began` and `ended` are Unix seconds by the node's clock.

    `asked` and `answered` are spots of history, both 0 where the node keeps none; `unrepaired_seconds` is the
    part at the beginning that the answer does not reach back to.
    """

    began: float
    ended: float
    reason: GapReason
    asked: int
    answered: int
    unrepaired_seconds: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True)
class Missed:
    """From when on a node has not been heard (Unix seconds by its clock), and why."""

    began: float
    reason: GapReason


class Recent:
    """The last live spots of a node, as received: how many come, and which are known."""

    def __init__(self) -> None:
        self._lines: deque[tuple[float, bytes]] = deque(maxlen=_REMEMBERED)

    def add(self, received: float, spots: Sequence[bytes]) -> None:
        self._lines.extend([(received, line) for line in spots[-_REMEMBERED:]])

    @property
    def rate(self) -> float | None:
        """Spots a second; None while too few have come."""
        if len(self._lines) < _RATE_FROM:
            return None
        seconds = self._lines[-1][0] - self._lines[0][0]
        return len(self._lines) / seconds if seconds > 0 else None

    def identities(self) -> set[tuple[int, str, str, int]]:
        """Minute, DX, spotter and kHz of each."""
        spots = (parse(line, received) for received, line in self._lines)
        return {_identity(spot) for spot in spots if isinstance(spot, Spot)}


class Repair:
    """Asks a node after the log-in for what was missed, and judges its answer. To be used once.

    Of a node that is heard for the first time it asks as well, but then there is no gap.
    """

    def __init__(self, kind: NodeKind, missed: Missed | None, recent: Recent) -> None:
        self.missed = missed
        self._kind = kind
        self._rate = recent.rate
        self._known = recent.identities() if missed else set()
        self._reaches_known = False
        self._asked = self._answered = 0
        self._oldest = math.inf
        self._ended = 0.0
        self.due = math.inf
        """When, by the caller's clock, the answer is complete or late; infinite while none is awaited."""

    @property
    def pending(self) -> bool:
        return self.due < math.inf

    def ask(self, now: float, clock: float) -> bytes | None:
        """The question at Unix time `now`; None for a node that keeps no history. `clock` as in `due`."""
        if self.missed is not None and self.missed.began > now:  # a clock was set back meanwhile
            self.missed = Missed(now, self.missed.reason)
        self._ended = now
        wanted = self._wanted(now)
        command = ask_for_history(self._kind, wanted)
        if command is not None:
            self._asked = wanted
        self.due = clock + (ANSWER_SECONDS if command else 0)
        return command

    def history_in(self, lines: Sequence[bytes], now: float) -> list[bytes]:
        """Those of `lines`, received at Unix time `now`, that are spots of the past."""
        return [line for line in lines if self._is_past(line, now)]

    def _is_past(self, line: bytes, now: float) -> bool:
        if not line.startswith(b"CC11^"):
            return is_past_spot(line)
        spot = parse(line, now) if self.pending else None
        return isinstance(spot, Spot) and spot.time < now - PAST_SECONDS

    def take(self, history: Sequence[bytes], now: float, clock: float) -> None:
        """Lines of the answer, newest spot first."""
        if not self.pending:
            return
        self._answered += len(history)
        for line in history:
            spot = parse(line, now)
            if isinstance(spot, Spot):
                self._oldest = min(self._oldest, spot.time)
                self._reaches_known |= _identity(spot) in self._known
        self.due = clock if self._answered >= self._asked else clock + NEXT_SECONDS

    def ask_for_more(self, clock: float) -> bytes | None:
        """When the answer is due: the question for as much as the node tells, if it did not reach back."""
        was_cut = self._answered >= self._asked
        if not (0 < self._asked < MOST_SPOTS and was_cut and self._unrepaired()):
            return None
        self._asked, self._answered = MOST_SPOTS, 0
        self.due = clock + ANSWER_SECONDS
        return ask_for_history(self._kind, MOST_SPOTS)

    def judge(self) -> Gap | None:
        """What became of the gap; None when there was none."""
        self.due = math.inf
        if self.missed is None:
            return None
        return Gap(
            began=self.missed.began,
            ended=self._ended,
            reason=self.missed.reason,
            asked=self._asked,
            answered=self._answered,
            unrepaired_seconds=self._unrepaired(),
        )

    def _wanted(self, now: float) -> int:
        if self.missed is None or self._rate is None:
            return MOST_SPOTS
        spots = self._rate * (now - self.missed.began + _BLURRED_SECONDS) * _RESERVE
        return min(max(math.ceil(spots), FEWEST_SPOTS), MOST_SPOTS)

    def _unrepaired(self) -> float:
        if self.missed is None or self._reaches_known:
            return 0.0
        # Of the oldest minute in an answer that was cut, not all spots need be there.
        reached = self._oldest if self._answered < self._asked else self._oldest + _BLURRED_SECONDS
        return min(max(reached - self.missed.began, 0.0), self._ended - self.missed.began)


def _identity(spot: Spot) -> tuple[int, str, str, int]:
    return spot.time, spot.dx, spot.spotter, (spot.frequency_hz + 500) // 1000
