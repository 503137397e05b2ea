-- Events on their way to registrations, and every attempt to get them there.

-- Neither the event nor the registration is a foreign key: history outlives registrations, and the
-- checks would cost the hot path two look-ups per delivery.
CREATE TABLE deliveries (
    -- Begins with the time of the event, so that the deliveries of one event are neighbours.
    id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    registration_id BLOB NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    -- Attempts made before the current round; a replay begins a new one.
    earlier_rounds INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- When the next attempt is, or was first, wanted.
    wanted_at INTEGER NOT NULL,
    -- When the scheduler looks at it next; only while pending.
    due_at INTEGER,
    leased_until INTEGER NOT NULL,
    lease_token BLOB,
    settled_at INTEGER,
    dead_reason TEXT,
    last_status INTEGER,
    last_cause TEXT,
    CONSTRAINT deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT deliveries_state_check
        CHECK (state IN ('pending', 'held', 'delivered', 'dead')),
    CONSTRAINT deliveries_due_check
        CHECK ((state = 'pending') = (due_at IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX deliveries_registration ON deliveries (registration_id, id);
CREATE INDEX deliveries_due_at ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_wanted_at ON deliveries (wanted_at) WHERE state = 'pending';
CREATE INDEX deliveries_held ON deliveries (registration_id, id) WHERE state = 'held';
CREATE INDEX deliveries_dead ON deliveries (id) WHERE state = 'dead';

-- Insert-only. A rowid table, since the response makes rows long.
CREATE TABLE attempts (
    id BLOB NOT NULL,
    delivery_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    status INTEGER,
    cause TEXT,
    detail TEXT,
    -- JSON: pairs of name and value.
    response_headers TEXT,
    response_body BLOB,
    worker TEXT NOT NULL,
    CONSTRAINT attempts_pkey PRIMARY KEY (id)
) STRICT;

CREATE INDEX attempts_delivery ON attempts (delivery_id);
