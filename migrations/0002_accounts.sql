-- People who may sign in, their devices, and what they chose.

CREATE TABLE users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text        NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,31}$'),
    password_hash text        NOT NULL,           -- argon2id, PHC string
    role          text        NOT NULL CHECK (role IN ('viewer', 'user', 'owner')),
    created       timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sign_in_sessions (
    token_hash bytea       PRIMARY KEY,           -- SHA-256 of the token in the cookie
    user_id    bigint      NOT NULL REFERENCES users ON DELETE CASCADE,
    device     text        NOT NULL DEFAULT '',   -- the browser's User-Agent, cut to 200 characters
    created    timestamptz NOT NULL DEFAULT now(),
    last_seen  timestamptz NOT NULL DEFAULT now(),
    expires    timestamptz NOT NULL
);
CREATE INDEX sign_in_sessions_user ON sign_in_sessions (user_id);

CREATE TABLE sign_in_attempts (
    time    timestamptz NOT NULL DEFAULT now(),
    name    text        NOT NULL,                 -- as typed, cut to 32 characters
    address inet,
    success boolean     NOT NULL
);
CREATE INDEX sign_in_attempts_name ON sign_in_attempts (name, time DESC);
CREATE INDEX sign_in_attempts_address ON sign_in_attempts (address, time DESC);

CREATE TABLE user_settings (
    user_id bigint      PRIMARY KEY REFERENCES users ON DELETE CASCADE,
    values  jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(values) = 'object'),
    changed timestamptz NOT NULL DEFAULT now()
);
