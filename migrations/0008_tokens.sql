-- Keys with which programs use the API in the name of a user.

CREATE TABLE tokens (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id   bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    hash      bytea       NOT NULL UNIQUE CHECK (length(hash) = 32),   -- SHA-256 of the token, which nobody keeps
    name      text        NOT NULL CHECK (name ~ '^[^[:cntrl:]]{1,60}$'),
    scopes    text[]      NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['read', 'stream']),
    created   timestamptz NOT NULL DEFAULT now(),
    last_used timestamptz,                        -- to the hour; null when never
    expires   timestamptz,                        -- null for never
    revoked   timestamptz                         -- null while it is in force
);
-- A name is free again when its token was revoked.
CREATE UNIQUE INDEX tokens_name ON tokens (user_id, name) WHERE revoked IS NULL;

GRANT SELECT, INSERT, DELETE ON tokens TO dashboard;
GRANT UPDATE (last_used, revoked) ON tokens TO dashboard;
