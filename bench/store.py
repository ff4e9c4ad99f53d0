"""What a spot costs on the disk, by part, in a database that `python -m bench.history` filled.

    python -m bench.store DATABASE [ALTERNATIVES]

With the word `alternatives` also what other ways of keeping the same rows would take: the newest machine
partition is copied for that, a million rows of it, and each way is measured beside the one in use.
"""

import argparse
import sys
from typing import LiteralString, NamedTuple

from spotkeeper.db.connection import Connection, connect

from tests.support import database as support

WANTED_BYTES = 150
SAMPLE_ROWS = 1_000_000

# Every table of the schema with all it holds; spots by what their partitions have in common.
_PARTS: LiteralString = """
    WITH tables AS (
        SELECT pg_class.oid, CASE WHEN relname ~ '^spots_(human|machine)_' THEN substring(relname
            FROM '^spots_[a-z]+')
            ELSE relname END AS name, relname, reltoastrelid
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    )
    SELECT name, 'rows' AS part, sum(pg_relation_size(oid)) AS bytes FROM tables GROUP BY name
    UNION ALL
    SELECT name, 'free space map, visibility map', sum(pg_relation_size(oid,
        'fsm') + pg_relation_size(oid, 'vm'))
    FROM tables GROUP BY name
    UNION ALL
    SELECT name, 'long values', sum(pg_total_relation_size(reltoastrelid))
    FROM tables WHERE reltoastrelid <> 0 GROUP BY name
    UNION ALL
    SELECT name, 'index ' || substring(pg_get_indexdef(indexrelid) FROM 'USING (.*)'),
        sum(pg_total_relation_size(indexrelid))
    FROM tables JOIN pg_index ON indrelid = oid GROUP BY 1, 2
    ORDER BY 1, 3 DESC
"""

_SAMPLE: LiteralString = (
    "CREATE TEMPORARY TABLE sample AS SELECT * FROM {table} ORDER BY time DESC LIMIT {rows}"
)


class Way(NamedTuple):
    """Statements that make table or index `made` of the sample; `instead_of` is what is in use."""

    name: str
    made: str
    statements: tuple[LiteralString, ...]


_WAYS = (
    Way("rows as they are", "as_is", ("CREATE TEMPORARY TABLE as_is AS SELECT * FROM sample",)),
    Way(
        "rows with calls as integer keys",
        "keyed",
        (
            """CREATE TEMPORARY TABLE ids AS SELECT call, row_number() OVER ()::integer AS id
            FROM (SELECT dx AS call FROM sample UNION SELECT spotter FROM sample) AS calls""",
            "ANALYZE ids",
            """CREATE TEMPORARY TABLE keyed AS SELECT time, hundred_hz, delay_ms, dx_call.id AS dx,
                spotter_call.id AS spotter,
                dx_place, spotter_place, node, snr_db, wpm, distance_km, bearing, rest_hz, source, band,
                    mode, guessed,
                by_grid, recovered, beacon, comment, dx_grid, spotter_grid, report, propagation,
                    satellite, qsx_hz,
                refs, late
            FROM sample JOIN ids AS dx_call ON dx_call.call = dx JOIN ids AS spotter_call
                ON spotter_call.call = spotter
            ORDER BY time + delay_ms * interval '1 ms'""",
        ),
    ),
    Way(
        "rows with words instead of keys, as before",
        "worded",
        (
            """CREATE TEMPORARY TABLE worded AS SELECT 1::bigint AS id, time, dx, spotter, frequency_hz,
                band, mode,
                mode_source, source, snr_db, wpm, dx_grid, spotter_grid, comment, node, recovered,
                    received, qsx_hz,
                dx_dxcc, dx_continent, dx_cq_zone, dx_itu_zone, spotter_dxcc, spotter_continent,
                    spotter_cq_zone,
                spotter_itu_zone, distance_km, bearing, place_source, beacon, report, propagation,
                    satellite, refs
            FROM spots WHERE source = 'machine' AND time >= (SELECT min(time) FROM sample)
            ORDER BY time LIMIT (SELECT count(*) FROM sample)""",
        ),
    ),
    Way(
        "rows with the machine's comment kept",
        "commented",
        (
            """CREATE TEMPORARY TABLE commented AS SELECT * FROM sample""",
            """UPDATE commented SET comment = spot_comment(
                comment, source, (SELECT name FROM modes WHERE id = mode), snr_db, wpm)""",
            "VACUUM FULL commented",
        ),
    ),
    Way(
        "rows without a null: 0 and '' instead, what is rare in one column",
        "full",
        (
            """CREATE TEMPORARY TABLE "full" AS SELECT time, hundred_hz, coalesce(delay_ms, 0) AS delay_ms,
                coalesce(dx_place, 0::smallint) AS dx_place, coalesce(spotter_place,
                    0::smallint) AS spotter_place, node,
                coalesce(snr_db, 0::smallint) AS snr_db, coalesce(wpm, 0::smallint) AS wpm,
                coalesce(distance_km, 0::smallint) AS distance_km, coalesce(bearing, 0::smallint) AS bearing,
                0::smallint AS flags, source, coalesce(band, '') AS band, coalesce(mode, '') AS mode, dx,
                    spotter,
                coalesce(comment, '') AS comment, concat(rest_hz, dx_grid, spotter_grid, report) AS rare
            FROM sample""",
        ),
    ),
    Way(
        "unique (time, spot_key(…)), as it is",
        "by_key",
        ("CREATE UNIQUE INDEX by_key ON sample (time, spot_key(dx, spotter, hundred_hz, rest_hz))",),
    ),
    Way(
        "unique (time, dx, spotter, kHz)",
        "by_calls",
        (
            """CREATE UNIQUE INDEX by_calls ON sample
            (time, dx, spotter, (((hundred_hz * 100::bigint + coalesce(rest_hz,
                0) + 500) / 1000)::integer))""",
        ),
    ),
    Way(
        "unique, minute and 39 bits of a hash in one bigint",
        "by_number",
        (
            """CREATE UNIQUE INDEX by_number ON sample ((((extract(epoch
                FROM time AT TIME ZONE 'UTC')::bigint / 60) << 39)
            | (spot_key(dx, spotter, hundred_hz, rest_hz) & ((1::bigint << 39) - 1))))""",
        ),
    ),
    Way("(dx, time), as it is", "by_dx", ("CREATE INDEX by_dx ON sample (dx, time)",)),
    Way(
        "(hashtext(dx), time)",
        "by_dx_hash",
        ("CREATE INDEX by_dx_hash ON sample (hashtext(dx), time)",),
    ),
    Way(
        "bloom BRIN of spotter, band and mode, as it is",
        "holds",
        (
            """CREATE INDEX holds ON sample USING brin (spotter text_bloom_ops (n_distinct_per_range = 300),
            band char_bloom_ops (n_distinct_per_range = 16), mode char_bloom_ops (n_distinct_per_range = 16))
            WITH (pages_per_range = 32)""",
        ),
    ),
    Way("(spotter, time)", "by_spotter", ("CREATE INDEX by_spotter ON sample (spotter, time)",)),
    Way("(band, mode, time)", "by_band", ("CREATE INDEX by_band ON sample (band, mode, time)",)),
    Way("(dx_place, time)", "by_place", ("CREATE INDEX by_place ON sample (dx_place, time)",)),
)


