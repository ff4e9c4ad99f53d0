"""A month dropped by hand, as `spotkeeper keep` does it."""

from datetime import datetime

from spotkeeper.db import keeping, partitions
from spotkeeper.db.connection import Connection
from spotkeeper.db.keeping import Dropped
from spotkeeper.db.partitions import Month


def the_month(owner: Connection, source: str, first: datetime) -> Month:
    """As the tables have it now."""
    [month] = [
        month for month in partitions.months(owner) if (month.source, month.month) == (source, first.date())
    ]
    return month


def drop_month(owner: Connection, source: str, first: datetime) -> Dropped:
    month = the_month(owner, source, first)
    keeping.close(owner, month, "age")
    return keeping.drop(owner, month)
