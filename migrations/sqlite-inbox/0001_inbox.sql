-- Webhooks that came in, and what was done with them. Beside the tables of the sending side and without
-- a word of them: a file may hold these without those, and the other way round.

-- A rowid table, since the request makes rows long; what is long comes last, so that nobody reads past it.
CREATE TABLE inbox_items (
    id BLOB NOT NULL,
    -- The parts of the URL it came to, in lower case.
    receiver TEXT NOT NULL,
    address_id TEXT NOT NULL,
    -- JSON: a list.
    actions TEXT NOT NULL,
    -- What its sender calls it; none when it has no name.
    dedupe_key TEXT,
    received_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- JSON: the handlers that ran to their end since it was received, or replayed.
    done TEXT NOT NULL,
    -- In a row of one handler, since then, and which one that is.
    failures INTEGER NOT NULL,
    failed_handler TEXT,
    -- Over all handlers and rounds.
    runs INTEGER NOT NULL,
    replays INTEGER NOT NULL,
    -- How often it came again and was dropped.
    duplicates INTEGER NOT NULL,
    -- When the next run is, or was first, wanted.
    wanted_at INTEGER NOT NULL,
    -- When the scheduler looks at it next; only while pending.
    due_at INTEGER,
    leased_until INTEGER NOT NULL,
    lease_token BLOB,
    settled_at INTEGER,
    method TEXT NOT NULL,
    query TEXT NOT NULL,
    -- JSON: pairs of name and value.
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    CONSTRAINT inbox_items_pkey PRIMARY KEY (id),
    CONSTRAINT inbox_items_state_check CHECK (state IN ('pending', 'processed', 'dead')),
    CONSTRAINT inbox_items_due_check CHECK ((state = 'pending') = (due_at IS NOT NULL)),
    CONSTRAINT inbox_items_settled_check CHECK ((state = 'pending') = (settled_at IS NULL)),
    CONSTRAINT inbox_items_failed_check CHECK ((failures > 0) = (failed_handler IS NOT NULL))
) STRICT;

-- What is the same webhook, sent again.
CREATE UNIQUE INDEX inbox_items_dedupe ON inbox_items (receiver, address_id, dedupe_key)
    WHERE dedupe_key IS NOT NULL;
-- What the scheduler announces, and what waits.
CREATE INDEX inbox_items_due_at ON inbox_items (due_at) WHERE state = 'pending';
CREATE INDEX inbox_items_wanted_at ON inbox_items (wanted_at) WHERE state = 'pending';
-- The lists.
CREATE INDEX inbox_items_receiver ON inbox_items (receiver, id);
CREATE INDEX inbox_items_address ON inbox_items (receiver, address_id, id);
CREATE INDEX inbox_items_pending ON inbox_items (id) WHERE state = 'pending';
CREATE INDEX inbox_items_dead ON inbox_items (id) WHERE state = 'dead';
-- Retention goes by age, and keeps the dead longer than the others.
CREATE INDEX inbox_items_settled_at ON inbox_items (state, settled_at)
    WHERE settled_at IS NOT NULL;

-- Insert-only. The item is no foreign key: nobody else writes while a run is recorded or an item
-- removed.
CREATE TABLE inbox_runs (
    item_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    -- Two workers that take each other for dead may both make the run of one number.
    lease_token BLOB NOT NULL,
    handler TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    -- Why it failed.
    error TEXT,
    -- Whether the lease still held, so that what followed from the run counted.
    applied INTEGER NOT NULL,
    CONSTRAINT inbox_runs_pkey PRIMARY KEY (item_id, number, lease_token),
    CONSTRAINT inbox_runs_outcome_check CHECK (outcome IN ('done', 'stopped', 'failed')),
    CONSTRAINT inbox_runs_error_check CHECK ((outcome = 'failed') = (error IS NOT NULL))
) STRICT, WITHOUT ROWID;
