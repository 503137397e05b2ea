-- What publishers told us. Insert-only.

-- A rowid table, since the publisher's data makes rows long.
CREATE TABLE events (
    id BLOB NOT NULL,
    filter TEXT NOT NULL,
    event_type TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    resource_name TEXT,
    resource_category TEXT,
    actor TEXT,
    occurred_at INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    -- The publisher's JSON, kept to the byte.
    data TEXT,
    CONSTRAINT events_pkey PRIMARY KEY (id)
) STRICT;

-- Events whose deliveries have not been created yet.
CREATE TABLE event_outbox (
    event_id BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    CONSTRAINT event_outbox_pkey PRIMARY KEY (event_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_outbox_due_at ON event_outbox (due_at);

-- What makes a repeated publish harmless.
CREATE TABLE event_keys (
    scope BLOB NOT NULL,
    key TEXT NOT NULL,
    event_id BLOB NOT NULL,
    -- SHA-256 of the event's content.
    content BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT event_keys_pkey PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
