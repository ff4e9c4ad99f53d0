-- How far each import of old spots has come: written with the rows, so that one that was killed goes on where it
-- stopped, and what was imported is not read again.

CREATE TABLE import_progress (
    source   bytea       NOT NULL,                -- SHA-256 of what is read, and of how
    first    bigint      NOT NULL,                -- the part that is stored: the file's byte, or the old table's id
    through  bigint      NOT NULL,                -- where the next part begins
    name     text        NOT NULL,
    lines    bigint      NOT NULL,
    spots    bigint      NOT NULL,                -- stored for the first time
    doubled  bigint      NOT NULL,                -- were stored already
    solar    bigint      NOT NULL,                -- bulletins, new or not
    refused  jsonb       NOT NULL,                -- numbers of lines by reason
    stored   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, first),
    CHECK (first < through)
);
