"""Spots in a database, stored as the scraper stores them."""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec
from spotkeeper.db import spots as table
from spotkeeper.db.connection import Connection
from spotkeeper.db.keys import Keys
from spotkeeper.spots.model import Spot

NODE = "demo"


def a_spot(**values: object) -> Spot:
    """A CW spot of this minute by a human, unless `values` of Spot's fields say something else."""
    minute = int(datetime.now(UTC).timestamp()) // 60 * 60
    usual = Spot(minute, "K1ABC", "F5AAA", 14_025_000, "20m", "CW", "said", "human", *[None] * 4, "", False)
    return msgspec.structs.replace(usual, **values)


def add_spots(scraper: Connection, *spots: Spot, node: str = NODE, received: float | None = None) -> None:
    """Store them in one transaction; `scraper` is a connection of that role with autocommit.

    `received` is in Unix seconds; a moment of each spot's own minute when it is not given.
    """
    keys = Keys()
    keys.learn(scraper)
    for _ in range(2):
        # The second time all words have keys.
        batch = table.Batch(uuid4(), len(spots), keys)
        for spot in spots:
            came = received if received is not None else spot.time + 30
            batch.add_spot(node, round(came * 1e6), spot, spot.recovered)
        if not keys.lack:
            break
        keys.learn(scraper)
    for month in batch.months:
        table.ensure_partition(scraper, month)
    table.prepare(scraper)
    table.store(scraper, batch, lambda: None)
    scraper.execute("DROP TABLE arrived")
