"""Tables spots, solar, unparsed_lines, refused_rows, gaps, tallies and drained, as the scraper fills them."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import LiteralString, NamedTuple
from uuid import UUID

from spotkeeper.db.connection import Connection
from spotkeeper.spots.model import Solar, Spot

UNPARSED_KEPT = 10_000

_NULL = "\\N"
_DAY_SECONDS = 86_400
_DAY_MICROSECONDS = 86_400_000_000
_EPOCH = date(1970, 1, 1)
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# Held by the one scraper that a database is meant to have.
_SCRAPER_LOCK = 7_373_001

_ARRIVED: LiteralString = """
    time bigint, dx text, spotter text, frequency_hz bigint, band text, mode text, mode_source text,
    source text, snr_db smallint, wpm smallint, dx_grid text, spotter_grid text, comment text, node text,
    recovered boolean, received bigint, qsx_hz bigint, dx_dxcc smallint, dx_cq_zone smallint,
    dx_itu_zone smallint, spotter_dxcc smallint, spotter_cq_zone smallint, spotter_itu_zone smallint,
    distance_km smallint, bearing smallint, beacon boolean, dx_continent text, spotter_continent text,
    place_source text, report text, propagation text, satellite text, refs text[]
"""
_SAME: LiteralString = """
    dx, spotter, frequency_hz, band, mode, mode_source, source, snr_db, wpm, dx_grid, spotter_grid, comment,
    node, recovered, qsx_hz, dx_dxcc, dx_cq_zone, dx_itu_zone, spotter_dxcc, spotter_cq_zone,
    spotter_itu_zone, distance_km, bearing, beacon, dx_continent, spotter_continent, place_source, report,
    propagation, satellite, refs
"""
# One statement: what became of the rows is counted by the command that stores them.
_STORE: LiteralString = f"""
    WITH stored AS (
        INSERT INTO spots (time, received, {_SAME})
        SELECT to_timestamp(time), to_timestamp(received / 1e6::float8), {_SAME} FROM arrived
        ON CONFLICT DO NOTHING
        RETURNING id, band, mode, source, recovered, node, received
    ), told AS (
        SELECT pg_notify('spots', min(id) || ' ' || max(id)) FROM stored HAVING count(*) > 0
    ), counted AS (
        INSERT INTO tallies (day, node, received, stored, doubled, recovered, unparsed, refused)
        SELECT day, node, spots + unparsed + refused, coalesce(stored, 0), spots - coalesce(stored, 0),
            coalesce(recovered, 0), unparsed, refused
        FROM unnest(%(days)s::date[], %(nodes)s::text[], %(spots)s::bigint[], %(unparsed)s::bigint[],
            %(refused)s::bigint[]) AS came (day, node, spots, unparsed, refused)
        LEFT JOIN (
            SELECT (received AT TIME ZONE 'UTC')::date AS day, node, count(*) AS stored,
                count(*) FILTER (WHERE recovered) AS recovered
            FROM stored GROUP BY 1, 2
        ) AS new USING (day, node)
        ORDER BY day, node
        ON CONFLICT (day, node) DO UPDATE SET
            received = tallies.received + excluded.received, stored = tallies.stored + excluded.stored,
            doubled = tallies.doubled + excluded.doubled, recovered = tallies.recovered + excluded.recovered,
            unparsed = tallies.unparsed + excluded.unparsed, refused = tallies.refused + excluded.refused
    ), done AS (
        INSERT INTO drained (spool, line) VALUES (%(spool)s, %(line)s)
        ON CONFLICT (spool) DO UPDATE SET line = excluded.line, drained = now()
    )
    SELECT band, mode, source, recovered, count(*), (SELECT count(*) FROM told)
    FROM stored GROUP BY band, mode, source, recovered
