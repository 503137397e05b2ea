-- Where users want which events.

-- A rowid table, since headers and properties make rows long.
CREATE TABLE registrations (
    id BLOB NOT NULL,
    owner_id BLOB NOT NULL,
    uri TEXT NOT NULL,
    secret TEXT NOT NULL,
    description TEXT,
    -- These three are JSON, kept to the byte.
    filters TEXT NOT NULL,
    headers TEXT NOT NULL,
    properties TEXT NOT NULL,
    paused INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    -- Set by resuming, until nothing that was held in the pause is left to release.
    resumed_at INTEGER,
    CONSTRAINT registrations_pkey PRIMARY KEY (id),
    CONSTRAINT registrations_owner_fkey FOREIGN KEY (owner_id) REFERENCES users (id)
        ON DELETE CASCADE
) STRICT;

CREATE INDEX registrations_owner ON registrations (owner_id, id);
CREATE INDEX registrations_resumed ON registrations (id) WHERE resumed_at IS NOT NULL;

-- One row per entry of a registration's filters, `*` included: what dispatch joins on, so that its
-- cost follows the owners who may read, not the number of registrations.
CREATE TABLE registration_filters (
    owner_id BLOB NOT NULL,
    filter TEXT NOT NULL,
    registration_id BLOB NOT NULL,
    CONSTRAINT registration_filters_pkey PRIMARY KEY (owner_id, filter, registration_id),
    CONSTRAINT registration_filters_registration_fkey FOREIGN KEY (registration_id)
        REFERENCES registrations (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX registration_filters_registration ON registration_filters (registration_id);
