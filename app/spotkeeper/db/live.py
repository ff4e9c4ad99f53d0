"""Table spots as the live pages follow it."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from spotkeeper.db.connection import Connection


class LiveSpot(msgspec.Struct, frozen=True):
    """A spot as it is published: time in UTC, frequency in kHz, SNR in dB, speed in words a minute."""

    id: int
    time: datetime
    dx: str
    spotter: str
    frequency_khz: float
    band: str | None
    mode: str | None
    mode_source: str | None
    source: str
    snr_db: int | None
    wpm: int | None
    comment: str
    node: str


class Committed(NamedTuple):
    """A spot and when its line was read from the socket."""

    spot: LiveSpot
    received: datetime


def newest_id(connection: Connection) -> int:
    """The highest id of a committed spot, 0 when there is none."""
    [(newest,)] = connection.execute("SELECT coalesce(max(id), 0) FROM spots").fetchall()
    return int(newest)


def newest_between(connection: Connection, first: int, last: int, limit: int) -> tuple[list[Committed], int]:
    """The newest `limit` committed spots with ids from `first` to `last`, in order; how many are older."""
    rows = connection.execute(
        """
        SELECT count(*) OVER (), received, id, time, dx, spotter, frequency_hz / 1000.0::float8,
               band, mode, mode_source, source, snr_db, wpm, comment, node
        FROM spots WHERE id BETWEEN %s AND %s ORDER BY id DESC LIMIT %s
        """,
        [first, last, limit],
    ).fetchall()
    older = rows[0][0] - len(rows) if rows else 0
    return [Committed(LiveSpot(*spot), received) for _, received, *spot in reversed(rows)], older
