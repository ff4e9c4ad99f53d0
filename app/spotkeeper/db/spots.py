"""Tables spots, solar, unparsed_lines, refused_rows, gaps, tallies and drained, as the scraper fills them."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

import psycopg
from msgspec.structs import astuple

from spotkeeper.db.connection import Connection
from spotkeeper.db.keys import NULL, Keys
from spotkeeper.spots.model import Solar, Spot

UNPARSED_KEPT = 10_000
SOURCES = {"h": "human", "m": "machine"}

_DAY_SECONDS = 86_400
_DAY_MICROSECONDS = 86_400_000_000
_EPOCH = date(1970, 1, 1)
# The mode is written in full up to this length.
_SHORT = 4
# Above it the units of 100 Hz do not fit, and those of 1 kHz are told by their sign.
_KHZ_FROM_HZ = 200_000_000_000
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
# Held by the one scraper that a database is meant to have.
_SCRAPER_LOCK = 7_373_001

# As COPY sends them, in the order of table arrived. The times are numbers until PostgreSQL has them.
SAME: LiteralString = """
    hundred_hz, rest_hz, dx_place, spotter_place, node, snr_db, wpm, distance_km, bearing, source, band, mode,
    guessed, by_grid, recovered, beacon, dx, spotter, comment, dx_grid, spotter_grid, report, propagation,
    satellite, qsx_hz, refs
"""
_ARRIVED: LiteralString = f"""
    CREATE TEMPORARY TABLE arrived ON COMMIT DELETE ROWS AS
    SELECT 0::bigint AS time, 0::bigint AS received, {SAME} FROM spot_rows LIMIT 0
"""  # noqa: S608
# What `spots`, which are counted for the first time, add to `sums`, a table like calls.
ADD_CALLS: LiteralString = """
    INSERT INTO {sums} AS kept
    SELECT call, min(first) FILTER (WHERE is_dx), max(last) FILTER (WHERE is_dx),
        min(first) FILTER (WHERE NOT is_dx), max(last) FILTER (WHERE NOT is_dx),
        coalesce(sum(spots) FILTER (WHERE is_dx), 0), coalesce(sum(spots) FILTER (WHERE NOT is_dx), 0),
        bit_or(bands)
    FROM (
        SELECT dx AS call, true AS is_dx, min(time) AS first, max(time) AS last, count(*) AS spots,
            bit_or(band_bit(band)) AS bands
        FROM {spots} GROUP BY dx
        UNION ALL
        SELECT spotter, false, min(time), max(time), count(*), 0 FROM {spots} GROUP BY spotter
    ) ends
    GROUP BY call ORDER BY call
    ON CONFLICT (call) DO UPDATE SET
        first_spotted = least(kept.first_spotted, excluded.first_spotted),
        last_spotted = greatest(kept.last_spotted, excluded.last_spotted),
        first_spotting = least(kept.first_spotting, excluded.first_spotting),
        last_spotting = greatest(kept.last_spotting, excluded.last_spotting),
        spotted = kept.spotted + excluded.spotted, spotting = kept.spotting + excluded.spotting,
        bands = kept.bands | excluded.bands
