"""Plausible traffic from a seed: bands open and close with the sun, people and machines report."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

from simulator.comments import human_comment
from simulator.lines import Spot
from simulator.places import PLACES, Place
from simulator.sky import BANDS, Band, openness

_SKIMMED = ("CW", "RTTY", "FT8", "FT4")
_MODE_SHARE = {"SSB": 30, "CW": 27, "FT8": 22, "RTTY": 8, "FT4": 4, "FM": 9}
_REPEATED = 0.25
_SELF_SPOTTED = 0.02
_TEN_METRES = next(band for band in BANDS if band.name == "10m")
_POPULAR = [band.popular for band in BANDS]
_SKY_KEEPS_SECONDS = 600
_ON_AIR_SECONDS = 1800
_ON_AIR = 300


@dataclass(frozen=True, slots=True)
class Activity:
    """A station on the air: who, where, on what."""

    call: str
    place: Place
    grid: str
    band: Band
    mode: str
    frequency_hz: int
    since: float


@dataclass(frozen=True, slots=True)
class Spotter:
    call: str
    place: Place
    grid: str


class Traffic:
    """An endless run of spots, the same for the same seed and the same moments asked for.

    No two spots of one minute share their identity (DX, spotter, kHz).
    """

    def __init__(
        self,
        seed: int,
        machine_share: float,
        machine_comment: Callable[[random.Random, str, Place], str],
    ) -> None:
        self._seed = seed
        self._rng = random.Random(seed)
        self._machine_share = machine_share
        self._machine_comment = machine_comment
        self._weights = list(accumulate(place.weight for place in PLACES))
        self._people = [self._spotter(machine=False) for _ in range(1500)]
        self._machines = [self._spotter(machine=True) for _ in range(250)]
        self._on_air: list[Activity] = []
        self._skimmable: list[Activity] = []
        self._open: dict[tuple[Place, Place], tuple[float, ...]] = {}
        self._sky_of = 0
        self._minute = 0
        self._said: set[tuple[str, str, int]] = set()

    def gap(self) -> float:
        """The time to the next spot, 1 on average."""
        return self._rng.expovariate(1)

    def spot(self, time: float) -> Spot:
        """The next spot, reported at this Unix time."""
        minute = int(time) // 60 * 60
        if minute != self._minute:
            self._minute = minute
            self._said.clear()
        machine = self._rng.random() < self._machine_share
        while True:
            activity = self._activity(time, machine)
            spotter = self._heard_by(activity, time, machine)
            if spotter is None:
                continue
            spot = self._report(activity, spotter, minute, machine)
            if spot.identity not in self._said:
                self._said.add(spot.identity)
                return spot

    def fm_opening(self, time: float) -> bool:
        """Whether 10 m FM is open: in every fourth hour or so, for a quarter of an hour."""
        hour = random.Random(f"{self._seed} fm {int(time) // 3600}")
        begins = hour.uniform(0, 2700)
        return hour.random() < 0.25 and begins <= time % 3600 < begins + 900

    def _spotter(self, machine: bool) -> Spotter:
        place = self._place()
        call = place.callsign(self._rng)
        if machine:
            call += self._rng.choice(("-#", "-#", "-#", "-1-#", "-2-#"))
        elif self._rng.random() < 0.03:
            call += f"-{self._rng.randint(1, 15)}"
        return Spotter(call, place, place.grid(self._rng))

    def _place(self) -> Place:
        return self._rng.choices(PLACES, cum_weights=self._weights)[0]

    def _activity(self, time: float, machine: bool) -> Activity:
        known = self._skimmable if machine else self._on_air
        if known and self._rng.random() < _REPEATED:
            activity = self._rng.choice(known)
            if time - activity.since < _ON_AIR_SECONDS:
                return activity
        activity = self._new_activity(time, machine)
        self._remember(self._on_air, activity)
        if activity.mode in _SKIMMED:
            self._remember(self._skimmable, activity)
        return activity

    def _remember(self, stations: list[Activity], activity: Activity) -> None:
        if len(stations) < _ON_AIR:
            stations.append(activity)
        else:
            stations[self._rng.randrange(_ON_AIR)] = activity

    def _new_activity(self, time: float, machine: bool) -> Activity:
        rng = self._rng
        place = self._place()
        listener = rng.choice(self._people).place
        chances = map(mul, _POPULAR, self._openness(place, listener, time))
        band = rng.choices(BANDS, [chance + 1e-9 for chance in chances])[0]
        if band is _TEN_METRES and not machine and self.fm_opening(time) and rng.random() < 0.6:
            mode, khz = (
                "FM",
                rng.choice((29600.0, 29600.0, 29600.0, 29620.0, 29640.0, 29660.0, 29680.0, 29580.0)),
            )
        else:
            modes = [mode for mode in band.segments if not machine or mode in _SKIMMED]
            mode = rng.choices(modes, [_MODE_SHARE[mode] for mode in modes])[0]
            khz = self._frequency(*band.segments[mode], mode)
        call = place.callsign(rng)
        dice = rng.random()
        if dice < 0.02:
            call += rng.choice(("/P", "/P", "/M", "/QRP", "/MM", "/4"))
        elif dice < 0.03:
            call = f"{rng.choice(PLACES).call_heads[0]}/{call}"
        return Activity(call, place, place.grid(rng), band, mode, round(khz * 10) * 100, time)

    def _frequency(self, low: float, high: float, mode: str) -> float:
        khz = self._rng.uniform(low, high)
        if mode in ("FT8", "FT4"):
            return khz if self._rng.random() < 0.7 else khz + self._rng.uniform(0.3, 2.7)
        if mode == "FM":
            return round(khz / 12.5) * 12.5
        if mode == "SSB" and low >= 1000:
            return round(khz * 2) / 2 if self._rng.random() < 0.3 else round(khz)
        return khz

    def _heard_by(self, activity: Activity, time: float, machine: bool) -> Spotter | None:
        if not machine and self._rng.random() < _SELF_SPOTTED:
            return Spotter(activity.call, activity.place, activity.grid)
        spotters = self._machines if machine else self._people
        band = BANDS.index(activity.band)
        for _ in range(12):
            spotter = self._rng.choice(spotters)
            if self._rng.random() < self._openness(activity.place, spotter.place, time)[band]:
                return spotter
        return None

    def _report(self, activity: Activity, spotter: Spotter, minute: int, machine: bool) -> Spot:
        rng, hz = self._rng, activity.frequency_hz
        if machine:
            comment = self._machine_comment(rng, activity.mode, activity.place)
            hz += rng.choice((0, 0, 0, 0, 100, -100))
        else:
            comment = human_comment(rng, activity.mode, hz, spotter.grid, activity.grid)
        return Spot(
            minute,
            spotter.call,
            hz,
            activity.call,
            comment,
            spotter.place,
            activity.place,
            spotter.grid,
            activity.grid,
        )

    def _openness(self, a: Place, b: Place, time: float) -> tuple[float, ...]:
        period = int(time) // _SKY_KEEPS_SECONDS
        if period != self._sky_of:
            self._sky_of = period
            self._open.clear()
        known = self._open.get((a, b))
        if known is None:
            known = self._open[a, b] = openness(a, b, period * _SKY_KEEPS_SECONDS)
        return known