"""  # noqa: S608


class Received(NamedTuple):
    """A line as it came: `received` in Unix microseconds, `node` by its name in the settings."""

    node: str
    received: int
    line: bytes


class GapRow(NamedTuple):
    """A row of table gaps; times in Unix seconds."""

    node: str
    began: float
    ended: float
    unrepaired_seconds: float
    asked: int
    answered: int
    reason: str


class Stored(NamedTuple):
    """How many spots of a kind are new."""

    band: str | None
    mode: str | None
    source: str
    recovered: bool
    spots: int


class Batch:
    """What is stored in one transaction, which takes the spool `spool` through its line `through`.

    `unparsed` and `refused` are numbers of lines by node; `stored` is known when the rows are in the tables.
    """

    def __init__(self, spool: UUID, through: int) -> None:
        self.spool = spool
        self.through = through
        self.unparsed: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.stored: list[Stored] = []
        self._rows: list[str] = []
        self._times: set[int] = set()
        self._solar: list[tuple[object, ...]] = []
        self._unparsed: list[tuple[object, ...]] = []
        self._refused: list[tuple[Received, str]] = []
        self._gaps: list[GapRow] = []
        # Node and moment of reception of each spot line, by what became of it.
        self._came: dict[str, list[tuple[str, int]]] = {"spots": [], "unparsed": [], "refused": []}

    @property
    def spots(self) -> int:
        """How many there are, new or not."""
        return len(self._rows)

    def add_spot(self, node: str, received: int, spot: Spot, recovered: bool) -> None:
        self._rows.append(_copy_line(node, received, spot, recovered))
        self._times.add(spot.time)
        self._came["spots"].append((node, received))

    def add_solar(self, node: str, received: int, bulletin: Solar) -> None:
        self._solar.append(
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
                node,
                received / 1e6,
            )
        )

    def add_unparsed(self, line: Received, reason: str, looks_like_spot: bool) -> None:
        self._unparsed.append((line.node, line.received / 1e6, line.line, reason))
        if looks_like_spot:
            self._came["unparsed"].append(line[:2])
        self.unparsed[line.node] += 1

    def add_refused(self, line: Received, reason: str, is_spot: bool) -> None:
        self._refused.append((line, reason))
        if is_spot:
            self._came["refused"].append(line[:2])
        self.refused[line.node] += 1

    def add_gap(self, gap: GapRow) -> None:
        self._gaps.append(gap)

    @property
    def last_refused(self) -> tuple[Received, str]:
        """With the reason; only of a batch that has any."""
        return self._refused[-1]

    @property
    def months(self) -> set[date]:
        """The first days of those that the spots fall into."""
        days = {time // _DAY_SECONDS for time in self._times}
        return {(_EPOCH + timedelta(days=day)).replace(day=1) for day in days}

    @property
    def copy_text(self) -> str:
        """The spots as rows of table arrived in COPY's text format."""
        return "".join(self._rows)

    @property
    def parameters(self) -> dict[str, object]:
        """Of the statement that stores."""
        counts = {what: _by_day(lines) for what, lines in self._came.items()}
        keys = sorted(set().union(*counts.values()))
        return {
            "spool": self.spool,
            "line": self.through,
            "nodes": [node for node, _ in keys],
            "days": [_EPOCH + timedelta(days=day) for _, day in keys],
            **{what: [numbers[key] for key in keys] for what, numbers in counts.items()},
        }

    def store_besides(self, connection: Connection) -> None:
        """Everything but the spots."""
        with connection.cursor() as cursor:
            if self._solar:
                cursor.executemany(
                    """INSERT INTO solar (
                        time, kind, station, sfi, a_index, k_index, expected_k, sunspots, text, node, received
                    ) VALUES (to_timestamp(%s), %s, %s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s))
                    ON CONFLICT DO NOTHING""",
                    self._solar,
                )
            if self._gaps:
                cursor.executemany(
                    """INSERT INTO gaps (node, began, ended, unrepaired_seconds, asked, answered, reason)
                    VALUES (%s, to_timestamp(%s), to_timestamp(%s), %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
                    self._gaps,
                )
            if self._refused:
                cursor.executemany(
                    """INSERT INTO refused_rows (node, received, line, reason)
                    VALUES (%s, to_timestamp(%s), %s, %s) ON CONFLICT DO NOTHING""",
                    [(line.node, line.received / 1e6, line.line, reason) for line, reason in self._refused],
                )
            if self._unparsed:
                cursor.executemany(
                    """INSERT INTO unparsed_lines (node, received, line, reason)
                    VALUES (%s, to_timestamp(%s), %s, %s) ON CONFLICT DO NOTHING""",
                    self._unparsed,
                )
                cursor.execute(
                    """DELETE FROM unparsed_lines WHERE received < (
                        SELECT received FROM unparsed_lines ORDER BY received DESC OFFSET %s LIMIT 1
                    )""",
                    [UNPARSED_KEPT - 1],
                )


def prepare(connection: Connection) -> None:
    """Once for each connection, before the first `store`."""
    connection.execute(f"CREATE TEMPORARY TABLE arrived ({_ARRIVED}) ON COMMIT DELETE ROWS")


def drained_through(connection: Connection, spool: UUID) -> int:
    """Up to which of its lines the spool is stored; 0 when nothing of it is."""
    row = connection.execute("SELECT line FROM drained WHERE spool = %s", [spool]).fetchone()
    return int(row[0]) if row else 0


def claim(connection: Connection) -> bool:
    """Claim the database as its one scraper, until the connection ends; false while another does."""
    [(claimed,)] = connection.execute("SELECT pg_try_advisory_lock(%s)", [_SCRAPER_LOCK]).fetchall()
    return bool(claimed)


def ensure_partition(connection: Connection, moment: date | datetime) -> None:
    """That of the month in which the moment, or the first second of the day, lies in UTC.

    Raises psycopg.DataError when it is before 1980 or more than a year ahead.
    """
    midnight = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    connection.execute("SELECT ensure_spots_partition(%s)", [midnight])


def store(connection: Connection, batch: Batch, meanwhile: Callable[[], None]) -> None:
    """Store the batch in one transaction, each row once however often it comes; NOTIFY spots of the new ones.

    `meanwhile` is called while PostgreSQL works. The connection is one with autocommit. Raises
    psycopg.DataError or IntegrityError when PostgreSQL does not take a row; nothing is stored then. When it
    raises psycopg.OperationalError, only table drained tells whether the batch is stored.
    """
    with connection.transaction(), connection.cursor() as cursor:
        batch.store_besides(connection)
        if batch.spots:
            with cursor.copy("COPY arrived FROM STDIN") as copy:
                copy.write(batch.copy_text)
        with connection.pipeline():
            cursor.execute(_STORE, batch.parameters, prepare=True)
            meanwhile()
        batch.stored = [Stored(*row[:5]) for row in cursor.fetchall()]


def _by_day(lines: list[tuple[str, int]]) -> Counter[tuple[str, int]]:
    """How many, by node and day; many come at the same moment."""
    numbers: Counter[tuple[str, int]] = Counter()
    for (node, received), number in Counter(lines).items():
        numbers[node, received // _DAY_MICROSECONDS] += number
    return numbers


def _copy_line(node: str, received: int, spot: Spot, recovered: bool) -> str:
    """A row of table arrived in COPY's text format. Only the comment may hold what must be escaped."""
    n = _NULL
    comment = spot.comment
    if "\\" in comment or not comment.isprintable():
        comment = comment.translate(_ESCAPED)
    snr_db, bearing, distance_km = spot.snr_db, spot.bearing, spot.distance_km
    return (
        f"{spot.time}\t{spot.dx}\t{spot.spotter}\t{spot.frequency_hz}\t{spot.band or n}\t{spot.mode or n}"
        f"\t{spot.mode_source or n}\t{spot.source}\t{n if snr_db is None else snr_db}\t{spot.wpm or n}"
        f"\t{spot.dx_grid or n}\t{spot.spotter_grid or n}\t{comment}\t{node}\t{recovered}\t{received}"
        f"\t{spot.qsx_hz or n}\t{spot.dx_dxcc or n}\t{spot.dx_cq_zone or n}\t{spot.dx_itu_zone or n}"
        f"\t{spot.spotter_dxcc or n}\t{spot.spotter_cq_zone or n}\t{spot.spotter_itu_zone or n}"
        f"\t{n if distance_km is None else distance_km}\t{n if bearing is None else bearing}\t{spot.beacon}"
        f"\t{spot.dx_continent or n}\t{spot.spotter_continent or n}\t{spot.place_source or n}"
        f"\t{spot.report or n}\t{spot.propagation or n}\t{spot.satellite or n}"
        f"\t{'{' + ','.join(spot.references) + '}' if spot.references else n}\n"
    )
