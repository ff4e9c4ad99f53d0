"""The node: who is connected, what is on the air, what was said lately."""

import asyncio
import logging
import math
import random
import time
from collections import deque
from collections.abc import Sequence
from typing import BinaryIO

from simulator.bulletins import Solar, chatter
from simulator.dialects import Dialect
from simulator.faults import Fault
from simulator.feeds import Feed
from simulator.lines import Spot, read_spot_line, spot_line
from simulator.session import Session

log = logging.getLogger("simulator")

_HISTORY = 10_000
_TICK_SECONDS = 0.02
_HURRIED_BACKLOG = 20_000
_FIRST_BULLETIN_SECONDS = 5.0
_CHATTER_SECONDS = 30.0, 90.0
_MOST_RANDOM_BYTES = 4096
_SPOT_BEGINNINGS = b"DX de ", b"CC11^"


class Node:
    """One simulated node. It sends only while somebody is logged in, or always if `nonstop`."""

    def __init__(
        self,
        dialect: Dialect,
        feed: Feed,
        *,
        call: str,
        password: str,
        seed: int,
        nonstop: bool,
        solar_every: float,
        sent_log: BinaryIO | None,
        made_log: BinaryIO | None,
    ) -> None:
        self.dialect = dialect
        self.feed = feed
        self.call = call
        self.password = password
        self.fault = Fault()
        self.sessions: set[Session] = set()
        self.history: deque[Spot] = deque(maxlen=_HISTORY)
        now = time.time()
        self.solar = [Solar.at(seed, now - 3600 * hours) for hours in (3, 2, 1)]
        self.refused = 0
        self._seed = seed
        self._rng = random.Random(f"{seed} node")
        self._nonstop = nonstop
        self._solar_every = solar_every
        self._sent_log = sent_log
        self._made_log = made_log
        self._sessions_total = self._logged_in_total = self._spots_made = self._spots_sent = 0

    async def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection to its end."""
        session = Session(self, reader, writer)
        self.sessions.add(session)
        self._sessions_total += 1
        await session.run()

    def admit(self, session: Session, call: str) -> None:
        """The log-in is through; an older session of the same call is bumped."""
        for other in self.sessions:
            if other.call == call:
                other.end(self.bumped(call))
        session.call = call
        self._logged_in_total += 1

    def bumped(self, call: str) -> str:
        """What a session hears whose call has logged in anew."""
        return f"Reconnected as {call} at {self.call}, this instance is disconnected"

    def misbehave(self, fault: Fault) -> None:
        """From now on, new sessions and open ones."""
        self.fault = fault
        if not math.isinf(fault.lasts):
            asyncio.get_running_loop().call_later(
                fault.lasts, lambda: self.misbehave(Fault()) if self.fault is fault else None
            )
        for session in set(self.sessions):
            session.suffer()

    def drop(self, farewell: str = "") -> int:
        """Ends all sessions; their number."""
        open_ones = set(self.sessions)
        for session in open_ones:
            session.end(farewell)
        return len(open_ones)

    def garbage(self) -> bytes:
        """A line of rubbish. Without 0xff: telnet would make it eat the line's end."""
        return self._rng.randbytes(self._rng.randint(1, 200)).translate(None, b"\r\n\xff") + b"\r\n"

    def random_bytes(self) -> bytes:
        """Any bytes, and a line's end after them."""
        return self._rng.randbytes(self._rng.randint(1, _MOST_RANDOM_BYTES)) + b"\r\n"

    def publish(self, items: Sequence[Spot | bytes]) -> int:
        """Puts spots, or raw lines without their ends, on the air; the number of sessions that get them."""
        wall = int(time.time())
        made: list[bytes] = []
        for item in items:
            spot = item if isinstance(item, Spot) else read_spot_line(item.decode("latin-1"), wall)
            if spot:
                self.history.append(spot)
                self._spots_made += 1
                if self._made_log:
                    made.append(spot_line(spot).encode("latin-1"))
        _log(self._made_log, made)
        written: dict[tuple[str, bool], list[bytes]] = {}
        listeners = [session for session in self.sessions if session.call and not session.muted]
        for session in listeners:
            wish = session.format, session.machines
            if wish not in written:
                written[wish] = self._written(items, *wish)
            session.offer(written[wish])
        return len(listeners)

    def _written(self, items: Sequence[Spot | bytes], format_: str, machines: bool) -> list[bytes]:
        write, end = self.dialect.formats[format_], f"{self.dialect.bells}\r\n"
        return [
            f"{write(item, self.call)}{end}".encode("latin-1") if isinstance(item, Spot) else item + b"\r\n"
            for item in items
            if machines or not isinstance(item, Spot) or not item.machine
        ]

    def sent(self, lines: list[bytes]) -> None:
        """A socket has taken these lines: they are counted and written to the sent-log."""
        spots = [line.rstrip(b"\a\r\n") for line in lines if line.startswith(_SPOT_BEGINNINGS)]
        self._spots_sent += len(spots)
        _log(self._sent_log, spots)

    def counts(self) -> dict[str, object]:
        """What the node did since it started."""
        return {
            "sessions": len(self.sessions),
            "logged_in": sorted(session.call for session in self.sessions if session.call),
            "sessions_total": self._sessions_total,
            "logged_in_total": self._logged_in_total,
            "refused_total": self.refused,
            "spots_made": self._spots_made,
            "spots_sent": self._spots_sent,
            "lines_waiting": sum(session.backlog for session in self.sessions),
            "rate": self.feed.rate,
            "misbehave": str(self.fault),
        }

    async def on_air(self) -> None:
        """Sends what the feed has, bulletins and chatter, until it is cancelled."""
        listening = False
        next_bulletin = next_chatter = 0.0
        while True:
            await asyncio.sleep(0 if self.feed.hurried and listening else _TICK_SECONDS)
            now, wall = time.monotonic(), time.time()
            if not (self._nonstop or any(session.call for session in self.sessions)):
                listening = False
                continue
            if not listening:
                listening = True
                self.feed.resume(now)
                first = min(self._solar_every, _FIRST_BULLETIN_SECONDS)
                next_bulletin = max(next_bulletin, now + first)
                next_chatter = now + self._rng.uniform(*_CHATTER_SECONDS)
            if self.feed.hurried and any(session.backlog > _HURRIED_BACKLOG for session in self.sessions):
                await asyncio.sleep(_TICK_SECONDS)
                continue
            items = self.feed.take(now, wall)
            if items:
                self.publish(items)
            if self.dialect.is_cluster and self._solar_every and now >= next_bulletin:
                next_bulletin = now + self._solar_every
                self._bulletin(wall)
            if self.dialect.is_cluster and now >= next_chatter:
                next_chatter = now + self._rng.uniform(*_CHATTER_SECONDS)
                for session in self.sessions:
                    if session.call:
                        session.say(chatter(self._rng, session.call, self.call))

    def _bulletin(self, wall: float) -> None:
        now = Solar.at(self._seed, wall)
        if self.solar[-1].time != now.time:
            self.solar.append(now)
        for session in self.sessions:
            if session.call:
                session.say(now.wwv(self.call), now.wcy("DK0WCY-1"))


def _log(file: BinaryIO | None, lines: Sequence[bytes]) -> None:
    if file and lines:
        now = time.time()
        file.write(b"".join(b"%.6f\t%b\n" % (now, line) for line in lines))