"""
_ADD_STORED: LiteralString = ADD_CALLS.replace("{sums}", "calls").replace("{spots}", "stored")
# What is kept in sums of the spots that a statement's part `stored` gives, each for the first time.
SUMS: LiteralString = f"""
    placed AS (
        SELECT date_trunc('hour', time) AS hour, source, coalesce(band, '') AS band,
            coalesce(mode, '') AS mode, dx_place, spotter_place, count(*) AS spots
        FROM stored GROUP BY 1, 2, 3, 4, 5, 6
    ), by_hour AS (
        INSERT INTO hours AS kept
        SELECT hour, source, band, mode, coalesce(dx.continent, ''), coalesce(spotter.continent, ''),
            sum(spots)
        FROM placed
        LEFT JOIN places dx ON dx.id = dx_place LEFT JOIN places spotter ON spotter.id = spotter_place
        GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (hour, source, band, mode, dx_continent, spotter_continent)
        DO UPDATE SET spots = kept.spots + excluded.spots
    ), by_dxcc AS (
        INSERT INTO dxcc_hours AS kept
        SELECT hour, dxcc, source, band, sum(spots)
        FROM placed JOIN places ON places.id = dx_place
        GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        ON CONFLICT (hour, dxcc, source, band) DO UPDATE SET spots = kept.spots + excluded.spots
    ), by_call AS (
        {_ADD_STORED}
    )"""  # noqa: S608
# One statement: what became of the rows is counted by the command that stores them.
_STORE: LiteralString = f"""
    WITH stored AS (
        INSERT INTO spot_rows (time, delay_ms, late, {SAME})
        SELECT to_timestamp(time),
            CASE WHEN abs(delay) < 2147483648 THEN delay END,
            CASE WHEN abs(delay) < 2147483648 THEN NULL ELSE to_timestamp(received / 1e6::float8) END,
            {SAME}
        FROM (SELECT *, received / 1000 - time * 1000 AS delay FROM arrived) arrived
        -- The sums of a closed month hold what came again already, and its spots are gone.
        WHERE NOT EXISTS (
            SELECT FROM months
            WHERE closed IS NOT NULL AND months.source = arrived.source
                AND month = date_trunc('month', to_timestamp(time) AT TIME ZONE 'UTC')::date
        )
        ON CONFLICT DO NOTHING
        RETURNING time, source, band, mode, dx, spotter, dx_place, spotter_place, recovered, node,
            coalesce(time + delay_ms * interval '1 millisecond', late) AS received
    ), {SUMS}, told AS (
        SELECT pg_notify('spots', json_build_array(
            extract(epoch FROM min(time))::bigint, extract(epoch FROM max(time))::bigint,
            (1000 * extract(epoch FROM min(received)))::bigint,
            (1000 * extract(epoch FROM max(received)))::bigint
        )::text)
        FROM stored HAVING count(*) > 0
    ), counted AS (
        INSERT INTO tallies (day, node, received, stored, doubled, recovered, unparsed, refused)
        SELECT came.day, came.name, spots + unparsed + refused, coalesce(stored, 0),
            spots - coalesce(stored, 0), coalesce(recovered, 0), unparsed, refused
        FROM unnest(%(days)s::date[], %(nodes)s::text[], %(spots)s::bigint[], %(unparsed)s::bigint[],
            %(refused)s::bigint[]) AS came (day, name, spots, unparsed, refused)
        LEFT JOIN nodes USING (name)
        LEFT JOIN (
            SELECT (received AT TIME ZONE 'UTC')::date AS day, node, count(*) AS stored,
                count(*) FILTER (WHERE recovered) AS recovered
            FROM stored GROUP BY 1, 2
        ) AS new ON (new.day, new.node) = (came.day, nodes.id)
        ORDER BY 1, 2
        ON CONFLICT (day, node) DO UPDATE SET
            received = tallies.received + excluded.received, stored = tallies.stored + excluded.stored,
            doubled = tallies.doubled + excluded.doubled, recovered = tallies.recovered + excluded.recovered,
            unparsed = tallies.unparsed + excluded.unparsed, refused = tallies.refused + excluded.refused
    ), done AS (
        INSERT INTO drained (spool, line) VALUES (%(spool)s, %(line)s)
        ON CONFLICT (spool) DO UPDATE SET line = excluded.line, drained = now()
    )
    SELECT band, mode, source, recovered IS TRUE, count(*), (SELECT count(*) FROM told)
    FROM stored GROUP BY 1, 2, 3, 4
"""  # noqa: S608


class Received(NamedTuple):
    """A line as it came: `received` in Unix microseconds, `node` by its name in the settings."""

    node: str
    received: int
    line: bytes


class SolarRow(NamedTuple):
    """A bulletin as it came: `received` in Unix seconds."""

    node: str
    received: float
    bulletin: Solar


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

    When `keys` lack a word of it, the batch is to be made anew once they know it. `unparsed` and `refused`
    are numbers of lines by node; `stored` is known when the rows are in the tables.
    """

    def __init__(self, spool: UUID, through: int, keys: Keys) -> None:
        self.keys = keys
        self.spool = spool
        self.through = through
        self.unparsed: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.stored: list[Stored] = []
        self._rows: list[str] = []
        self._times: set[int] = set()
        self._solar: list[SolarRow] = []
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
        self._rows.append(copy_line(self.keys, node, received, spot, recovered))
        self._times.add(spot.time)
        self._came["spots"].append((node, received))

    def add_solar(self, node: str, received: int, bulletin: Solar) -> None:
        self._solar.append(SolarRow(node, received / 1e6, bulletin))

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
                store_solar(cursor, self._solar)
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
    connection.execute(_ARRIVED)


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
        bands, modes = batch.keys.bands.words, batch.keys.modes.words
        batch.stored = [
            Stored(
                bands.get(band), modes.get(mode), "machine" if source == "m" else "human", recovered, number
            )
            for band, mode, source, recovered, number, _ in cursor.fetchall()
        ]


