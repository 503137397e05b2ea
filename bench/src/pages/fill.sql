-- What the pages are measured among: events of 30 days with their deliveries and attempts, the audit log,
-- replays and received webhooks. Users and registrations are there already; those of `measured` get
-- their share like everybody's, and one of them a twentieth of all deliveries.
--
-- What is rare is old: whoever looks from the newest on finds it last.

CREATE FUNCTION pg_temp.id_at(at timestamptz, seed text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(seed), 1, 3) || '8' || substr(md5(seed), 4, 15))::uuid
$$;

-- Number 1 is the oldest.
CREATE TEMP TABLE filled_events AS
SELECT
    n,
    pg_temp.id_at(at, 'event ' || n) AS id,
    at,
    CASE
        WHEN n <= 50 THEN 'alerts'
        WHEN n % 3 = 0 THEN 'tasks'
        ELSE 'reports'
    END AS filter,
    CASE
        WHEN n <= 20 THEN 'Purged'
        WHEN n % 2 = 0 THEN 'Edited'
        ELSE 'Added'
    END AS event_type,
    'resource-' || n % 5000 AS resource_id
FROM (
    SELECT n, now() - interval '30 days' * ((:events - n)::float / :events) AS at
    FROM generate_series(1, :events) AS n
) AS numbered;

INSERT INTO events (
    id, filter, event_type, resource_id, resource_name, actor, occurred_at, accepted_at, data,
    publisher_id
)
SELECT
    id, filter, event_type, resource_id, 'Revenue ' || resource_id, 'scheduler', at, at,
    '{"pages":7,"note":"' || repeat('x', 200) || '"}',
    (SELECT id FROM users WHERE name_key = 'bench')
FROM filled_events;

-- Whose turn it is to get a delivery; the first is the one of `measured` with many.
CREATE TEMP TABLE filled_registrations AS
SELECT r.id, row_number() OVER (ORDER BY u.name_key <> 'measured', r.id) - 1 AS n
FROM registrations AS r
JOIN users AS u ON u.id = r.owner_id;
CREATE UNIQUE INDEX ON filled_registrations (n);

CREATE TEMP TABLE filled_deliveries AS
SELECT
    pg_temp.id_at(e.at, 'delivery ' || d.n) AS id,
    e.id AS event_id,
    e.at,
    r.id AS registration_id,
    d.n,
    CASE
        WHEN d.n <= 10 THEN 'dead'
        WHEN d.n <= :deliveries / 3 AND d.n % 20 = 0 THEN 'dead'
        WHEN d.n <= :deliveries / 3 AND d.n % 50 = 1 THEN 'held'
        WHEN d.n % 1000 = 2 THEN 'pending'
        ELSE 'delivered'
    END AS state
FROM generate_series(1, :deliveries) AS d (n)
JOIN filled_events AS e ON e.n = (d.n - 1)::bigint * :events / :deliveries + 1
JOIN filled_registrations AS r ON r.n = CASE
    WHEN d.n % 20 = 3 THEN 0
    ELSE (d.n::bigint * 7919) % (SELECT count(*) FROM filled_registrations)
END;

INSERT INTO deliveries (
    id, event_id, registration_id, state, hold_reason, attempts, earlier_rounds, created_at,
    wanted_at, due_at, leased_until, settled_at, dead_reason, last_status, last_cause
)
SELECT
    id, event_id, registration_id, state,
    CASE WHEN state = 'held' THEN CASE WHEN n < 1000 THEN 'secret_expired' ELSE 'paused' END END,
    1, 0, at, at,
    CASE WHEN state = 'pending' THEN now() + interval '1 day' END,
    'epoch',
    CASE WHEN state IN ('delivered', 'dead') THEN at END,
    CASE WHEN state = 'dead' THEN CASE WHEN n <= 10 THEN 'gone' ELSE 'exhausted' END END,
    CASE WHEN state = 'delivered' THEN 204 ELSE 503 END,
    CASE WHEN state <> 'delivered' THEN 'http_status' END
FROM filled_deliveries;

INSERT INTO attempts (
    id, delivery_id, number, started_at, duration_us, status, cause, response_headers, response_body,
    worker
)
SELECT
    pg_temp.id_at(at, 'attempt ' || n), id, 1, at, 20000,
    CASE WHEN state = 'delivered' THEN 204 ELSE 503 END,
    CASE WHEN state <> 'delivered' THEN 'http_status' END,
    '[["server","x"]]', '', 'worker-1'
FROM filled_deliveries
WHERE state <> 'held';

INSERT INTO audit (id, at, actor_id, actor_name, action, target, outcome, status)
SELECT
    pg_temp.id_at(at, 'act ' || n), at, CASE WHEN n % 5 <> 0 THEN u.id END, COALESCE(u.name, 'bench'),
    'PATCH /api/v1/registrations/{id}', '/api/v1/registrations/reg_' || md5(n::text),
    CASE WHEN n <= 20 THEN 'failed' WHEN n % 50 = 0 THEN 'denied' ELSE 'done' END, 200
FROM (
    SELECT n, now() - interval '30 days' * ((200000 - n) / 200000.0) AS at
    FROM generate_series(1, 200000) AS n
) AS numbered
LEFT JOIN users AS u ON u.name_key = CASE n % 4 WHEN 0 THEN 'bench' ELSE 'user-' || n % 900 END;

INSERT INTO replays (
    id, registration_id, created_by, query, pace, state, matched, matched_more, replayed, created_at,
    advanced_at, finished_at
)
SELECT
    pg_temp.id_at(p.at, 'replay ' || p.n), r.id, g.owner_id, '{"dead":true,"delivered":false}', 10,
    'done', 5, false, 5, p.at, p.at, p.at
FROM (
    SELECT n, now() - interval '1 minute' * n AS at FROM generate_series(1, 20000) AS n
) AS p
JOIN filled_registrations AS r ON r.n = p.n * 5 % (SELECT count(*) FROM filled_registrations)
JOIN registrations AS g ON g.id = r.id;

INSERT INTO inbox.items (
    id, receiver, address_id, actions, dedupe_key, received_at, state, done, failures, runs,
    replays, duplicates, wanted_at, leased_until, settled_at, method, query, headers, body
)
SELECT
    pg_temp.id_at(at, 'item ' || n), CASE WHEN n <= 20 THEN 'stripe' ELSE 'github' END, '',
    ARRAY[CASE WHEN n <= 20 THEN 'rare' ELSE 'push' END], 'key ' || n, at,
    CASE WHEN n % 50 = 0 THEN 'dead' ELSE 'processed' END, '{}', 0, 1, 0, 0, at, 'epoch', at,
    'POST', '', '[]', repeat('x', 500)::bytea
FROM (
    SELECT n, now() - interval '30 days' * ((100000 - n) / 100000.0) AS at
    FROM generate_series(1, 100000) AS n
) AS numbered;

-- Two days of what the overview draws, in 30 of its buckets of latencies.
INSERT INTO activity (minute, series, bucket, number)
SELECT floor(extract(epoch FROM now()) / 60)::integer - m.n, s.series, s.bucket, 100 + m.n % 7
FROM generate_series(1, 2880) AS m (n)
CROSS JOIN (
    SELECT name, 0 FROM unnest(ARRAY['events', 'succeeded', 'failed', 'dead']) AS name
    UNION ALL
    SELECT 'latency', bucket FROM generate_series(0, 29) AS bucket
) AS s (series, bucket)
ON CONFLICT DO NOTHING;
