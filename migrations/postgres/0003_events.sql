-- What publishers told us. Insert-only.
--
-- An event's id is a UUIDv7 of the time of its acceptance, so a range of ids is a range of time: a
-- partition per day keeps the primary key unique over all of them, lets a look-up by id visit one
-- partition, and makes dropping old days cheap. What finds no partition goes to the default one, so
-- that acceptance never fails for want of a partition.
CREATE TABLE events (
    id uuid NOT NULL,
    filter text NOT NULL,
    event_type text NOT NULL,
    resource_id text NOT NULL,
    resource_name text,
    resource_category text,
    actor text,
    occurred_at timestamptz NOT NULL,
    accepted_at timestamptz NOT NULL,
    -- The publisher's JSON, kept to the byte.
    data text,
    CONSTRAINT events_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE TABLE events_default PARTITION OF events DEFAULT;

-- Events whose deliveries have not been created yet.
CREATE TABLE event_outbox (
    event_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    CONSTRAINT event_outbox_pkey PRIMARY KEY (event_id)
);

CREATE INDEX event_outbox_due_at ON event_outbox (due_at);

-- What makes a repeated publish harmless.
CREATE TABLE event_keys (
    scope uuid NOT NULL,
    key text NOT NULL,
    event_id uuid NOT NULL,
    -- SHA-256 of the event's content.
    content bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT event_keys_pkey PRIMARY KEY (scope, key)
);
