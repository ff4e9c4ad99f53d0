"""Who is on the air in an invented history, what they say and who hears whom: small tables in schema `made`.

Calls come from the simulator, their places from the country file, and what is said goes through the parser as
lines of a node, so that all columns agree as they do in spots that were received.
"""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.spots import kept_comment
from spotkeeper.spots.countries import Countries, Place
from spotkeeper.spots.model import Spot
from spotkeeper.spots.parse import parse
from spotkeeper.spots.places import way

from simulator import lines
from simulator.comments import human_comment, rbn_comment
from simulator.places import PLACES
from simulator.sky import BANDS, Band, openness

STATIONS = 320_000
SKIMMERS = 300
PEOPLE = 3_000
WORDS = 1_024
"""Things said by machines, and as many by people, on each band."""
OPENINGS = 128
"""Bands to choose from, for each place and hour; one that carries well stands there often."""

_COUNTRY_FILE = Path("/usr/share/hamradio-files/cty.csv")
_BEACONS = 300
_PORTABLE, _ABROAD = 0.02, 0.008
_EARS_FEWEST, _EARS_MOST = 3, 64
_MACHINE_MODES = {"CW": 90, "RTTY": 4, "FT8": 5, "FT4": 1}
_HUMAN_MODES = {"SSB": 40, "CW": 25, "FT8": 20, "RTTY": 5, "FT4": 3, "FM": 7}
_TEN_METRES_FM = (29600.0, 29600.0, 29600.0, 29620.0, 29640.0, 29660.0, 29580.0)
# What the simulator's sky does not know goes with a band that carries alike: share, kHz, modes.
_RARE = {
    "6m": ((0.05, 70_200.0, ("SSB", "CW")),),
    "70cm": (
        (0.25, 1_296_200.0, ("SSB", "CW")),
        (0.1, 10_489_600.0, ("CW",)),
        (0.05, 10_489_700.0, ("SSB",)),
    ),
}

_TABLES = """
    DROP SCHEMA IF EXISTS made CASCADE;
    CREATE SCHEMA made;
    -- `sky` is a place of the simulator, `ground` one of the country file; null at sea.
    CREATE TABLE made.stations (
        id integer PRIMARY KEY, call text NOT NULL, place smallint, sky smallint NOT NULL, ground smallint
    );
    CREATE TABLE made.spotters (
        machine boolean, id smallint, call text NOT NULL, place smallint, ground smallint, grid text,
        PRIMARY KEY (machine, id)
    );
    CREATE TABLE made.openings (
        machine boolean, sky smallint, hour smallint, bands smallint[], PRIMARY KEY (machine, sky, hour)
    );
    -- The ids of spotters who hear what is sent from a place.
    CREATE TABLE made.ears (
        machine boolean, sky smallint, hour smallint, band smallint, spotters smallint[],
        PRIMARY KEY (machine, sky, hour, band)
    );
    CREATE TABLE made.ways (
        dx smallint, spotter smallint, distance_km smallint, bearing smallint, PRIMARY KEY (dx, spotter)
    );
    -- `first` and `count` are of the entries on the same band in the same mode.
    CREATE TABLE made.words (
        machine boolean, sky_band smallint, n smallint, first smallint, count smallint, hundred_hz integer,
        rest_hz smallint, band "char", mode "char", guessed boolean, snr_db smallint, wpm smallint,
            comment text,
        dx_grid text, spotter_grid text, report text, propagation text, satellite text, qsx_hz bigint,
            refs text[],
        PRIMARY KEY (machine, sky_band, n)
    );
"""


class _Station(NamedTuple):
    call: str
    sky: int
    place: Place | None
    grid: str


