"""Migrations that come to a station with years of spots must not hold up a single one."""

from pathlib import Path

import pytest

from tests.policy.ddl import complaints

MIGRATIONS = sorted((Path(__file__).resolve().parents[2] / "migrations").glob("*.sql"))
# Up to the one that makes the tables as they are: there is nothing large before it.
FIRST_JUDGED = "0007"
OUTSIDE = "-- outside a transaction\n"


@pytest.mark.parametrize(
    "path", [path for path in MIGRATIONS if path.name >= FIRST_JUDGED], ids=lambda path: path.name
)
def test_migration_holds_up_no_spot(path: Path) -> None:
    assert complaints(path.read_text()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX spots_band ON spot_rows (band);",
        "create unique index if not exists calls_x on calls (call);",
        "CREATE INDEX ON spots_human (band);",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON spots_human_2026_01 (band);",
        "ALTER TABLE spot_rows ALTER COLUMN dx_grid SET NOT NULL;",
        "ALTER TABLE ONLY hours ALTER spots TYPE bigint;",
        "ALTER TABLE public.calls ALTER COLUMN spotted SET DATA TYPE bigint;",
        "ALTER TABLE spot_rows ADD COLUMN token uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE spot_rows ADD COLUMN a int DEFAULT 1, ADD COLUMN b float DEFAULT random() NOT NULL;",
        "ALTER TABLE spot_rows ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;",
        "ALTER TABLE hours ADD COLUMN double int GENERATED ALWAYS AS (2 * spots) STORED;",
        "ALTER TABLE spot_rows ADD number bigserial;",
        "ALTER TABLE spot_rows ADD CONSTRAINT positive CHECK (hundred_hz > 0);",
        "ALTER TABLE spots_machine ADD CHECK (hundred_hz > 0);",
        "ALTER TABLE spot_rows ADD CONSTRAINT place FOREIGN KEY (dx_place) REFERENCES places (id);",
        "ALTER TABLE calls ADD CONSTRAINT once UNIQUE (call);",
        "ALTER TABLE spots_machine DETACH PARTITION spots_machine_2026_01;",
        "ALTER TABLE hours SET UNLOGGED;",
        "LOCK TABLE spot_rows IN SHARE MODE;",
        "LOCK ONLY hours;",
        "UPDATE spot_rows\n  SET band = NULL;",
        "DELETE FROM hours WHERE spots = 0;",
        "INSERT INTO hours SELECT * FROM other;",
        "TRUNCATE other, calls;",
        "DROP TABLE IF EXISTS spots_machine_2026_01;",
        "CLUSTER spots_human_2026_01 USING x;",
        "REINDEX TABLE calls;",
        "CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM spot_rows;",
        "CREATE TABLE copy AS SELECT * FROM spot_rows;",
        "CREATE TRIGGER each BEFORE INSERT ON spot_rows FOR EACH ROW EXECUTE FUNCTION f();",
        "DO $$ BEGIN UPDATE calls SET bands = 0; END $$;",
        f"{OUTSIDE}CREATE INDEX IF NOT EXISTS x ON spots_human (band);",
        f"{OUTSIDE}CREATE INDEX CONCURRENTLY x ON spots_human_2026_01 (band);",
        f"{OUTSIDE}SELECT format('CREATE INDEX IF NOT EXISTS %I ON %s (band)', n, n) FROM pg_class \\gexec",
        f"{OUTSIDE}INSERT INTO settings VALUES (1);",
    ],
)
def test_what_would_hold_them_up_is_refused(statement: str) -> None:
    assert complaints(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE tokens (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hash bytea UNIQUE);",
        "CREATE TABLE extra (LIKE calls INCLUDING ALL);",
        "CREATE INDEX tokens_user ON tokens (user_id);",
        "CREATE INDEX calls_of_dropped_x ON calls_of_dropped (call);",
        "ALTER TABLE spot_rows ADD COLUMN wwff text;",
        "ALTER TABLE spot_rows ADD COLUMN wwff text DEFAULT '' NOT NULL;",
        "ALTER TABLE hours ADD COLUMN seen timestamptz DEFAULT now();",
        "ALTER TABLE spot_rows ADD CONSTRAINT positive CHECK (hundred_hz > 0) NOT VALID;",
        "ALTER TABLE spot_rows VALIDATE CONSTRAINT positive;",
        "ALTER TABLE calls ADD CONSTRAINT once UNIQUE USING INDEX calls_once;",
        "ALTER TABLE users ALTER COLUMN name SET NOT NULL;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE calls SET bands = 0; END $$;",
        "-- LOCK TABLE spot_rows;\nGRANT SELECT ON spot_rows TO dashboard;",
        "CREATE INDEX IF NOT EXISTS spots_machine_band ON ONLY spots_machine (band, time);",
        f"{OUTSIDE}CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON spots_human_2026_01 (band);",
        f"{OUTSIDE}SELECT format('CREATE INDEX CONCURRENTLY IF NOT EXISTS %I ON %s (mode)', a, b)\n\\gexec",
        f"{OUTSIDE}SELECT format('ALTER INDEX spots_machine_band ATTACH PARTITION %I', n) FROM x \\gexec",
    ],
)
def test_what_holds_nothing_up_is_allowed(statement: str) -> None:
    assert complaints(statement) == []
