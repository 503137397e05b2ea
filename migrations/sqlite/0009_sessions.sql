-- Logins of browsers.

-- A session is a token that goes on while it is used: use moves `expires_at`, but never beyond
-- `ends_at`. None for a token, which ends when it ends.
ALTER TABLE tokens ADD COLUMN ends_at INTEGER
    CONSTRAINT tokens_ends_at_check CHECK (expires_at <= ends_at);
