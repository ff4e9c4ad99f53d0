"""Table solar, as a list of past bulletins."""

from datetime import datetime
from typing import NamedTuple

from psycopg.rows import class_row

from spotkeeper.db.connection import Connection


class Bulletin(NamedTuple):
    """A WWV bulletin; a figure it does not hold is None."""

    time: datetime
    station: str
    sfi: int | None
    a_index: int | None
    k_index: int | None
    text: str


def wwv(connection: Connection, limit: int) -> list[Bulletin]:
    """The newest first."""
    with connection.cursor(row_factory=class_row(Bulletin)) as cursor:
        return cursor.execute(
            """
            SELECT time, station, sfi, a_index, k_index, text FROM solar
            WHERE kind = 'WWV' ORDER BY time DESC, station LIMIT %s
            """,
            [limit],
        ).fetchall()
