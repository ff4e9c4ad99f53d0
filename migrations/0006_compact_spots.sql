-- Years of spots on a small disk. A spot is kept with one-letter keys instead of words, parted by who reported it and
-- by month, and read through view spots; what the pages ask for again and again is summed up as the spots come in.
-- docs/decisions/store.md tells what each choice saves.

-- Spots that come meanwhile wait in the spool.
LOCK TABLE spots IN SHARE ROW EXCLUSIVE MODE;

-- Words by their keys. Those of the program's own lists are below; the scraper adds what comes besides.
CREATE TABLE bands (id "char" PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE modes (id "char" PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE nodes (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
-- What the country file says of a call.
CREATE TABLE places (
    id        smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dxcc      smallint NOT NULL,                  -- ADIF's number of the entity
    continent text     NOT NULL COLLATE "C",      -- 'EU'
    cq_zone   smallint NOT NULL,
    itu_zone  smallint NOT NULL,
    UNIQUE (dxcc, continent, cq_zone, itu_zone)
);

INSERT INTO bands (id, name)
SELECT chr(ascii('A') + number::int - 1)::"char", name FROM unnest(string_to_array(
    '2200m 630m 160m 80m 60m 40m 30m 20m 17m 15m 12m 10m 8m 6m 4m 2m 1.25m 70cm 33cm 23cm 13cm 9cm 6cm 3cm 1.25cm 6mm',
    ' ')) WITH ORDINALITY AS band (name, number);
INSERT INTO modes (id, name)
SELECT chr(ascii('A') + number::int - 1)::"char", name FROM unnest(string_to_array(
    'CW SSB AM FM C4FM DMR D-STAR FREEDV M17 RTTY FT8 FT4 FT2 JS8 JT65 JT9 JT4 Q65 FST4 MSK144 FSK441 WSPR ISCAT PSK MFSK'
    || ' OLIVIA CONTESTIA THOR MT63 HELL SSTV ATV VARA', ' ')) WITH ORDINALITY AS mode (name, number);

-- Columns stand by their size, the small ones behind the large, so that no byte is lost in between; null is what is
-- usual. Of a machine's comment only that is kept which the columns do not say.
CREATE TABLE spot_rows (
    time          timestamptz NOT NULL,           -- the node's stamp, whole minutes
    hundred_hz    integer     NOT NULL,           -- the frequency in units of 100 Hz; from 200 GHz on in kHz, below 0
    delay_ms      integer,                        -- from `time` to the reading of its line, if that fits
    dx_place      smallint,
    spotter_place smallint,
    node          smallint    NOT NULL,
    snr_db        smallint,
    wpm           smallint,
    distance_km   smallint,
    bearing       smallint,                       -- degrees from the spotter to the DX
    rest_hz       smallint,                       -- what of the frequency is less than that unit; null for 0
    source        "char"      NOT NULL,           -- 'h' human, 'm' machine
    band          "char",
    mode          "char",
    guessed       boolean,                        -- the mode; null when it was said
    by_grid       boolean,                        -- the distance; null when an end is known by its country only
    recovered     boolean,                        -- came by sh/dx after a gap; null when it did not
    beacon        boolean,                        -- null when it is none
    dx            text        NOT NULL COLLATE "C",
    spotter       text        NOT NULL COLLATE "C",
    comment       text,                           -- as function spot_comment reads it
    dx_grid       text,
    spotter_grid  text,
    report        text,
    propagation   text,                           -- ADIF's PROP_MODE
    satellite     text,
    qsx_hz        bigint,                         -- where the DX listens
    refs          text[],                         -- 'POTA:US-0001'; null when there is none
    late          timestamptz                     -- when its line was read, where delay_ms does not hold that
) PARTITION BY LIST (source);
CREATE TABLE spots_human PARTITION OF spot_rows FOR VALUES IN ('h') PARTITION BY RANGE (time);
CREATE TABLE spots_machine PARTITION OF spot_rows FOR VALUES IN ('m') PARTITION BY RANGE (time);

CREATE FUNCTION spot_hz(hundred_hz integer, rest_hz smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN hundred_hz * CASE WHEN hundred_hz < 0 THEN -1000 ELSE 100 END::bigint + coalesce(rest_hz, 0);

-- What tells a spot from the others of its minute and source, in 64 bits: DX, spotter and the kHz. That two different
-- ones of the same minute agree in it is to be expected once in 10^15 minutes of 200 spots.
CREATE FUNCTION spot_key(dx text, spotter text, hundred_hz integer, rest_hz smallint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN hashtextextended(dx COLLATE "C", hashtextextended(spotter COLLATE "C", (spot_hz(hundred_hz, rest_hz) + 500) / 1000));

-- The comment of a spot by what is kept of it: null for none; of a machine null for a call of CQ in the words of the
-- Reverse Beacon Network, and what begins with the character 1 for what follows its report there.
CREATE FUNCTION spot_comment(comment text, source "char", mode text, snr_db smallint, wpm smallint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN source = 'm' AND (comment IS NULL OR ascii(comment) = 1) THEN
        rpad(mode, 4) || lpad(snr_db::text, 4) || ' dB' || coalesce(lpad(wpm::text, 4) || ' WPM', '') || '  '
        || coalesce(substr(comment, 2), 'CQ')
    ELSE coalesce(comment, '')
END;

-- The bit of a band in calls.bands; 0 for none.
CREATE FUNCTION band_bit(band "char") RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN coalesce(1 << (ascii(band::text) - ascii('A')), 0);

-- The identity of a spot: the same report over two nodes is one spot, two spotters are two.
CREATE UNIQUE INDEX spots_human_once ON spots_human (time, spot_key(dx, spotter, hundred_hz, rest_hz));
CREATE UNIQUE INDEX spots_machine_once ON spots_machine (time, spot_key(dx, spotter, hundred_hz, rest_hz));
CREATE INDEX spots_human_dx ON spots_human (dx, time);
CREATE INDEX spots_machine_dx ON spots_machine (dx, time);
CREATE INDEX spots_human_spotter ON spots_human (spotter, time);
-- A skimmer reports all the time, or not at all: that a stretch of the table has none of it is enough to know.
CREATE INDEX spots_machine_holds ON spots_machine USING brin (
    spotter text_bloom_ops (n_distinct_per_range = 300), band char_bloom_ops (n_distinct_per_range = 16),
    mode char_bloom_ops (n_distinct_per_range = 16)
) WITH (pages_per_range = 32, autosummarize = on);

-- Makes the monthly partitions that hold `moment`, if they are not there yet; true when it made one.
-- The scraper may call this and nothing else of the kind: no service may change the schema.
-- Making one locks the table for a moment; rather than queue behind a long reader, and all others behind us, it gives up.
CREATE OR REPLACE FUNCTION ensure_spots_partition(moment timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    month     timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
    parent    text;
    partition text;
    made      boolean := false;
BEGIN
    IF month < '1980-01-01' OR month > (now() AT TIME ZONE 'UTC') + interval '12 months' THEN
        RAISE EXCEPTION 'no partition for %: it is before 1980 or more than a year ahead', moment
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH parent IN ARRAY ARRAY['spots_human', 'spots_machine'] LOOP
        partition := parent || to_char(month, '_YYYY_MM');
        CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
        BEGIN
            EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)',
                           partition, parent, month::text || '+00', (month + interval '1 month')::text || '+00');
            made := true;
        EXCEPTION
            WHEN duplicate_table THEN NULL;  -- somebody else made it while we waited for the lock
        END;
    END LOOP;
    RETURN made;
END $$;

-- Sums of the spots, kept in the transaction that stores them. They outlast the spots.
-- Keys without a value ('' and 0) stand for what is not known, for a key cannot be null.
CREATE TABLE hours (
    hour              timestamptz NOT NULL,
    source            "char"      NOT NULL,
    band              "char"      NOT NULL,
    mode              "char"      NOT NULL,
    dx_continent      text        NOT NULL COLLATE "C",
    spotter_continent text        NOT NULL COLLATE "C",
    spots             integer     NOT NULL,
    PRIMARY KEY (hour, source, band, mode, dx_continent, spotter_continent)
) WITH (fillfactor = 90);
CREATE TABLE dxcc_hours (
    hour   timestamptz NOT NULL,
    dxcc   smallint    NOT NULL,                  -- of the DX
    source "char"      NOT NULL,
    band   "char"      NOT NULL,
    spots  integer     NOT NULL,
    PRIMARY KEY (hour, dxcc, source, band)
) WITH (fillfactor = 90);
CREATE TABLE calls (
    call           text        PRIMARY KEY COLLATE "C",
    first_spotted  timestamptz,                   -- as DX
    last_spotted   timestamptz,
    first_spotting timestamptz,                   -- as spotter
    last_spotting  timestamptz,
    spotted        integer     NOT NULL,          -- times
    spotting       integer     NOT NULL,
    bands          integer     NOT NULL           -- those it was spotted on: bit 0 is band 'A'
) WITH (fillfactor = 80);

INSERT INTO nodes (name) SELECT DISTINCT node FROM spots ORDER BY node;
INSERT INTO places (dxcc, continent, cq_zone, itu_zone)
SELECT dx_dxcc, dx_continent, dx_cq_zone, dx_itu_zone FROM spots WHERE dx_dxcc IS NOT NULL
UNION
SELECT spotter_dxcc, spotter_continent, spotter_cq_zone, spotter_itu_zone FROM spots WHERE spotter_dxcc IS NOT NULL;
SELECT ensure_spots_partition(month) FROM (SELECT DISTINCT date_trunc('month', time, 'UTC') AS month FROM spots) months;
SELECT ensure_spots_partition(now()), ensure_spots_partition(now() + interval '1 month');
INSERT INTO spot_rows (time, hundred_hz, rest_hz, delay_ms, dx_place, spotter_place, node, snr_db, wpm, distance_km, bearing,
    source, band, mode, guessed, by_grid, recovered, beacon, dx, spotter, comment, dx_grid, spotter_grid, report,
    propagation, satellite, qsx_hz, refs, late)
SELECT time, CASE WHEN frequency_hz < 200000000000 THEN frequency_hz / 100 ELSE frequency_hz / -1000 END,
    nullif(CASE WHEN frequency_hz < 200000000000 THEN frequency_hz % 100 ELSE frequency_hz % 1000 END, 0),
    CASE WHEN abs(extract(epoch FROM received - time)) < 2e6 THEN 1000 * extract(epoch FROM received - time) END,
    dx_place.id, spotter_place.id, nodes.id, snr_db, wpm, distance_km, bearing, left(source, 1)::"char", bands.id, modes.id,
    nullif(mode_source = 'guessed', false), nullif(place_source = 'grid', false), nullif(recovered, false),
    nullif(beacon, false), dx, spotter, nullif(comment, spot_comment(NULL, left(source, 1)::"char", mode, snr_db, wpm)),
    dx_grid, spotter_grid, report, propagation, satellite, qsx_hz, refs,
    CASE WHEN abs(extract(epoch FROM received - time)) >= 2e6 THEN received END
FROM spots
JOIN nodes ON nodes.name = node
LEFT JOIN bands ON bands.name = band
LEFT JOIN modes ON modes.name = mode
LEFT JOIN places dx_place ON (dx_place.dxcc, dx_place.continent, dx_place.cq_zone, dx_place.itu_zone)
    = (dx_dxcc, dx_continent, dx_cq_zone, dx_itu_zone)
LEFT JOIN places spotter_place ON (spotter_place.dxcc, spotter_place.continent, spotter_place.cq_zone, spotter_place.itu_zone)
    = (spotter_dxcc, spotter_continent, spotter_cq_zone, spotter_itu_zone)
ORDER BY time;
DROP TABLE spots;

-- Everything of a spot in words.
CREATE VIEW spots AS
SELECT time, spot_key(dx, spotter, hundred_hz, rest_hz) AS key, dx, spotter,
    spot_hz(hundred_hz, rest_hz) AS frequency_hz,
    (spot_hz(hundred_hz, rest_hz) + 500) / 1000 AS khz, bands.name AS band, modes.name AS mode,
    CASE WHEN guessed THEN 'guessed' WHEN mode IS NOT NULL THEN 'said' END AS mode_source,
    CASE source WHEN 'm' THEN 'machine' ELSE 'human' END AS source, snr_db, wpm, dx_grid, spotter_grid,
    spot_comment(comment, source, modes.name, snr_db, wpm) AS comment,
    nodes.name AS node, coalesce(recovered, false) AS recovered,
    coalesce(time + delay_ms * interval '1 millisecond', late) AS received, qsx_hz,
    dx_place.dxcc AS dx_dxcc, dx_place.continent AS dx_continent,
    dx_place.cq_zone AS dx_cq_zone, dx_place.itu_zone AS dx_itu_zone,
    spotter_place.dxcc AS spotter_dxcc, spotter_place.continent AS spotter_continent,
    spotter_place.cq_zone AS spotter_cq_zone, spotter_place.itu_zone AS spotter_itu_zone,
    distance_km, bearing,
    CASE WHEN by_grid THEN 'grid' WHEN distance_km IS NOT NULL THEN 'country' END AS place_source,
    coalesce(beacon, false) AS beacon, report, propagation, satellite, refs
FROM spot_rows
LEFT JOIN bands ON bands.id = band
LEFT JOIN modes ON modes.id = mode
LEFT JOIN nodes ON nodes.id = node
LEFT JOIN places dx_place ON dx_place.id = dx_place
LEFT JOIN places spotter_place ON spotter_place.id = spotter_place;

-- The sums of spots that are stored, for all that have none yet.
INSERT INTO hours
SELECT date_trunc('hour', time), source, coalesce(band, ''), coalesce(mode, ''), coalesce(dx_place.continent, ''),
    coalesce(spotter_place.continent, ''), count(*)
FROM spot_rows
LEFT JOIN places dx_place ON dx_place.id = dx_place LEFT JOIN places spotter_place ON spotter_place.id = spotter_place
GROUP BY 1, 2, 3, 4, 5, 6;
INSERT INTO dxcc_hours
SELECT date_trunc('hour', time), dxcc, source, coalesce(band, ''), count(*)
FROM spot_rows JOIN places ON places.id = dx_place GROUP BY 1, 2, 3, 4;
INSERT INTO calls
SELECT call, min(time) FILTER (WHERE is_dx), max(time) FILTER (WHERE is_dx), min(time) FILTER (WHERE NOT is_dx),
    max(time) FILTER (WHERE NOT is_dx), count(*) FILTER (WHERE is_dx), count(*) FILTER (WHERE NOT is_dx),
    coalesce(bit_or(band_bit(band)) FILTER (WHERE is_dx), 0)
FROM (SELECT dx AS call, time, band, true AS is_dx FROM spot_rows
      UNION ALL SELECT spotter, time, band, false FROM spot_rows) ends
GROUP BY call;

GRANT SELECT, INSERT ON spot_rows TO scraper;
GRANT SELECT, INSERT ON bands, modes, nodes, places TO scraper;
GRANT SELECT, INSERT, UPDATE ON hours, dxcc_hours, calls TO scraper;
GRANT SELECT ON spot_rows, spots, bands, modes, nodes, places TO notifier;
GRANT SELECT ON spot_rows, spots, bands, modes, nodes, places, hours, dxcc_hours, calls TO dashboard, grafana;
