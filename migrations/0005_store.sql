-- What a spot tells besides: where both ends are, what was said. And the books of the store: what came, what of it
-- was new, what was missed, what PostgreSQL did not take.

ALTER TABLE spots
    -- Compared byte by byte, which is quicker than by a language.
    ALTER dx TYPE text COLLATE "C",
    ALTER spotter TYPE text COLLATE "C",
    ADD qsx_hz bigint,                            -- where the DX listens
    ADD dx_dxcc smallint,                         -- ADIF's number of the entity
    ADD dx_cq_zone smallint,
    ADD dx_itu_zone smallint,
    ADD spotter_dxcc smallint,
    ADD spotter_cq_zone smallint,
    ADD spotter_itu_zone smallint,
    ADD distance_km smallint,
    ADD bearing smallint,                         -- degrees from the spotter to the DX
    ADD beacon boolean NOT NULL DEFAULT false,
    ADD dx_continent text,                        -- 'EU'
    ADD spotter_continent text,
    ADD place_source text,                        -- 'grid', or 'country' when one end is known by its country only
    ADD report text,                              -- as said: '599', '-14'
    ADD propagation text,                         -- ADIF's PROP_MODE: 'ES', 'TR'
    ADD satellite text,                           -- 'QO-100'
    ADD refs text[];                              -- 'POTA:US-0001', 'SOTA:W6/CT-001'; null when there is none

-- Times in which a node was not heard, and what of them its history could still tell.
CREATE TABLE gaps (
    node     text        NOT NULL,
    began    timestamptz NOT NULL,
    ended    timestamptz NOT NULL,
    unrepaired_seconds double precision NOT NULL, -- the part that the history does not reach back to
    asked    integer     NOT NULL,                -- spots of history
    answered integer     NOT NULL,
    reason   text        NOT NULL,
    PRIMARY KEY (node, began)
);

-- Lines that were understood and that PostgreSQL did not take. All are kept: they are rare, and somebody must look.
CREATE TABLE refused_rows (
    node     text        NOT NULL,
    received timestamptz NOT NULL,
    refused  timestamptz NOT NULL DEFAULT now(),
    line     bytea       NOT NULL,
    reason   text        NOT NULL
);
CREATE UNIQUE INDEX refused_rows_once ON refused_rows (received, node, sha256(line));

-- Spot lines by the day on which they came (UTC) and the node, and what became of them.
CREATE TABLE tallies (
    day       date   NOT NULL,
    node      text   NOT NULL,
    received  bigint NOT NULL,
    stored    bigint NOT NULL,                    -- for the first time
    doubled   bigint NOT NULL,                    -- were stored already
    recovered bigint NOT NULL,                    -- of those stored, the ones that came as history
    unparsed  bigint NOT NULL,
    refused   bigint NOT NULL,
    PRIMARY KEY (day, node),
    CHECK (received = stored + doubled + unparsed + refused)
) WITH (fillfactor = 50);

-- Up to which of its lines each spool is stored: written with the rows, so that no line counts twice.
CREATE TABLE drained (
    spool   uuid        PRIMARY KEY,
    line    bigint      NOT NULL,
    drained timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);

GRANT SELECT, INSERT ON gaps, refused_rows TO scraper;
GRANT SELECT, INSERT, UPDATE ON tallies, drained TO scraper;
GRANT SELECT ON gaps, refused_rows, tallies TO dashboard, grafana;
