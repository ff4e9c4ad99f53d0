"""Solar and geomagnetic bulletins, and the other lines of a node that are not spots."""

import random
from dataclasses import dataclass

from simulator.lines import date
from simulator.places import PLACES


@dataclass(frozen=True, slots=True)
class Solar:
    """The state of the sun in one hour: SFI in solar flux units, A and K index, sunspot number."""

    time: int
    sfi: int
    a: int
    k: int
    expected_k: int
    sunspots: int

    @classmethod
    def at(cls, seed: int, time: float) -> "Solar":
        """The same for the same seed and hour: flux keeps for a day, K for three hours."""
        by_day = random.Random(f"{seed} flux {int(time) // 86400}")
        by_three_hours = random.Random(f"{seed} k {int(time) // 10800}")
        sfi = by_day.randint(110, 190)
        k = by_three_hours.choice((0, 1, 1, 2, 2, 2, 3, 3, 4, 5))
        return cls(
            int(time) // 3600 * 3600,
            sfi,
            by_day.randint(3, 9) + 3 * k,
            k,
            max(k - 1, 0),
            sfi - by_day.randint(40, 60),
        )

    @property
    def hour(self) -> int:
        return self.time // 3600 % 24

    @property
    def storms(self) -> str:
        return "Minor w/G1 -> No Storms" if self.k > 4 else "No Storms -> No Storms"

    def wwv(self, station: str) -> str:
        return f"WWV de {station} <{self.hour:02d}>:   SFI={self.sfi}, A={self.a}, K={self.k}, {self.storms}"

    def wcy(self, station: str) -> str:
        activity = "act" if self.k > 4 else "qui"
        return (
            f"WCY de {station} <{self.hour:02d}> : K={self.k} expK={self.expected_k} A={self.a} "
            f"R={self.sunspots} SFI={self.sfi} SA={activity} GMF={activity} Au=no"
        )


def wwv_table(history: list[Solar], station: str) -> list[str]:
    """What `sh/wwv` answers, newest first."""
    return ["Date        Hour   SFI   A   K Forecast                               Logger"] + [
        f"{date(one.time)}   {one.hour:02d}   {one.sfi:3d} {one.a:3d} {one.k:3d} {one.storms:<37}<{station}>"
        for one in reversed(history)
    ]


def wcy_table(history: list[Solar], station: str) -> list[str]:
    """What `sh/wcy` answers, newest first."""
    return ["Date        Hour   SFI   A   K Exp.K   R SA    GMF   Aurora   Logger"] + [
        f"{date(one.time)}   {one.hour:02d}   {one.sfi:3d} {one.a:3d} {one.k:3d} {one.expected_k:5d} "
        f"{one.sunspots:3d} qui   qui   no       <{station}>"
        for one in reversed(history)
    ]


def chatter(rng: random.Random, listener: str, node: str) -> str:
    """An announcement, a talk line or a log-in notice: everything a node sends that is not a spot."""
    who, other = (rng.choice(PLACES).callsign(rng) for _ in range(2))
    return rng.choice(
        (
            f"To ALL de {who}: QRV on 20m CW from now, DX de all welcome",
            f"To LOCAL de {node}: the node is restarted on Sunday at 0600Z",
            f"WX de {who}: 12C, wind NW 15 km/h, 1013 hPa",
            f"{listener} de {who}: tnx for the new one on 160m",
            f"User {other} has logged in",
            f"User {other} has logged out",
        )
    )
