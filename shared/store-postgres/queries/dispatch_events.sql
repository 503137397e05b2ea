-- dispatch_events
WITH taken AS MATERIALIZED (
    DELETE FROM event_outbox
    WHERE event_id IN (
        SELECT event_id
        FROM event_outbox
        WHERE event_id = ANY ($1)
        FOR UPDATE SKIP LOCKED
    )
    RETURNING event_id
),
event AS MATERIALIZED (
    SELECT e.id, e.filter, e.resource_id
    FROM taken
    JOIN events AS e ON e.id = taken.event_id
),
-- From the event over who may read its resource to what they asked for: the cost follows the
-- matches, not the number of registrations. `OFFSET 0` keeps the planner from turning it round.
reader AS (
    SELECT event.id AS event_id, event.filter, permitted.user_id
    FROM event
    CROSS JOIN LATERAL (
        SELECT p.user_id
        FROM permissions AS p
        JOIN users AS u ON u.id = p.user_id
        WHERE p.kind = event.filter
            AND p.resource_id = ANY (ARRAY['', event.resource_id])
            AND p.access & 1 = 1
            AND NOT u.disabled
        OFFSET 0
    ) AS permitted
    -- Nobody is found twice.
    UNION
    SELECT event.id, event.filter, u.id
    FROM event
    JOIN users AS u ON u.role = 'administrator' AND NOT u.disabled
),
matched AS MATERIALIZED (
    SELECT DISTINCT reader.event_id, asked.registration_id
    FROM reader
    CROSS JOIN LATERAL (
        SELECT f.registration_id
        FROM registration_filters AS f
        WHERE f.owner_id = reader.user_id AND f.filter = ANY (ARRAY['*', reader.filter])
        OFFSET 0
    ) AS asked
),
-- The id is DeliveryId::derive: the first 12 digits of the event's id, then the digest of both ids
-- with the version and variant of a UUIDv7 put in.
hashed AS MATERIALIZED (
    SELECT
        event_id,
        registration_id,
        encode(uuid_send(event_id), 'hex') AS event,
        encode(sha256(uuid_send(event_id) || uuid_send(registration_id)), 'hex') AS digest
    FROM matched
)
INSERT INTO deliveries (
    id, event_id, registration_id, state, attempts, earlier_rounds, created_at, wanted_at, due_at,
    leased_until
)
SELECT
    (
        left(event, 12)
        || '7' || substr(digest, 14, 3)
        || translate(substr(digest, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab')
        || substr(digest, 18, 15)
    )::uuid,
    event_id, registration_id, 'pending', 0, 0, $2, $2, $3, 'epoch'
FROM hashed
ON CONFLICT (id) DO NOTHING
RETURNING id