def parts(owner: Connection) -> None:
    """Print each part that takes a byte a spot or more, and the sum of all."""
    counts = {
        {"m": "spots_machine", "h": "spots_human"}[source]: number
        for source, number in owner.execute("SELECT source, count(*) FROM spot_rows GROUP BY source")
    }
    spots = sum(counts.values())
    print(f"{spots:,} spots: {counts['spots_machine']:,} by machines, {counts['spots_human']:,} by people\n")
    print("| table | part | MB | bytes a spot of its kind | bytes a spot |\n|---|---|---:|---:|---:|")
    total = 0
    for name, part, numeric in owner.execute(_PARTS):
        total += (size := int(numeric))
        kind = f"{size / counts[name]:.1f}" if name in counts else ""
        if size > spots // 20:
            print(f"| {name} | {part} | {size / 1e6:,.0f} | {kind} | {size / spots:.1f} |")
    print(f"| **all** | at most {WANTED_BYTES} wanted | {total / 1e6:,.0f} | | **{total / spots:.1f}** |")


def alternatives(conninfo: str) -> None:
    """Print what each way takes for a row of the newest machine partition that is not empty."""
    with support.superuser(conninfo.removeprefix("dbname=")) as owner:
        owner.execute("SET maintenance_work_mem = '256MB'")
        [(table,)] = owner.execute(
            """SELECT relname FROM pg_class WHERE relname ~ '^spots_machine_[0-9]' AND relkind = 'r'
            AND relpages > 0 ORDER BY relname DESC LIMIT 1"""
        ).fetchall()
        owner.execute(_SAMPLE.format(table=table, rows=SAMPLE_ROWS))
        owner.execute("ANALYZE sample")
        [(rows,)] = owner.execute("SELECT count(*) FROM sample").fetchall()
        print("| kept so | bytes a machine spot |\n|---|---:|")
        for way in _WAYS:
            for statement in way.statements:
                owner.execute(statement)
            [(size,)] = owner.execute("SELECT pg_relation_size(%s::regclass)", [way.made]).fetchall()
            print(f"| {way.name} | {size / rows:.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("database")
    parser.add_argument("alternatives", nargs="?", choices=["alternatives"])
    arguments = parser.parse_args()
    conninfo = f"dbname={arguments.database}"
    with connect(conninfo, "owner", autocommit=True) as owner:
        parts(owner)
    if arguments.alternatives:
        print()
        alternatives(conninfo)


if __name__ == "__main__":
    try:
        main()
    except support.NoServer as error:
        sys.exit(f"the benchmark needs PostgreSQL: {error}")
