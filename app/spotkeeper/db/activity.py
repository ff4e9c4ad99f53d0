"""How busy the bands were: by hour from table hours, of the last hours from the spots.

Bounds of time are values, so that the planner leaves out all months but those that are meant. Keys are turned
into words here, for that takes PostgreSQL longer than to sum up. Bands and continents are '' where they are
not known.
"""

from array import array
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.spots.bands import BANDS
from spotkeeper.spots.countries import CONTINENTS
from spotkeeper.spots.modes import class_of

NEWEST = 300_000
MOST_MARKED = 100_000
SLOT = timedelta(minutes=2)
PORTION = timedelta(days=5)

PLACES = (*CONTINENTS, "")
"""As the axes of a profile have them."""


class HourSum(NamedTuple):
    """Spots of an hour, which is given by its beginning."""

    hour: datetime
    by_machine: bool
    band: str
    mode_class: str
    spotter_continent: str
    spots: int


def hours(connection: Connection, wanted: Sequence[datetime]) -> list[HourSum]:
    """Of each of these full hours, spots by source, band, class of mode and the spotters' continent."""
    keys = _Keys(connection)
    rows = connection.execute(
        """
        SELECT hour, source = 'm', band, mode, spotter_continent, sum(spots)
        FROM hours WHERE hour = ANY(%s) GROUP BY hour, source, band, mode, spotter_continent
        """,
        [list(wanted)],
        prepare=False,
    )
    return [
        HourSum(hour, by_machine, keys.bands[band], keys.classes[mode], spotters, spots)
        for hour, by_machine, band, mode, spotters, spots in rows
    ]


class LatestSum(NamedTuple):
    """Spots of a stretch of time."""

    band: str
    mode_class: str
    spotter_continent: str
    spots: int


def latest(connection: Connection, since: datetime, until: datetime) -> list[LatestSum]:
    """Of the newest NEWEST spots of that time. Reads them."""
    keys = _Keys(connection)
    rows = connection.execute(
        f"""
        SELECT band, mode, coalesce((SELECT continent FROM places WHERE id = spotter_place), ''), spots
        FROM (
            SELECT coalesce(band, '') AS band, coalesce(mode, '') AS mode, spotter_place, count(*) AS spots
            FROM (
                SELECT band, mode, spotter_place FROM spot_rows
                WHERE time > %s AND time <= %s ORDER BY time DESC LIMIT {NEWEST}
            ) newest GROUP BY 1, 2, 3
        ) summed
        """,  # noqa: S608
        [since, until],
        prepare=False,
    )
    return [
        LatestSum(keys.bands[band], keys.classes[mode], spotters, spots)
        for band, mode, spotters, spots in rows
    ]


class Profile:
    """Spots by hour of the day, band, class of mode and both continents."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str], array[int]] = {}

    def add(self, hour: int, band: str, mode_class: str, dx: str, spotters: str, spots: int) -> None:
        """Of an amateur band; places are continents or ''."""
        sums = self._sums.get((mode_class, spotters))
        if sums is None:
            sums = self._sums[mode_class, spotters] = array("q", bytes(8 * len(PLACES) * len(BANDS) * 24))
        sums[(PLACES.index(dx) * len(BANDS) + BANDS.index(band)) * 24 + hour] += spots

    def of(
        self, mode_classes: Sequence[str], spotters: Sequence[str], dx: Sequence[str]
    ) -> dict[str, list[int]]:
        """The 24 hours of each band in the order of BANDS, summed up over what is given."""
        parts = [
            sums[first : first + len(BANDS) * 24]
            for (mode_class, place), sums in self._sums.items()
            if mode_class in mode_classes and place in spotters
            for first in (PLACES.index(continent) * len(BANDS) * 24 for continent in dx)
        ]
        summed = list(map(sum, zip(*parts, strict=True))) if parts else [0] * (len(BANDS) * 24)
        return {band: summed[24 * row : 24 * (row + 1)] for row, band in enumerate(BANDS)}


def profile(connection: Connection, since: datetime, until: datetime) -> Profile:
    """Of the full hours from one to before the other. Reads their rows of table hours, PORTION by PORTION:
    a statement that reads a month at once may take longer than the dashboard's have.
    """
    found = Profile()
    keys = _Keys(connection)
    while since < until:
        end = min(since + PORTION, until)
        rows = connection.execute(
            """
            SELECT date_part('hour', hour), band, mode, dx_continent, spotter_continent, sum(spots)
            FROM hours WHERE hour >= %s AND hour < %s AND band <> '' GROUP BY 1, 2, 3, 4, 5
            """,
            [since, end],
            prepare=False,
        )
        for hour, band, mode, dx, spotters, spots in rows:
            found.add(int(hour), keys.bands[band], keys.classes[mode], dx, spotters, spots)
        since = end
    return found


def spots(connection: Connection, since: datetime, until: datetime) -> int:
    """How many the full hours from one to before the other have. Reads their rows of table hours, which for a
    month takes a quarter of a profile's time.
    """
    [(found,)] = connection.execute(
        "SELECT coalesce(sum(spots), 0) FROM hours WHERE hour >= %s AND hour < %s",
        [since, until],
        prepare=False,
    ).fetchall()
    return int(found)


def first_hour(connection: Connection) -> datetime | None:
    """Of which there are sums at all. Reads one index entry."""
    [(first,)] = connection.execute("SELECT min(hour) FROM hours").fetchall()
    return first  # type: ignore[no-any-return]


class Mark(NamedTuple):
    """A station within a SLOT of time: where it was heard, how often, when last, how strong at best."""

    slot: datetime
    band: str
    dx: str
    mode: str
    frequency_hz: int
    spots: int
    latest: datetime
    best_snr_db: int | None


def marks(connection: Connection, since: datetime, until: datetime) -> tuple[datetime, list[Mark]]:
    """Since when, and those of the newest MOST_MARKED spots of that time, the newest first. Reads them.

    What skimmers report within half a kHz of a full one is one station.
    """
    keys = _Keys(connection)
    rows = connection.execute(
        f"""
        SELECT date_bin(%(slot)s, time, '2000-01-01+00'), band, dx, coalesce(mode, ''),
            min(spot_hz(hundred_hz, rest_hz)), count(*), max(time), max(snr_db)
        FROM (
            SELECT time, band, dx, mode, hundred_hz, rest_hz, snr_db FROM spot_rows
            WHERE time > %(since)s AND time <= %(until)s AND band IS NOT NULL
            ORDER BY time DESC LIMIT {MOST_MARKED}
        ) newest GROUP BY 1, 2, 3, 4, (hundred_hz + 5) / 10
        """,  # noqa: S608
        {"slot": SLOT, "since": since, "until": until},
        prepare=False,
    )
    found = [
        Mark(slot, keys.bands[band], dx, keys.modes[mode], hz, spots, latest, best)
        for slot, band, dx, mode, hz, spots, latest, best in rows
    ]
    found.sort(key=lambda mark: (mark.slot, mark.frequency_hz), reverse=True)
    full = sum(mark.spots for mark in found) >= MOST_MARKED
    return found[-1].slot if full else since, found


class _Keys:
    """The words of keys."""

    def __init__(self, connection: Connection) -> None:
        self.bands = {"": "", **dict(connection.execute("SELECT id, name FROM bands").fetchall())}
        self.modes = {"": "", **dict(connection.execute("SELECT id, name FROM modes").fetchall())}
        self.classes = {key: class_of(mode or None) for key, mode in self.modes.items()}
