-- Sign-ins that last, second factors, invitations, and the audit trail.

-- A device keeps its session while its tokens follow each other.
ALTER TABLE sign_in_sessions ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY;
ALTER TABLE sign_in_sessions ADD COLUMN address text NOT NULL DEFAULT '';    -- roughly: of IPv4 the /24, of IPv6 the /48
ALTER TABLE sign_in_sessions ADD COLUMN confirmed timestamptz NOT NULL DEFAULT '-infinity';  -- who it is, by the password
ALTER TABLE sign_in_sessions DROP CONSTRAINT sign_in_sessions_pkey;
ALTER TABLE sign_in_sessions ADD PRIMARY KEY (id);

CREATE TABLE sign_in_tokens (
    hash       bytea       PRIMARY KEY,           -- SHA-256 of the token in the cookie
    session_id bigint      NOT NULL REFERENCES sign_in_sessions ON DELETE CASCADE,
    made       timestamptz NOT NULL DEFAULT now(),
    settled    timestamptz,                       -- since then the device surely has it; null while it is only offered
    replaced   timestamptz                        -- since then the device surely has a later one
);
CREATE INDEX sign_in_tokens_session ON sign_in_tokens (session_id);
INSERT INTO sign_in_tokens (hash, session_id, made, settled) SELECT token_hash, id, created, created FROM sign_in_sessions;
ALTER TABLE sign_in_sessions DROP COLUMN token_hash;

ALTER TABLE users ADD COLUMN last_seen timestamptz;
-- Whether the password was right and the second step failed.
ALTER TABLE sign_in_attempts ADD COLUMN second boolean NOT NULL DEFAULT false;

CREATE TABLE totp (
    user_id   bigint      PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    secret    bytea       NOT NULL,               -- encrypted by a key that is not in the database
    made      timestamptz NOT NULL DEFAULT now(),
    confirmed timestamptz,                        -- in force since; null until a code has shown that the phone has it
    last_step bigint      NOT NULL DEFAULT 0      -- the half minute of the last code that was taken: no code is taken twice
);

CREATE TABLE recovery_codes (
    user_id bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    hash    bytea       NOT NULL,                 -- HMAC by a key that is not in the database
    used    timestamptz,
    PRIMARY KEY (user_id, hash)
);

CREATE TABLE passkeys (
    id         bytea       PRIMARY KEY,           -- as the authenticator names it
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    name       text        NOT NULL CHECK (name ~ '^[^[:cntrl:]]{1,60}$'),
    public_key bytea       NOT NULL,              -- in COSE
    sign_count bigint      NOT NULL,
    transports text[]      NOT NULL DEFAULT '{}',
    created    timestamptz NOT NULL DEFAULT now(),
    last_used  timestamptz
);
CREATE INDEX passkeys_user ON passkeys (user_id);

-- Each challenge is answered once.
CREATE TABLE used_challenges (
    challenge bytea       PRIMARY KEY,
    used      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE invitations (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash      bytea       NOT NULL UNIQUE CHECK (length(hash) = 32),   -- SHA-256 of the token in the link
    role      text        NOT NULL CHECK (role IN ('viewer', 'user', 'owner')),
    name_hint text        NOT NULL DEFAULT '',
    made_by   text,                               -- null for a command on the station
    created   timestamptz NOT NULL DEFAULT now(),
    expires   timestamptz NOT NULL,
    revoked   timestamptz,
    used      timestamptz,
    used_by   text
);

-- Who did what to whom: names, since it outlives the users. Rows are added and, after long, forgotten, never changed.
CREATE TABLE audit_trail (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time    timestamptz NOT NULL DEFAULT now(),
    event   text        NOT NULL,
    actor   text,                                 -- null for a command on the station, or somebody unknown with an address
    subject text,                                 -- the user whom it concerns
    address inet,
    detail  text        NOT NULL DEFAULT ''
);
CREATE INDEX audit_trail_time ON audit_trail (time);

GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_tokens, totp, recovery_codes, passkeys TO dashboard;
GRANT SELECT, INSERT, DELETE ON used_challenges TO dashboard;
GRANT SELECT, INSERT ON invitations TO dashboard;
GRANT UPDATE (revoked, used, used_by) ON invitations TO dashboard;
GRANT INSERT, DELETE ON users TO dashboard;
GRANT UPDATE (role, last_seen) ON users TO dashboard;
GRANT SELECT ON audit_trail TO dashboard;
GRANT INSERT (event, actor, subject, address, detail) ON audit_trail TO dashboard;