def store_solar(cursor: psycopg.Cursor[tuple[Any, ...]], rows: Sequence[SolarRow]) -> None:
    """The bulletins that are new."""
    cursor.executemany(
        """INSERT INTO solar (
            time, kind, station, sfi, a_index, k_index, expected_k, sunspots, text, node, received
        ) VALUES (to_timestamp(%s), %s, %s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s))
        ON CONFLICT DO NOTHING""",
        [(*astuple(bulletin), node, received) for node, received, bulletin in rows],
    )


def _by_day(lines: list[tuple[str, int]]) -> Counter[tuple[str, int]]:
    """How many, by node and day; many come at the same moment."""
    numbers: Counter[tuple[str, int]] = Counter()
    for (node, received), number in Counter(lines).items():
        numbers[node, received // _DAY_MICROSECONDS] += number
    return numbers


def units_of(frequency_hz: int) -> tuple[int, int]:
    """Columns hundred_hz and rest_hz; the latter is null where it is 0."""
    if frequency_hz < _KHZ_FROM_HZ:
        return divmod(frequency_hz, 100)
    khz, rest_hz = divmod(frequency_hz, 1000)
    return -khz, rest_hz


def kept_comment(spot: Spot) -> str | None:
    """What is kept of the comment, from which function spot_comment makes it again."""
    comment, mode = spot.comment, spot.mode
    if spot.source == "human":
        return comment or None
    if mode is None or spot.snr_db is None or len(mode) > _SHORT:
        return comment
    said = f"{mode:<4}{spot.snr_db:>4} dB" + ("  " if spot.wpm is None else f"{spot.wpm:>4} WPM  ")
    if not comment.startswith(said):
        return comment
    rest = comment[len(said) :]
    return None if rest == "CQ" else f"\1{rest}"


def copy_line(keys: Keys, node: str, received: int | None, spot: Spot, recovered: bool) -> str:
    """A row of table arrived in COPY's text format; `received` is None where nobody knows.

    Only the comment may hold what must be escaped.
    """
    n = NULL
    comment = kept_comment(spot)
    if comment is None:
        comment = n
    elif "\\" in comment or not comment.isprintable():
        comment = comment.translate(_ESCAPED)
    hundred_hz, rest_hz = units_of(spot.frequency_hz)
    snr_db, wpm, mode = spot.snr_db, spot.wpm, spot.mode
    distance_km, bearing, qsx_hz = spot.distance_km, spot.bearing, spot.qsx_hz
    return (
        f"{spot.time}\t{n if received is None else received}\t{hundred_hz}\t{rest_hz or n}"
        f"\t{keys.places[spot.dx_place]}\t{keys.places[spot.spotter_place]}\t{keys.nodes[node]}"
        f"\t{n if snr_db is None else snr_db}\t{n if wpm is None else wpm}"
        f"\t{n if distance_km is None else distance_km}"
        f"\t{n if bearing is None else bearing}\t{spot.source[0]}\t{keys.bands[spot.band]}"
        f"\t{keys.modes[mode]}"
        f"\t{'t' if spot.mode_source == 'guessed' else n}\t{'t' if spot.place_source == 'grid' else n}"
        f"\t{'t' if recovered else n}\t{'t' if spot.beacon else n}\t{spot.dx}\t{spot.spotter}\t{comment}"
        f"\t{spot.dx_grid or n}\t{spot.spotter_grid or n}\t{spot.report or n}\t{spot.propagation or n}"
        f"\t{spot.satellite or n}\t{n if qsx_hz is None else qsx_hz}"
        f"\t{'{' + ','.join(spot.references) + '}' if spot.references else n}\n"
    )
