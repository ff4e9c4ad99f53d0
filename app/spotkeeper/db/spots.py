"""Tables spots, solar and unparsed_lines, as the scraper fills them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from spotkeeper.db.connection import Connection
from spotkeeper.spots.model import Solar, Spot

UNPARSED_KEPT = 10_000

_NULL = "\\N"
_DAY_SECONDS = 86_400
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Received(NamedTuple):
    """A line as it came: `received` in Unix microseconds, `node` by its name in the settings."""

    node: str
    received: int
    line: bytes


class Batch(NamedTuple):
    """What is stored in one transaction; `unparsed` has the reason beside the line."""

    spots: list[tuple[Received, Spot]]
    solar: list[tuple[Received, Solar]]
    unparsed: list[tuple[Received, str]]


class Stored(NamedTuple):
    """How many spots of a kind are new."""

    band: str | None
    mode: str | None
    source: str
    recovered: bool
    spots: int


def prepare(connection: Connection) -> None:
    """Once for each connection, before the first `store`."""
    connection.execute(
        """CREATE TEMPORARY TABLE arrived (
            time bigint, dx text, spotter text, frequency_hz bigint, band text, mode text, mode_source text,
            source text, snr_db smallint, wpm smallint, dx_grid text, spotter_grid text, comment text,
            recovered boolean, node text, received bigint
        ) ON COMMIT DELETE ROWS"""
    )


def store(connection: Connection, batch: Batch) -> list[Stored]:
    """Store the batch in one transaction, each row once however often it comes; NOTIFY spots of the new ones.

    The connection is one with autocommit. Raises psycopg.DataError or IntegrityError when PostgreSQL does not
    take a row; nothing is stored then.
    """
    stored: list[Stored] = []
    with connection.transaction():
        if batch.spots:
            stored = _store_spots(connection, batch.spots)
        if batch.solar:
            _store_solar(connection, batch.solar)
        if batch.unparsed:
            _keep_unparsed(connection, batch.unparsed)
    return stored


def _store_spots(connection: Connection, spots: Sequence[tuple[Received, Spot]]) -> list[Stored]:
    for month in sorted(_months(spots)):
        connection.execute("SELECT ensure_spots_partition(%s)", [month])
    with connection.cursor() as cursor:
        with cursor.copy("COPY arrived FROM STDIN") as copy:
            copy.write("".join(_copy_line(received, spot) for received, spot in spots))
        cursor.execute(
            """WITH stored AS (
                INSERT INTO spots (
                    time, dx, spotter, frequency_hz, band, mode, mode_source, source, snr_db, wpm,
                    dx_grid, spotter_grid, comment, recovered, node, received
                )
                SELECT to_timestamp(time), dx, spotter, frequency_hz, band, mode, mode_source, source, snr_db,
                    wpm, dx_grid, spotter_grid, comment, recovered, node, to_timestamp(received / 1e6::float8)
                FROM arrived
                ON CONFLICT DO NOTHING
                RETURNING id, band, mode, source, recovered
            ), told AS (
                SELECT pg_notify('spots', min(id) || ' ' || max(id)) FROM stored HAVING count(*) > 0
            )
            SELECT band, mode, source, recovered, count(*), (SELECT count(*) FROM told)
            FROM stored GROUP BY band, mode, source, recovered"""
        )
        return [Stored(*row[:5]) for row in cursor.fetchall()]


def _months(spots: Sequence[tuple[Received, Spot]]) -> set[datetime]:
    days = {spot.time // _DAY_SECONDS for _, spot in spots}
    return {datetime.fromtimestamp(day * _DAY_SECONDS, UTC).replace(day=1) for day in days}


def _copy_line(received: Received, spot: Spot) -> str:
    """A row of table arrived in COPY's text format. Only the comment may hold what must be escaped."""
    snr_db = _NULL if spot.snr_db is None else spot.snr_db
    return (
        f"{spot.time}\t{spot.dx}\t{spot.spotter}\t{spot.frequency_hz}\t{spot.band or _NULL}"
        f"\t{spot.mode or _NULL}\t{spot.mode_source or _NULL}\t{spot.source}\t{snr_db}"
        f"\t{spot.wpm or _NULL}\t{spot.dx_grid or _NULL}\t{spot.spotter_grid or _NULL}"
        f"\t{spot.comment.translate(_ESCAPED)}\t{spot.recovered}\t{received.node}\t{received.received}\n"
    )


def _store_solar(connection: Connection, solar: Sequence[tuple[Received, Solar]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO solar (
                time, kind, station, sfi, a_index, k_index, expected_k, sunspots, text, node, received
            ) VALUES (to_timestamp(%s), %s, %s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s))
            ON CONFLICT DO NOTHING""",
            [
                (
                    bulletin.time,
                    bulletin.kind,
                    bulletin.station,
                    bulletin.sfi,
                    bulletin.a_index,
                    bulletin.k_index,
                    bulletin.expected_k,
                    bulletin.sunspots,
                    bulletin.text,
                    received.node,
                    received.received / 1e6,
                )
                for received, bulletin in solar
            ],
        )


def _keep_unparsed(connection: Connection, unparsed: Sequence[tuple[Received, str]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO unparsed_lines (node, received, line, reason) VALUES (%s, to_timestamp(%s), %s, %s)
            ON CONFLICT DO NOTHING""",
            [
                (received.node, received.received / 1e6, received.line, reason)
                for received, reason in unparsed
            ],
        )
        cursor.execute(
            """DELETE FROM unparsed_lines WHERE received < (
                SELECT received FROM unparsed_lines ORDER BY received DESC OFFSET %s LIMIT 1
            )""",
            [UNPARSED_KEPT - 1],
        )
