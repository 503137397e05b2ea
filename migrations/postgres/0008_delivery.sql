-- How deliveries flow: options of registrations, holding and releasing, breakers, replays, and what was
-- sent.

-- JSON of the delivery options: format, time-out, retries, rate, batching.
ALTER TABLE registrations ADD COLUMN options text NOT NULL DEFAULT '{}';
-- An RFC 9535 filter expression.
ALTER TABLE registrations ADD COLUMN condition text;
-- Sealed JSON: what a request proves itself with beside its signature, and the signing keys.
ALTER TABLE registrations ADD COLUMN credentials text;
-- From the options, for the statement that claims: whether deliveries wait for the scheduler to let
-- them go (a rate or a batch window), and whether they are discarded while it is paused.
ALTER TABLE registrations ADD COLUMN paced boolean NOT NULL DEFAULT false;
ALTER TABLE registrations ADD COLUMN discards boolean NOT NULL DEFAULT false;
-- Switched off by the product: the receiver is gone, or has failed for very long.
ALTER TABLE registrations ADD COLUMN disabled_at timestamptz;
ALTER TABLE registrations ADD COLUMN disabled_reason text;
ALTER TABLE registrations ADD COLUMN secret_expires_at timestamptz;

-- What the workers and the scheduler share about a registration: how its receiver does, and when what
-- is held for it may go. A row appears with the first reason for one. Beside `registrations`, since it
-- changes with the traffic and not with its owner's wishes.
CREATE TABLE registration_flow (
    registration_id uuid NOT NULL,
    -- The first failure since the last success.
    failing_since timestamptz,
    breaker text NOT NULL DEFAULT 'closed',
    -- Open: when a probe may go. Half open: when the probe counts as lost.
    breaker_until timestamptz,
    -- The one delivery that may be attempted while half open.
    probe_id uuid,
    -- How often in a row it opened: the pause grows with it.
    trips smallint NOT NULL DEFAULT 0,
    opened_at timestamptz,
    -- When the scheduler looks next at what is held; none when there is nothing to look for.
    release_at timestamptz,
    -- Since when releasing meets no resistance: the number of those let go grows with it.
    ramp_from timestamptz,
    -- A rate: when the next one may go.
    rate_at timestamptz,
    -- When its owner was last told that deliveries die.
    died_told_at timestamptz,
    -- When its owner was last told that what is held was given up.
    overflow_told_at timestamptz,
    CONSTRAINT registration_flow_pkey PRIMARY KEY (registration_id),
    CONSTRAINT registration_flow_registration_fkey FOREIGN KEY (registration_id)
        REFERENCES registrations (id) ON DELETE CASCADE,
    CONSTRAINT registration_flow_breaker_check CHECK (breaker IN ('closed', 'open', 'half_open'))
);

CREATE INDEX registration_flow_release ON registration_flow (release_at)
    WHERE release_at IS NOT NULL;
CREATE INDEX registration_flow_breaker ON registration_flow (registration_id)
    WHERE breaker <> 'closed';

-- What `resumed_at` said is said by `release_at` now.
INSERT INTO registration_flow (registration_id, release_at, ramp_from)
SELECT id, resumed_at, resumed_at
FROM registrations
WHERE resumed_at IS NOT NULL;
DROP INDEX registrations_resumed;
ALTER TABLE registrations DROP COLUMN resumed_at;

ALTER TABLE deliveries ADD COLUMN hold_reason text;
-- Let go by the scheduler, and not claimed since.
ALTER TABLE deliveries ADD COLUMN released_at timestamptz;
-- How often it was sent again at somebody's request.
ALTER TABLE deliveries ADD COLUMN replays smallint NOT NULL DEFAULT 0;
-- The delivery that carries this one's event; its own requests are not made.
ALTER TABLE deliveries ADD COLUMN bundle_id uuid;
-- How many events it carries, its own included.
ALTER TABLE deliveries ADD COLUMN bundle_size smallint NOT NULL DEFAULT 1;
-- The payload of an event that it carried was removed: what its receiver answers is not kept.
ALTER TABLE deliveries ADD COLUMN expunged_at timestamptz;
UPDATE deliveries SET hold_reason = 'paused' WHERE state = 'held';

