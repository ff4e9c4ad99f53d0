-- Months of spots that end: their detail is dropped as a whole, their sums stay.

-- What is known of each month, beside the spots themselves. `spotkeeper keep` writes it.
CREATE TABLE months (
    source   "char"      NOT NULL,                -- 'h' human, 'm' machine
    month    date        NOT NULL,                -- its first day, in UTC
    inserted bigint      NOT NULL,                -- rows put into its partition, as PostgreSQL last counted them
    changed  timestamptz NOT NULL DEFAULT now(),  -- when that count was last found to be another
    packed   timestamptz,                         -- when its indexes were built anew, after it was over
    saved    bigint,                              -- bytes which that gave back
    closed   timestamptz,                         -- from then on nothing is stored of it
    dropped  timestamptz,                         -- since then its spots are gone
    reason   text CHECK (reason IN ('age', 'headroom')),
    spots    bigint,                              -- that were dropped
    bytes    bigint,                              -- that this gave back
    PRIMARY KEY (source, month)
);

-- What the spots of dropped months contribute to table calls.
CREATE TABLE calls_of_dropped (LIKE calls INCLUDING ALL) WITH (fillfactor = 80);

-- The last run of `spotkeeper keep`.
CREATE TABLE last_keep (
    one            boolean PRIMARY KEY DEFAULT true CHECK (one),
    finished       timestamptz,                   -- the last one that did all it had to
    disk_bytes     bigint,                        -- of the database's disk, where it can be seen
    free_bytes     bigint,
    analyzed_spots bigint                         -- so many there were when all months together were analyzed
);

-- Makes the monthly partitions that hold `moment`, if they are not there yet; true when it made one. Not those of a
-- month that was closed. A partition is made by itself and then attached: that waits for no reader and holds up no spot.
CREATE OR REPLACE FUNCTION ensure_spots_partition(moment timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    first     timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
    parent    text;
    partition text;
    made      boolean := false;
BEGIN
    IF first < '1980-01-01' OR first > (now() AT TIME ZONE 'UTC') + interval '12 months' THEN
        RAISE EXCEPTION 'no partition for %: it is before 1980 or more than a year ahead', moment
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOREACH parent IN ARRAY ARRAY['spots_human', 'spots_machine'] LOOP
        partition := parent || to_char(first, '_YYYY_MM');
        CONTINUE WHEN to_regclass('public.' || partition) IS NOT NULL;
        CONTINUE WHEN EXISTS (SELECT FROM months WHERE source = substr(parent, 7, 1)::"char"
                              AND month = first::date AND closed IS NOT NULL);
        BEGIN
            EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING STORAGE)',
                           partition, parent);
            EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                           parent, partition, first::text || '+00', (first + interval '1 month')::text || '+00');
            made := true;
        EXCEPTION
            -- Somebody else made it meanwhile.
            WHEN duplicate_table OR duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    RETURN made;
END $$;

GRANT SELECT ON months TO scraper;
GRANT SELECT ON months, last_keep TO dashboard, grafana;
