"""Months of spots, and what is summed up of them."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from spotkeeper.db.connection import Connection, connect
from spotkeeper.spots.countries import Place
from spotkeeper.spots.model import Spot
from spotkeeper.spots.places import Point

from tests.support.spots import a_spot

Login = Callable[[str], Connection]

CALLS = ["K1ABC", "F5AAA", "JA1XYZ", "VE7CC", "DL1ABC", "9A1A", "ZL2AB", "PY2XX"]
PLACES = [
    Place(291, "United States", "NA", 5, 8, Point(37.6, -91.9), 2),
    Place(227, "France", "EU", 14, 27, Point(46.0, 2.0), 1),
    Place(339, "Japan", "AS", 25, 45, Point(36.4, 138.4), 3),
    None,
]
BANDS = [("20m", 14_025_000), ("40m", 7_012_000), ("10m", 28_030_000), (None, 5_500_000)]
SUMS = {
    "hours": "SELECT * FROM hours ORDER BY 1, 2, 3, 4, 5, 6",
    "dxcc_hours": "SELECT * FROM dxcc_hours ORDER BY 1, 2, 3, 4",
    "calls": "SELECT * FROM calls ORDER BY 1",
}


def month_before(number: int) -> datetime:
    """The first moment of the month that was so many months ago, in UTC."""
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(number):
        first = (first - timedelta(1)).replace(day=1)
    return first


def some_spots(random: Random, number: int, *months: datetime) -> list[Spot]:
    """Spots of a few calls within the first days of these months, some of them twice."""
    spots = []
    for _ in range(number):
        band, hertz = random.choice(BANDS)
        moment = random.choice(months) + timedelta(minutes=random.randrange(60 * 24))
        spots.append(
            a_spot(
                time=int(moment.timestamp()),
                dx=random.choice(CALLS),
                spotter=random.choice(CALLS),
                band=band,
                frequency_hz=hertz + 1000 * random.randrange(5),
                mode=random.choice(["CW", "SSB", None]),
                source=random.choice(["human", "machine"]),
                dx_place=random.choice(PLACES),
                spotter_place=random.choice(PLACES),
            )
        )
    return spots + random.sample(spots, number // 5)


def sums(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the tables that hold sums."""
    return {table: connection.execute(query).fetchall() for table, query in SUMS.items()}


def wait_until(connection: Connection, query: str) -> None:
    """Until the query has an answer."""
    deadline = time.monotonic() + 20
    while not connection.execute(query).fetchone():
        assert time.monotonic() < deadline, query
        time.sleep(0.02)


@pytest.fixture
def owner(database: str) -> Iterator[Connection]:
    with connect(database, "owner", autocommit=True) as connection:
        yield connection
