-- claim_deliveries: what is asked for is locked by id first, and judged by what was locked, so that
-- the conditions lead the planner to no other index.
WITH locked AS MATERIALIZED (
    SELECT id, registration_id, state, wanted_at, leased_until
    FROM deliveries
    WHERE id = ANY ($1)
    FOR UPDATE SKIP LOCKED
),
wanted AS MATERIALIZED (
    SELECT locked.id, r.id IS NULL AS is_orphan, r.paused OR u.disabled AS is_stopped
    FROM locked
    LEFT JOIN registrations AS r ON r.id = locked.registration_id
    LEFT JOIN users AS u ON u.id = r.owner_id
    WHERE locked.state = 'pending' AND locked.wanted_at <= $2 AND locked.leased_until <= $2
),
held AS (
    UPDATE deliveries AS d
    SET state = 'held', due_at = NULL
    FROM wanted
    WHERE d.id = wanted.id AND wanted.is_stopped
),
dead AS (
    UPDATE deliveries AS d
    SET state = 'dead', dead_reason = 'registration_deleted', due_at = NULL, settled_at = $2
    FROM wanted
    WHERE d.id = wanted.id AND wanted.is_orphan
),
leased AS (
    UPDATE deliveries AS d
    SET lease_token = $3, leased_until = $4
    FROM wanted
    WHERE d.id = wanted.id AND NOT wanted.is_stopped
    RETURNING d.id, d.attempts, d.earlier_rounds, d.event_id, d.registration_id
)
SELECT
    leased.id AS "delivery_id!",
    leased.attempts AS "attempts!",
    leased.earlier_rounds AS "earlier_rounds!",
    e.id AS event_id,
    e.filter,
    e.event_type,
    e.resource_id,
    e.resource_name,
    e.resource_category,
    e.actor,
    e.occurred_at,
    e.accepted_at,
    e.data,
    e.publisher_id,
    e.audience,
    r.id AS registration_id,
    r.owner_id,
    r.uri,
    r.secret,
    r.previous_secret,
    r.previous_secret_ends_at,
    r.description,
    r.filters,
    r.headers,
    r.properties,
    r.paused,
    r.created_at,
    r.updated_at
FROM leased
JOIN events AS e ON e.id = leased.event_id
JOIN registrations AS r ON r.id = leased.registration_id
