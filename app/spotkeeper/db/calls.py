"""Calls by how they begin and end: from table calls."""

from typing import NamedTuple

from spotkeeper.db.connection import Connection

READ = 500
MOST_VARIANTS = 8


class Suggested(NamedTuple):
    """A call, and how many spots were of it and by it."""

    call: str
    spots: int


def suggested(connection: Connection, prefix: str, limit: int) -> list[Suggested]:
    """Of the first READ calls that begin so, those with the most spots. Reads these, by the index of calls.

    `prefix` is in capitals.
    """
    rows = connection.execute(
        f"""
        SELECT call, spotted + spotting AS spots FROM (
            SELECT call, spotted, spotting FROM calls
            WHERE call >= %(prefix)s AND call < %(behind)s ORDER BY call LIMIT {READ}
        ) begin_so ORDER BY call <> %(prefix)s, spots DESC, call LIMIT %(limit)s
        """,  # noqa: S608
        {"prefix": prefix, "behind": _behind(prefix), "limit": limit},
        prepare=False,
    )
    return [Suggested._make(row) for row in rows]


def variants(connection: Connection, call: str) -> list[str]:
    """The call as it was spotted elsewhere: EA8/DL1ABC, DL1ABC/P and EA8/DL1ABC/P of DL1ABC, those spotted
    last first.

    Reads the whole table: no index knows what stands within calls.
    """
    rows = connection.execute(
        """
        SELECT call FROM calls
        WHERE strpos('/' || call || '/', '/' || %(call)s || '/') > 0 AND call <> %(call)s AND spotted > 0
        ORDER BY last_spotted DESC LIMIT %(limit)s
        """,
        {"call": call, "limit": MOST_VARIANTS},
        prepare=False,
    )
    return [found for (found,) in rows]


def _behind(prefix: str) -> str:
    """The first text, compared by bytes, behind all that begin so."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
