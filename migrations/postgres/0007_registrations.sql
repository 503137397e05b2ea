-- Secrets at rest, their rotation, idempotent creation, and the order of the grid.

-- From here on `secret` and `headers` are sealed: encrypted, and bound to their row. The store seals
-- what it finds in the clear when it migrates.
--
-- The secret that was in force before, which goes on signing until it ends.
ALTER TABLE registrations ADD COLUMN previous_secret text;
ALTER TABLE registrations ADD COLUMN previous_secret_ends_at timestamptz;

-- The default order of a list: by URI, byte by byte.
CREATE INDEX registrations_uri ON registrations (uri COLLATE "C", id);
CREATE INDEX registrations_owner_uri ON registrations (owner_id, uri COLLATE "C", id);

-- What makes a repeated creation harmless: the same key with the same content names what was created
-- the first time.
CREATE TABLE creation_keys (
    owner_id uuid NOT NULL,
    key text NOT NULL,
    -- SHA-256 of the request.
    content bytea NOT NULL,
    -- The id of what was created.
    created uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT creation_keys_pkey PRIMARY KEY (owner_id, key),
    CONSTRAINT creation_keys_owner_fkey FOREIGN KEY (owner_id) REFERENCES users (id)
        ON DELETE CASCADE
);
