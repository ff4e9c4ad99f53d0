"""A realistic history of some million spots in a database of its own, the same for the same seed and end.

    python -m bench.history DATABASE MILLIONS [SEED]

under Debian's pg_virtualenv. The database is made, migrated, filled up to now and left there for the other
benchmarks. 278,000 spots a day: seven of eight by skimmers, five to ten of which hear a station within two
minutes of its call; bands open and close with the sun; weekends and contests are busier.

The months are as the station leaves them. Those of the last three weeks are written in the order of arrival
with all indexes there; the indexes of older months are made afterwards and full, as `spotkeeper keep` makes
them anew when a month is over.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import LiteralString, NamedTuple

from spotkeeper.db.connection import Connection, connect
from spotkeeper.db.migrate import migrate

from bench import population
from tests.support import database as support

SPOTS_A_DAY = 278_000
MACHINES_SHARE = 0.88
LIVE_DAYS = 20
CONNECTIONS = 2
# Weights of days; a contest is on the last weekend of a month.
WEEKEND, CONTEST = 1.4, 3.0

_FUNCTIONS: LiteralString = f"""
    -- From 0 to less than 1, by 32 bits of a hash.
    CREATE FUNCTION made.draw(hash bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hash & 4294967295) / 4294967296::float8;
    -- A station's number: the first is on the air four times an hour, the last once in months.
    CREATE FUNCTION made.station(hash bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN floor({population.STATIONS - 1} * (power(0.02 + 0.98 * made.draw(hash), 3) - 0.000008))::integer;
"""

# Each hour with its share of the whole. `machine_runs` and `human_runs` are set when it is known what a run
# brings.
_HOURS: LiteralString = """
    CREATE TABLE made.hours AS
    SELECT hour, (1 + 0.5 * sin(2 * pi() * (extract(hour FROM hour)::float8 - 9) / 24))
        * CASE WHEN extract(isodow FROM hour) < 6 THEN 1
               WHEN extract(month FROM hour + interval '7 days') <> extract(month FROM hour) THEN %(contest)s
               ELSE %(weekend)s END AS weight,
        0 AS machine_runs, 0 AS human_runs
    FROM generate_series(%(begin)s::timestamptz, %(end)s::timestamptz, interval '1 hour') AS hour
"""

# Stations on the air in the hours asked for: where they are, what they use, and who hears them.
_RUNS: LiteralString = """
    SELECT hours.hour, h, station.call, station.place, station.ground,
        ears.band AS sky_band, ears.spotters AS ears, said.hundred_hz, said.rest_hz, said.band,
        said.first, said.count, nullif(station.call LIKE '%%/B', false) AS beacon
    FROM made.hours
    CROSS JOIN LATERAL generate_series(1, {kind}_runs) AS n
    CROSS JOIN LATERAL hashint8extended(extract(epoch FROM hour)::bigint * 100 + n, %(seed)s) AS h
    JOIN made.stations AS station ON station.id = made.station(h)
    JOIN made.openings ON openings.machine = {machine} AND openings.sky = station.sky
        AND openings.hour = extract(hour FROM hours.hour)::smallint
    JOIN made.ears ON ears.machine = {machine} AND ears.sky = station.sky AND ears.hour = openings.hour
        AND ears.band = openings.bands[1 + (h >> 32 & 127)]
    JOIN made.words AS said ON said.machine = {machine} AND said.sky_band = ears.band
        AND said.n = h >> 40 & 1023
    WHERE hours.hour >= %(begin)s AND hours.hour < %(end)s
"""

# A station calls CQ for some time; every ten minutes five to ten skimmers report it within two minutes.
_MACHINE: LiteralString = f"""
    SELECT time, run.hundred_hz + CASE r >> 8 & 7 WHEN 0 THEN 1 WHEN 1 THEN -1 ELSE 0 END AS hundred_hz,
        4000 + (r >> 11 & 65535)::integer AS delay_ms, run.place AS dx_place, spotter.place AS spotter_place,
        (SELECT min(id) FROM nodes) AS node, words.snr_db, words.wpm, ways.distance_km, ways.bearing,
        run.rest_hz, 'm'::"char" AS source, run.band, words.mode, words.guessed, NULL::boolean AS by_grid,
        nullif(r >> 40 & 1023 = 0, false) AS recovered, run.beacon, run.call AS dx, spotter.call AS spotter,
        words.comment, NULL::text AS dx_grid, NULL::text AS spotter_grid, NULL::text AS report,
        NULL::text AS propagation, NULL::text AS satellite, NULL::bigint AS qsx_hz, NULL::text[] AS refs
    FROM ({_RUNS.format(kind="machine", machine="true")}) AS run
    CROSS JOIN LATERAL generate_series(0, (h >> 50 & 3)::integer + (h >> 52 & 1)::integer) AS burst
    CROSS JOIN LATERAL hashint8extended(h, burst) AS b
    CROSS JOIN LATERAL generate_series(1, least(5 + (b >> 8 & 255) %% 6, cardinality(ears))::integer) AS ear
    CROSS JOIN LATERAL hashint8extended(b, ear) AS r
    CROSS JOIN LATERAL (
        SELECT (h >> 54 & 255) %% 60 + 10 * burst + (b >> 16 & 1) + (r & 1)
    ) AS later (minutes)
    CROSS JOIN LATERAL (SELECT hour + minutes * interval '1 minute') AS moment (time)
    JOIN made.words ON words.machine AND words.sky_band = run.sky_band
        AND words.n = run.first + (r >> 20 & 65535) %% run.count
    JOIN made.spotters AS spotter ON spotter.machine
        AND spotter.id = ears[1 + ((b >> 24 & 255) + ear) %% cardinality(ears)]
    LEFT JOIN made.ways ON ways.dx = run.ground AND ways.spotter = spotter.ground
    WHERE time < %(end)s
"""

# Somebody finds a station and says so; some others do too within the half hour.
_HUMAN: LiteralString = f"""
    SELECT time, run.hundred_hz + (r >> 8 & 3 = 0)::integer * (r >> 10 & 3)::integer AS hundred_hz,
        500 + (r >> 11 & 65535)::integer AS delay_ms, run.place AS dx_place, spotter.place AS spotter_place,
        (SELECT max(id) FROM nodes) AS node, NULL::smallint AS snr_db, NULL::smallint AS wpm,
        ways.distance_km, ways.bearing, run.rest_hz, 'h'::"char" AS source, run.band, words.mode,
        words.guessed,
        nullif(words.dx_grid IS NOT NULL AND words.spotter_grid IS NOT NULL, false) AS by_grid,
        nullif(r >> 40 & 255 = 0, false) AS recovered, run.beacon, run.call AS dx, spotter.call AS spotter,
        words.comment, words.dx_grid,
        CASE WHEN r >> 48 & 3 = 0 THEN spotter.grid ELSE words.spotter_grid END AS spotter_grid,
        words.report, words.propagation, words.satellite, words.qsx_hz, words.refs
    FROM ({_RUNS.format(kind="human", machine="false")}) AS run
    CROSS JOIN LATERAL generate_series(1, ('{{1,1,1,1,1,3,3,8}}'::integer[])[1 + (h >> 50 & 7)]) AS ear
    CROSS JOIN LATERAL hashint8extended(h, -ear) AS r
    CROSS JOIN LATERAL (SELECT (h >> 54 & 255) %% 60 + (r & 31) * (ear > 1)::integer) AS later (minutes)
    CROSS JOIN LATERAL (SELECT hour + minutes * interval '1 minute') AS moment (time)
    JOIN made.words ON NOT words.machine AND words.sky_band = run.sky_band
        AND words.n = run.first + (r >> 20 & 65535) %% run.count
    JOIN made.spotters AS spotter ON NOT spotter.machine
        AND spotter.id = ears[1 + ((h >> 20 & 255) + ear) %% cardinality(ears)]
    LEFT JOIN made.ways ON ways.dx = run.ground AND ways.spotter = spotter.ground
    WHERE time < %(end)s
"""

_COLUMNS: LiteralString = """
    time, hundred_hz, delay_ms, dx_place, spotter_place, node, snr_db, wpm, distance_km, bearing,
        rest_hz, source,
    band, mode, guessed, by_grid, recovered, beacon, dx, spotter, comment, dx_grid, spotter_grid, report,
    propagation, satellite, qsx_hz, refs
"""
# What is stored already stays out, as with the writer.
_INSERT: LiteralString = f"""
    INSERT INTO {{table}} ({_COLUMNS}) SELECT {_COLUMNS} FROM ({{spots}}) AS spots
    ORDER BY time + delay_ms * interval '1 ms', dx, spotter ON CONFLICT DO NOTHING
"""

# As migrations/0006_compact_spots.sql sums them; calls in two steps, for the table has each spot once.
_ROLLUPS: tuple[LiteralString, ...] = (
    """INSERT INTO hours
    SELECT hour, source, band, mode, coalesce(dx.continent, ''), coalesce(spotter.continent, ''), sum(spots)
    FROM (
        SELECT date_trunc('hour', time) AS hour, source, coalesce(band, '') AS band, coalesce(mode,
            '') AS mode,
            dx_place, spotter_place, count(*) AS spots
        FROM spot_rows WHERE time >= %(begin)s AND time < %(end)s GROUP BY 1, 2, 3, 4, 5, 6
    ) AS placed
    LEFT JOIN places AS dx ON dx.id = dx_place LEFT JOIN places AS spotter ON spotter.id = spotter_place
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1""",
    """INSERT INTO dxcc_hours
    SELECT hour, dxcc, source, band, sum(spots)
    FROM (
        SELECT date_trunc('hour', time) AS hour, source, coalesce(band, '') AS band, dx_place,
            count(*) AS spots
        FROM spot_rows WHERE time >= %(begin)s AND time < %(end)s GROUP BY 1, 2, 3, 4
    ) AS placed
    JOIN places ON places.id = dx_place
    GROUP BY 1, 2, 3, 4 ORDER BY 1""",
    """INSERT INTO tallies
    SELECT day, name, spots, spots, 0, recovered, 0, 0
    FROM (
        SELECT ((time + delay_ms * interval '1 ms') AT TIME ZONE 'UTC')::date AS day, node, count(*) AS spots,
            count(*) FILTER (WHERE recovered) AS recovered
        FROM spot_rows WHERE time >= %(begin)s AND time < %(end)s GROUP BY 1, 2
    ) AS came
    JOIN nodes ON nodes.id = node
    ON CONFLICT (day, node) DO UPDATE SET received = tallies.received + excluded.received,
        stored = tallies.stored + excluded.stored, recovered = tallies.recovered + excluded.recovered""",
)
_CALLS: LiteralString = """
    INSERT INTO calls
    SELECT call, min(first_spotted), max(last_spotted), min(first_spotting), max(last_spotting),
        sum(spotted), sum(spotting), bit_or(bands)
    FROM (
        SELECT dx AS call, min(time) AS first_spotted, max(time) AS last_spotted,
            NULL::timestamptz AS first_spotting,
            NULL::timestamptz AS last_spotting, count(*) AS spotted, 0 AS spotting,
                bit_or(band_bit(band)) AS bands
        FROM spot_rows GROUP BY dx
        UNION ALL
        SELECT spotter, NULL, NULL, min(time), max(time), 0, count(*), 0 FROM spot_rows GROUP BY spotter
    ) AS ends
    GROUP BY call ORDER BY min(first_spotted)
"""
_SOLAR: LiteralString = """
    INSERT INTO solar (time, kind, station, sfi, a_index, k_index, node, received)
    SELECT time, 'WWV', 'W0MU', 140 + 30 * sin(day), 8 + 5 * cos(day), 2 + 2 * sin(7 * day), 'cluster', time
    FROM generate_series(%(begin)s::timestamptz, %(end)s, interval '3 hours') AS time
    CROSS JOIN LATERAL (SELECT extract(epoch FROM time)::float8 / 86400 AS day) AS moment
"""


class Part(NamedTuple):
    """A month's partition that is filled by itself and attached again; `bound` is "FOR VALUES …"."""

    table: str
    parent: str
    bound: str
    indexes: list[str]
    """Statements that make them: the unique one anew, the others again."""


class History:
    """Fills the freshly migrated database `conninfo` with `spots` spots, more or less, that end at `end`."""

    def __init__(self, conninfo: str, spots: int, seed: int, end: datetime) -> None:
        self._conninfo = conninfo
        self._spots = spots
        self._seed = seed
        begin = end - timedelta(days=spots / SPOTS_A_DAY)
        self._begin = begin.replace(minute=0, second=0, microsecond=0)
        self._end = end

    def make(self) -> None:
        months = list(_months(self._begin, self._end))
        live = [month for month in months if _next(month) > self._end - timedelta(days=LIVE_DAYS)]
        bulk = months[: -len(live)]
        with self._connection() as owner:
            with _says("population"):
                owner.execute("INSERT INTO nodes (name) VALUES ('skimmers'), ('cluster')")
                population.make(owner, self._seed, self._begin + (self._end - self._begin) / 2)
                owner.execute(_FUNCTIONS)
                self._plan(owner)
            for month in months:
                owner.execute("SELECT ensure_spots_partition(%s)", [month])
            apart = [
                _take_apart(owner, f"{parent}_{month:%Y_%m}", parent)
                for month in bulk
                for parent in ("spots_human", "spots_machine")
            ]
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                with _says("spots"):
                    list(pool.map(self._fill, [*live, *bulk]))
                with _says("indexes"):
                    list(
                        pool.map(
                            self._make_index, [index for part in reversed(apart) for index in part.indexes]
                        )
                    )
                    for part in apart:
                        owner.execute(f"ALTER TABLE {part.parent} ATTACH PARTITION {part.table} {part.bound}")
                with _says("sums"):
                    list(pool.map(self._sum, months))
                    owner.execute(_CALLS)
                    owner.execute(_SOLAR, self._span)
            owner.execute("DROP SCHEMA made CASCADE")
            with _says("vacuum"):
                owner.execute("VACUUM ANALYZE")

    def _connection(self) -> Connection:
        owner = connect(self._conninfo, "owner", autocommit=True)
        # Made fast, and the same however the server is set.
        owner.execute("SET synchronous_commit = off")
        owner.execute("SET jit = off")
        owner.execute("SET enable_mergejoin = off")
        owner.execute("SET work_mem = '256MB'")
        owner.execute("SET maintenance_work_mem = '512MB'")
        return owner

    @property
    def _span(self) -> dict[str, object]:
        return {"begin": self._begin, "end": self._end, "seed": self._seed}

    def _plan(self, owner: Connection) -> None:
        """How many runs each hour has. A day with 50 an hour is tried first; that tells what a run brings."""
        owner.execute(_HOURS, {**self._span, "weekend": WEEKEND, "contest": CONTEST})
        owner.execute("ALTER TABLE made.hours ADD PRIMARY KEY (hour)")
        owner.execute("UPDATE made.hours SET machine_runs = 50, human_runs = 50")
        trial = {**self._span, "end": self._begin + timedelta(days=1)}
        for column, spots, share in (
            ("machine_runs", _MACHINE, MACHINES_SHARE),
            ("human_runs", _HUMAN, 1 - MACHINES_SHARE),
        ):
            [(brought,)] = owner.execute(
                f"SELECT count(*) / 1200.0 FROM ({spots}) AS spots", trial
            ).fetchall()
            owner.execute(
                f"""UPDATE made.hours SET {column} = round(%s * weight / (SELECT sum(weight)
                    FROM made.hours))""",
                [self._spots * share / float(brought)],
            )
        owner.execute("ANALYZE made.hours")

    def _fill(self, month: datetime) -> None:
        """Both partitions, day by day."""
        with self._connection() as owner:
            day = max(month, self._begin.replace(hour=0))
            while day < min(_next(month), self._end):
                until = day + timedelta(days=1)
                span = {**self._span, "begin": day, "end": min(until, self._end)}
                for parent, spots in (("spots_machine", _MACHINE), ("spots_human", _HUMAN)):
                    owner.execute(_INSERT.format(table=f"{parent}_{month:%Y_%m}", spots=spots), span)
                day = until

    def _make_index(self, statement: str) -> None:
        with self._connection() as owner:
            owner.execute(statement)

    def _sum(self, month: datetime) -> None:
        with self._connection() as owner:
            for statement in _ROLLUPS:
                owner.execute(statement, {"begin": month, "end": _next(month)})


def _take_apart(owner: Connection, table: str, parent: str) -> Part:
    """Detach the partition and drop its indexes but the unique one, which keeps doubles out."""
    [(bound,)] = owner.execute(
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = %s::regclass", [table]
    ).fetchall()
    owner.execute(f"ALTER TABLE {parent} DETACH PARTITION {table}")
    indexes = owner.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", [table]
    ).fetchall()
    statements = []
    for name, definition in indexes:
        if definition.startswith("CREATE UNIQUE"):
            owner.execute(f"ALTER INDEX {name} SET (fillfactor = 100)")
            statements.append(f"REINDEX INDEX {name}")
        else:
            owner.execute(f"DROP INDEX {name}")
            statements.append(definition + " WITH (fillfactor = 100)" * ("USING btree" in definition))
    return Part(table, parent, bound, statements)


def _months(begin: datetime, end: datetime) -> Iterator[datetime]:
    month = datetime(begin.year, begin.month, 1, tzinfo=UTC)
    while month < end:
        yield month
        month = _next(month)


def _next(month: datetime) -> datetime:
    return (month + timedelta(days=31)).replace(day=1)


@contextmanager
def _says(what: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("database")
    parser.add_argument("millions", type=float)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    arguments = parser.parse_args()
    support.create_roles()
    support.create_database(arguments.database)
    conninfo = f"dbname={arguments.database}"
    with connect(conninfo, "owner", autocommit=True) as owner:
        list(migrate(owner))
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    History(conninfo, round(arguments.millions * 1e6), arguments.seed, end).make()


if __name__ == "__main__":
    try:
        main()
    except support.NoServer as error:
        sys.exit(f"a history needs PostgreSQL: {error}")