def make(owner: Connection, seed: int, noon: datetime) -> None:
    """Fill schema `made` with a population as of the season of `noon`; keys are those of the real tables."""
    rng = random.Random(seed)
    countries = Countries(_COUNTRY_FILE.read_text(encoding="utf-8"))
    stations = _stations(rng, countries)
    machines = [_at_home(rng, countries) for _ in range(SKIMMERS)]
    people = [_at_home(rng, countries) for _ in range(PEOPLE)]
    grounds: dict[int, tuple[int, Place]] = {}
    for station in (*stations, *machines, *people):
        if station.place is not None:
            grounds.setdefault(id(station.place), (len(grounds), station.place))
    keys = _place_keys(owner, [place for _, place in grounds.values()])

    def where(place: Place | None) -> tuple[int | None, int | None]:
        return (None, None) if place is None else (keys[_key(place)], grounds[id(place)][0])

    owner.execute(_TABLES)
    _copy(
        owner,
        "made.stations (id, call, sky, place, ground)",
        ((number, one.call, one.sky, *where(one.place)) for number, one in enumerate(stations)),
    )
    for machine, spotters in ((True, machines), (False, people)):
        _copy(
            owner,
            "made.spotters (machine, id, call, grid, place, ground)",
            ((machine, number, one.call, one.grid, *where(one.place)) for number, one in enumerate(spotters)),
        )
    heard_at = {one.place for one in (*machines, *people) if one.place is not None}
    _copy(
        owner,
        "made.ways (dx, spotter, distance_km, bearing)",
        (
            (number, grounds[id(there)][0], *way(there.point, place.point))
            for number, place in grounds.values()
            for there in heard_at
        ),
    )
    _sky(owner, rng, machines, people, noon)
    _words(owner, rng, countries)
    owner.execute("ANALYZE made.stations, made.spotters, made.openings, made.ears, made.ways, made.words")


