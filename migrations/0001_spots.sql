-- Spots, partitioned by month, and what the nodes sent besides them.

CREATE TABLE spots (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    time         timestamptz NOT NULL,            -- the node's stamp, whole minutes
    dx           text        NOT NULL,
    spotter      text        NOT NULL,            -- without the "-#" of a machine
    frequency_hz bigint      NOT NULL CHECK (frequency_hz > 0),
    khz          bigint      GENERATED ALWAYS AS ((frequency_hz + 500) / 1000) STORED,
    band         text,                            -- '20m'; null outside the amateur bands
    mode         text,                            -- 'CW', 'SSB', 'FM', 'FT8' ...; null when unknown
    mode_source  text        CHECK (mode_source IN ('said', 'guessed')),
    source       text        NOT NULL CHECK (source IN ('human', 'machine')),
    snr_db       smallint,
    wpm          smallint,
    dx_grid      text,
    spotter_grid text,
    comment      text        NOT NULL DEFAULT '',
    node         text        NOT NULL,            -- name of the node in the settings
    recovered    boolean     NOT NULL DEFAULT false,  -- came by sh/dx after a gap
    received     timestamptz NOT NULL,            -- when the line was read from the socket
    stored       timestamptz NOT NULL DEFAULT now(),
    CHECK ((mode IS NULL) = (mode_source IS NULL)),
    -- The identity of a spot: the same report over two nodes is one spot, two spotters are two.
    PRIMARY KEY (time, dx, spotter, khz)
) PARTITION BY RANGE (time);

CREATE INDEX spots_id ON spots (id);
CREATE INDEX spots_band_time ON spots (band, time DESC);

-- Makes the monthly partition that holds `moment`, if it is not there yet; true when it made one.
-- The scraper may call this and nothing else of the kind: no service may change the schema.
-- Making one locks spots for a moment; rather than queue behind a long reader, and all others behind us, it gives up.
CREATE FUNCTION ensure_spots_partition(moment timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '3s' AS $$
DECLARE
    month     timestamp := date_trunc('month', moment AT TIME ZONE 'UTC');
    partition text      := 'spots_' || to_char(month, 'YYYY_MM');
BEGIN
    IF month < '1980-01-01' OR month > (now() AT TIME ZONE 'UTC') + interval '12 months' THEN
        RAISE EXCEPTION 'no partition for %: it is before 1980 or more than a year ahead', moment
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF to_regclass('public.' || partition) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.spots FOR VALUES FROM (%L) TO (%L)',
                   partition, month::text || '+00', (month + interval '1 month')::text || '+00');
    RETURN true;
EXCEPTION
    WHEN duplicate_table THEN  -- somebody else made it while we waited for the lock
        RETURN false;
END $$;
REVOKE EXECUTE ON FUNCTION ensure_spots_partition FROM PUBLIC;

-- Lines that look like a spot or a bulletin and could not be read, kept for inspection.
CREATE TABLE unparsed_lines (
    node     text        NOT NULL,
    received timestamptz NOT NULL,
    line     bytea       NOT NULL,
    reason   text        NOT NULL
);
-- The hash, because a line may be longer than an index entry can be.
CREATE UNIQUE INDEX unparsed_lines_once ON unparsed_lines (received, node, sha256(line));

-- Solar and geomagnetic bulletins (WWV, WCY).
CREATE TABLE solar (
    time     timestamptz NOT NULL,                -- the hour of the bulletin
    kind     text        NOT NULL CHECK (kind IN ('WWV', 'WCY')),
    station  text        NOT NULL,
    sfi      smallint,
    a_index  smallint,
    k_index  smallint,                            -- 0 is a value
    expected_k smallint,
    sunspots smallint,
    text     text        NOT NULL DEFAULT '',     -- storms, aurora, in the bulletin's words
    node     text        NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (time, kind, station)
);

SELECT ensure_spots_partition(now()), ensure_spots_partition(now() + interval '1 month');