CREATE INDEX deliveries_released ON deliveries (registration_id) WHERE released_at IS NOT NULL;
CREATE INDEX deliveries_bundle ON deliveries (bundle_id, id) WHERE bundle_id IS NOT NULL;
-- What is held and can be let go: without those that go with another, of which there may be many more.
CREATE INDEX deliveries_waiting ON deliveries (registration_id, id)
    WHERE state = 'held' AND bundle_id IS NULL;
-- The dead of one registration: what is counted, and sent again, without a look at all the others.
CREATE INDEX deliveries_dead_of ON deliveries (registration_id, id) WHERE state = 'dead';

-- The payload was removed on request.
ALTER TABLE events ADD COLUMN expunged_at timestamptz;

-- What was sent. Sensitive headers are masked, and the body is known by its digest.
ALTER TABLE attempts ADD COLUMN request_uri text;
ALTER TABLE attempts ADD COLUMN request_headers text;
ALTER TABLE attempts ADD COLUMN request_bytes integer;
ALTER TABLE attempts ADD COLUMN request_digest bytea;
-- Phases in microseconds; none where the connection was there already, or the phase was not reached.
ALTER TABLE attempts ADD COLUMN dns_us bigint;
ALTER TABLE attempts ADD COLUMN connect_us bigint;
ALTER TABLE attempts ADD COLUMN tls_us bigint;
ALTER TABLE attempts ADD COLUMN first_byte_us bigint;
-- Which replay of the delivery it belongs to; 0 is none.
ALTER TABLE attempts ADD COLUMN replay smallint NOT NULL DEFAULT 0;

-- Sending again what was settled, as a job.
CREATE TABLE replays (
    id uuid NOT NULL,
    registration_id uuid NOT NULL,
    created_by uuid NOT NULL,
    -- JSON of the query.
    query text NOT NULL,
    -- Deliveries a second.
    pace integer NOT NULL,
    state text NOT NULL,
    -- How many there were when it was made, as far as was looked, and whether there may be more.
    matched bigint NOT NULL,
    matched_more boolean NOT NULL,
    replayed bigint NOT NULL,
    -- The last delivery that was looked at.
    cursor uuid,
    created_at timestamptz NOT NULL,
    advanced_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT replays_pkey PRIMARY KEY (id),
    CONSTRAINT replays_registration_fkey FOREIGN KEY (registration_id)
        REFERENCES registrations (id) ON DELETE CASCADE,
    CONSTRAINT replays_state_check CHECK (state IN ('running', 'done', 'cancelled'))
);

CREATE INDEX replays_running ON replays (id) WHERE state = 'running';
CREATE INDEX replays_registration ON replays (registration_id, id);

-- Retention goes by age. What was given up is kept from then on, however old it was.
CREATE INDEX deliveries_dead_settled ON deliveries (settled_at) WHERE state = 'dead';
CREATE INDEX event_keys_created_at ON event_keys (created_at);
CREATE INDEX creation_keys_created_at ON creation_keys (created_at);
CREATE INDEX replays_finished_at ON replays (finished_at) WHERE finished_at IS NOT NULL;

-- Registrations that are gone, while what was on its way to them is given up, a stretch at a time: it
-- may be millions of deliveries.
CREATE TABLE deleted_registrations (
    registration_id uuid NOT NULL,
    -- The last of its deliveries that was looked at, the newest first; before that an id after every
    -- other.
    position uuid NOT NULL
        DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    CONSTRAINT deleted_registrations_pkey PRIMARY KEY (registration_id)
);

-- How far retention has come in the tables where some of what is old is kept on purpose: it goes
-- through each in the order of the key, a bounded stretch at a time, and must neither look again at
-- what it kept nor count it.
CREATE TABLE retention_sweeps (
    kind text NOT NULL,
    -- The last row that was looked at; none between two sweeps.
    position uuid,
    -- Up to here everything is gone that was not kept on purpose.
    swept_to uuid,
    CONSTRAINT retention_sweeps_pkey PRIMARY KEY (kind)
);

INSERT INTO retention_sweeps (kind) VALUES ('deliveries'), ('events'), ('attempts');
