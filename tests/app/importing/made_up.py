"""Invented days of the Reverse Beacon Network."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

HEADER = "callsign,de_pfx,de_cont,freq,band,dx,dx_pfx,dx_cont,mode,db,date,speed,tx_mode\n"
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
_BEGINNINGS = "K1 W6 VE3 DL1 F5 G4 EA3 I2 OK1 SP7 HA8 LZ2 UA9 JA1 BY4 VK2 ZL3 PY2 LU5 ZS6 OH2 SM5 9A1 KH6 VK9"
_PREFIXES = _BEGINNINGS.split()


class Report(NamedTuple):
    """What a skimmer told."""

    time: datetime
    spotter: str
    khz: float
    dx: str
    kind: str
    db: int
    speed: int
    mode: str

    @property
    def row(self) -> str:
        """As a day's file has it."""
        return (
            f"{self.spotter},XX,XX,{self.khz:.1f},XXm,{self.dx},XX,XX,{self.kind},{self.db},"
            f"{self.time:%Y-%m-%d %H:%M:%S},{self.speed},{self.mode}\n"
        )

    @property
    def line(self) -> str:
        """As the RBN's node tells it."""
        unit = "BPS" if self.mode == "RTTY" else "WPM"
        comment = f"{self.mode:<4}{self.db:>4} dB{self.speed:>4} {unit}  {self.kind}"
        return (
            f"DX de {self.spotter + '-#:':<11}{self.khz:8.1f}  {self.dx:<13} {comment:<30} {self.time:%H%M}Z"
        )


def reports(count: int, seed: int = 1, start: datetime = MONDAY) -> Iterator[Report]:
    """So many, in the order of their time, several skimmers hearing the same call in the same minute."""
    rng = random.Random(seed)
    skimmers = [f"{rng.choice(_PREFIXES)}{''.join(rng.choices('ABCDEFGH', k=3))}" for _ in range(40)]
    calls = [
        f"{rng.choice(_PREFIXES)}{''.join(rng.choices('STUVWXYZ', k=rng.choice((2, 3))))}" for _ in range(300)
    ]
    calls += ["4U1UN", "W6WX", "OK0EN/B", "DL1ABC/P", "EA8/DL1ABC", "K1ABC/MM"]
    told = 0
    minute = start
    while told < count:
        heard = []
        for _ in range(12):
            dx = rng.choice(calls)
            khz = (
                rng.choice((1820, 3520, 7015, 10110, 14025, 14100, 18075, 21020, 28030, 50090, 5000))
                + rng.random()
            )
            kind = rng.choice(("CQ", "CQ", "CQ", "CQ", "DX", "BEACON", "NCDXF B"))
            mode = rng.choice(("CW", "CW", "CW", "RTTY"))
            speed = 45 if mode == "RTTY" else rng.randint(15, 40)
            for spotter in rng.sample(skimmers, rng.randint(1, 12)):
                time = minute + timedelta(seconds=rng.randrange(60))
                heard.append(Report(time, spotter, round(khz, 1), dx, kind, rng.randint(-3, 40), speed, mode))
        heard.sort()
        yield from heard[: count - told]
        told += len(heard)
        minute += timedelta(minutes=1)


def day(count: int, seed: int = 1, start: datetime = MONDAY) -> str:
    """A whole file."""
    rows = [report.row for report in reports(count, seed, start)]
    return HEADER + "".join(rows) + f"({count} rows)\n"