def _stations(rng: random.Random, countries: Countries) -> list[_Station]:
    """The busiest first; no call twice."""
    made: dict[str, _Station] = {}
    while len(made) < STATIONS:
        station = _at_home(rng, countries)
        call, dice = station.call, rng.random()
        if len(made) % (STATIONS // 8) < _BEACONS // 8:
            call += "/B"
        elif dice < _PORTABLE:
            call += rng.choice(("/P", "/P", "/P", "/M", "/QRP", "/MM"))
        elif dice < _PORTABLE + _ABROAD:
            call = f"{PLACES[station.sky].call_heads[0]}/{_at_home(rng, countries).call}"
        made.setdefault(call, station._replace(call=call, place=countries.find(call)))
    return list(made.values())


_WEIGHTS = list(accumulate(place.weight for place in PLACES))


def _at_home(rng: random.Random, countries: Countries) -> _Station:
    [sky] = rng.choices(range(len(PLACES)), cum_weights=_WEIGHTS)
    call = PLACES[sky].callsign(rng)
    return _Station(call, sky, countries.find(call), PLACES[sky].grid(rng))


def _key(place: Place) -> tuple[int, str, int, int]:
    return place.dxcc, place.continent, place.cq_zone, place.itu_zone


def _place_keys(owner: Connection, places: Iterable[Place]) -> dict[tuple[int, str, int, int], int]:
    wanted = sorted({_key(place) for place in places})
    with owner.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO places (dxcc, continent, cq_zone, itu_zone) VALUES (%s, %s, %s, %s)
            ON CONFLICT DO NOTHING""",
            wanted,
        )
    rows = owner.execute("SELECT dxcc, continent, cq_zone, itu_zone, id FROM places")
    return {(dxcc, continent, cq, itu): number for dxcc, continent, cq, itu, number in rows}


def _sky(
    owner: Connection,
    rng: random.Random,
    machines: Sequence[_Station],
    people: Sequence[_Station],
    noon: datetime,
) -> None:
    """Which bands are open from where at which hour, and to whom."""
    # Some people report all the time: the list holds them often.
    activity = list(accumulate(1 / (rank + 30) for rank in range(len(people))))
    drawn = [
        (one, people[one].sky) for one in rng.choices(range(len(people)), cum_weights=activity, k=20_000)
    ]
    skies = sorted({spotter.sky for spotter in (*machines, *people)})
    midnight = noon.replace(hour=0, minute=30).timestamp()
    openings: list[tuple[object, ...]] = []
    ears: list[tuple[object, ...]] = []
    for sky, place in enumerate(PLACES):
        for hour in range(24):
            open_to = {there: openness(place, PLACES[there], midnight + 3600 * hour) for there in skies}
            heard: dict[tuple[bool, int], list[int]] = {}
            for band in range(len(BANDS)):
                skimmers = [
                    number for number, one in enumerate(machines) if rng.random() < open_to[one.sky][band]
                ]
                rng.shuffle(skimmers)
                heard[True, band] = skimmers if len(skimmers) >= _EARS_FEWEST else []
                heard[False, band] = _people(rng, drawn, open_to, band)
            for machine in (True, False):
                chances = [BANDS[band].popular * len(heard[machine, band]) for band in range(len(BANDS))]
                if any(chances):
                    openings.append((machine, sky, hour, rng.choices(range(len(BANDS)), chances, k=OPENINGS)))
            ears += [
                (machine, sky, hour, band, by[:_EARS_MOST]) for (machine, band), by in heard.items() if by
            ]
    _copy(owner, "made.openings (machine, sky, hour, bands)", openings)
    _copy(owner, "made.ears (machine, sky, hour, band, spotters)", ears)


def _people(
    rng: random.Random, drawn: Sequence[tuple[int, int]], open_to: dict[int, tuple[float, ...]], band: int
) -> list[int]:
    first = rng.randrange(len(drawn))
    heard: list[int] = []
    for number, sky in (*drawn[first : first + 1000], *drawn[: max(0, first + 1000 - len(drawn))]):
        if rng.random() < open_to[sky][band]:
            heard.append(number)
            if len(heard) == _EARS_MOST:
                break
    return heard


def _words(owner: Connection, rng: random.Random, countries: Countries) -> None:
    bands = dict(owner.execute("SELECT name, id FROM bands").fetchall())
    modes = dict(owner.execute("SELECT name, id FROM modes").fetchall())
    rows: list[tuple[object, ...]] = []
    for machine in (True, False):
        for sky_band, band in enumerate(BANDS):
            said = sorted(
                (_said(rng, countries, band, machine) for _ in range(WORDS)), key=lambda pair: pair[0]
            )
            used = [mode for mode, _ in said]
            for number, (mode, spot) in enumerate(said):
                rows.append(
                    (
                        machine,
                        sky_band,
                        number,
                        used.index(mode),
                        used.count(mode),
                        *_columns(spot, bands, modes),
                    )
                )
    _copy(owner, "made.words", rows)


def _said(rng: random.Random, countries: Countries, band: Band, machine: bool) -> tuple[str, Spot]:
    """The mode and what a parser makes of it; `band` is one of the simulator's sky."""
    mode, khz = _use(rng, band, machine)
    dx, spotter = rng.choices(PLACES, cum_weights=_WEIGHTS, k=2)
    hz = round(khz * 10) * 100 + (rng.randrange(100) if rng.random() < 0.02 else 0)
    here, there = spotter.grid(rng), dx.grid(rng)
    comment = rbn_comment(rng, mode, dx) if machine else human_comment(rng, mode, hz, here, there)
    call = spotter.callsign(rng) + ("-#" if machine else "")
    line = lines.spot_line(lines.Spot(0, call, hz, dx.callsign(rng), comment)).encode("latin-1")
    spot = parse(line, 0.0, countries)
    assert isinstance(spot, Spot), line
    return mode, spot


def _use(rng: random.Random, band: Band, machine: bool) -> tuple[str, float]:
    if not machine:
        for share, khz, modes in _RARE.get(band.name, ()):
            if rng.random() < share:
                return rng.choice(modes), khz + rng.randint(-20, 20)
        if band.name == "10m" and rng.random() < 0.06:
            return "FM", rng.choice(_TEN_METRES_FM)
    weights = _MACHINE_MODES if machine else _HUMAN_MODES
    possible = [mode for mode in band.segments if mode in weights]
    [mode] = rng.choices(possible, [weights[mode] for mode in possible])
    low, high = band.segments[mode]
    khz = rng.uniform(low, high)
    return mode, round(khz) if mode in ("SSB", "FM") else khz


def _columns(spot: Spot, bands: dict[str, str], modes: dict[str, str]) -> tuple[object, ...]:
    return (
        spot.frequency_hz // 100,
        spot.frequency_hz % 100 or None,
        bands.get(spot.band or ""),
        modes.get(spot.mode or ""),
        True if spot.mode_source == "guessed" else None,
        spot.snr_db,
        spot.wpm,
        kept_comment(spot),
        spot.dx_grid,
        spot.spotter_grid,
        spot.report,
        spot.propagation,
        spot.satellite,
        spot.qsx_hz,
        list(spot.references) or None,
    )


def _copy(owner: Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    with owner.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
