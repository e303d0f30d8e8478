-- What people allowed command lines: an API token for a code, which is a secret, so only its SHA-256 is here. One session has at
-- most one, and ends it.
CREATE TABLE logins (
    session_hash bytea PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
    code_hash    bytea NOT NULL UNIQUE,
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    device       text NOT NULL,
    challenge    text NOT NULL,
    redirect     text NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX ON logins (user_id);
