-- Webhooks that came in, and what was done with them. In a schema of its own: a database may hold it
-- without anything of the sending side, and the other way round.

CREATE SCHEMA IF NOT EXISTS inbox;

CREATE TABLE inbox.items (
    id uuid NOT NULL,
    -- The parts of the URL it came to, in lower case.
    receiver text NOT NULL,
    address_id text NOT NULL,
    actions text[] NOT NULL,
    -- What its sender calls it; none when it has no name.
    dedupe_key text,
    received_at timestamptz NOT NULL,
    state text NOT NULL,
    -- The handlers that ran to their end since it was received, or replayed.
    done text[] NOT NULL,
    -- In a row of one handler, since then, and which one that is.
    failures smallint NOT NULL,
    failed_handler text,
    -- Over all handlers and rounds.
    runs integer NOT NULL,
    replays integer NOT NULL,
    -- How often it came again and was dropped.
    duplicates integer NOT NULL,
    -- When the next run is, or was first, wanted.
    wanted_at timestamptz NOT NULL,
    -- When the scheduler looks at it next; only while pending.
    due_at timestamptz,
    leased_until timestamptz NOT NULL,
    lease_token uuid,
    settled_at timestamptz,
    method text NOT NULL,
    query text NOT NULL,
    -- JSON: pairs of name and value.
    headers text NOT NULL,
    body bytea NOT NULL,
    CONSTRAINT inbox_items_state_check CHECK (state IN ('pending', 'processed', 'dead')),
    CONSTRAINT inbox_items_due_check CHECK ((state = 'pending') = (due_at IS NOT NULL)),
    CONSTRAINT inbox_items_settled_check CHECK ((state = 'pending') = (settled_at IS NULL)),
    CONSTRAINT inbox_items_failed_check CHECK ((failures > 0) = (failed_handler IS NOT NULL))
) WITH (
    -- Room on the page for the claim and the runs of most rows: neither changes an indexed column
    -- before the last run, so that with room they touch no index.
    fillfactor = 70,
    -- Pending rows come and go by the million; statistics and dead rows must follow.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);

-- What is the same webhook, sent again.
CREATE UNIQUE INDEX inbox_items_dedupe ON inbox.items (receiver, address_id, dedupe_key)
    WHERE dedupe_key IS NOT NULL;
-- What the scheduler announces, and what waits.
CREATE INDEX inbox_items_due_at ON inbox.items (due_at) WHERE state = 'pending';
CREATE INDEX inbox_items_wanted_at ON inbox.items (wanted_at) WHERE state = 'pending';
-- The lists.
CREATE INDEX inbox_items_receiver ON inbox.items (receiver, id);
CREATE INDEX inbox_items_address ON inbox.items (receiver, address_id, id);
CREATE INDEX inbox_items_pending ON inbox.items (id) WHERE state = 'pending';
CREATE INDEX inbox_items_dead ON inbox.items (id) WHERE state = 'dead';
-- Retention goes by age, and keeps the dead longer than the others.
CREATE INDEX inbox_items_settled_at ON inbox.items (state, settled_at)
    WHERE settled_at IS NOT NULL;
-- After the others: of indexes that cost the same, as all do while the table is empty, the planner takes
-- the newest, and two of the others have the id as well.
ALTER TABLE inbox.items ADD CONSTRAINT inbox_items_pkey PRIMARY KEY (id);

-- Insert-only. The item is no foreign key: whoever records a run, or removes its item, has locked it.
CREATE TABLE inbox.runs (
    item_id uuid NOT NULL,
    number integer NOT NULL,
    -- Two workers that take each other for dead may both make the run of one number.
    lease_token uuid NOT NULL,
    handler text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    outcome text NOT NULL,
    -- Why it failed.
    error text,
    -- Whether the lease still held, so that what followed from the run counted.
    applied boolean NOT NULL,
    CONSTRAINT inbox_runs_pkey PRIMARY KEY (item_id, number, lease_token),
    CONSTRAINT inbox_runs_outcome_check CHECK (outcome IN ('done', 'stopped', 'failed')),
    CONSTRAINT inbox_runs_error_check CHECK ((outcome = 'failed') = (error IS NOT NULL))
);
