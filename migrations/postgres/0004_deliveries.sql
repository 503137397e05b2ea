-- Events on their way to registrations, and every attempt to get them there.

-- Neither the event nor the registration is a foreign key: history outlives registrations, and the
-- checks would cost the hot path two look-ups per delivery.
CREATE TABLE deliveries (
    -- Begins with the time of the event, so that the deliveries of one event are neighbours.
    id uuid NOT NULL,
    event_id uuid NOT NULL,
    registration_id uuid NOT NULL,
    state text NOT NULL,
    attempts smallint NOT NULL,
    -- Attempts made before the current round; a replay begins a new one.
    earlier_rounds smallint NOT NULL,
    created_at timestamptz NOT NULL,
    -- When the next attempt is, or was first, wanted.
    wanted_at timestamptz NOT NULL,
    -- When the scheduler looks at it next; only while pending.
    due_at timestamptz,
    leased_until timestamptz NOT NULL,
    lease_token uuid,
    settled_at timestamptz,
    dead_reason text,
    last_status smallint,
    last_cause text,
    CONSTRAINT deliveries_pkey PRIMARY KEY (id),
    CONSTRAINT deliveries_state_check
        CHECK (state IN ('pending', 'held', 'delivered', 'dead')),
    CONSTRAINT deliveries_due_check
        CHECK ((state = 'pending') = (due_at IS NOT NULL))
) WITH (
    -- Room on the page for the claim and the record of most rows: a claim changes no indexed
    -- column, so that with room it touches no index.
    fillfactor = 70,
    -- Pending rows come and go by the million; statistics and dead rows must follow.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);

CREATE INDEX deliveries_registration ON deliveries (registration_id, id);
CREATE INDEX deliveries_due_at ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_wanted_at ON deliveries (wanted_at) WHERE state = 'pending';
CREATE INDEX deliveries_held ON deliveries (registration_id, id) WHERE state = 'held';
CREATE INDEX deliveries_dead ON deliveries (id) WHERE state = 'dead';

-- Insert-only, and partitioned by day as events are.
CREATE TABLE attempts (
    id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    number smallint NOT NULL,
    started_at timestamptz NOT NULL,
    duration_us bigint NOT NULL,
    status smallint,
    cause text,
    detail text,
    -- JSON: pairs of name and value.
    response_headers text,
    response_body bytea,
    worker text NOT NULL,
    CONSTRAINT attempts_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE INDEX attempts_delivery ON attempts (delivery_id);

CREATE TABLE attempts_default PARTITION OF attempts DEFAULT;
