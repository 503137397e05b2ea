-- begin_rounds: what went in a bundle leaves it, which then carries fewer events. With $3 those that
-- carry others go alone, and the others are left as they are. Whoever changes a delivery and the one
-- that carries it locks all of them first, by id, since others lock them, too.
WITH locked AS MATERIALIZED (
    SELECT d.id, d.bundle_id, d.state
    FROM deliveries AS d
    WHERE d.id = ANY (ARRAY (
        SELECT own.id
        FROM unnest($1::uuid[]) AS own (id)
        UNION
        SELECT own.bundle_id
        FROM deliveries AS own
        WHERE own.id = ANY ($1) AND own.bundle_id IS NOT NULL
        UNION
        SELECT member.id
        FROM deliveries AS member
        WHERE $3::boolean AND member.bundle_id = ANY ($1) AND member.bundle_id IS NOT NULL
    ))
    ORDER BY d.id
    FOR UPDATE
),
again AS MATERIALIZED (
    SELECT id, bundle_id
    FROM locked
    WHERE id = ANY ($1) AND state IN ('delivered', 'dead')
),
leaving AS MATERIALIZED (
    SELECT bundle_id AS id, count(*) AS events
    FROM again
    WHERE bundle_id IS NOT NULL
    GROUP BY bundle_id
),
left_behind AS (
    UPDATE deliveries AS d
    SET bundle_size = GREATEST(d.bundle_size - leaving.events, 1)
    FROM leaving
    WHERE d.id = leaving.id AND NOT EXISTS (SELECT FROM again WHERE again.id = leaving.id)
),
freed AS (
    UPDATE deliveries AS d
    SET bundle_id = NULL
    FROM again AS carrier
    WHERE $3
        AND d.bundle_id = ANY (ARRAY (SELECT again.id FROM again))
        AND d.bundle_id IS NOT NULL
        AND carrier.id = d.bundle_id
        AND NOT EXISTS (SELECT FROM again WHERE again.id = d.id)
)
UPDATE deliveries AS d
SET
    state = 'pending',
    hold_reason = NULL,
    earlier_rounds = d.attempts,
    replays = LEAST(d.replays, 32766) + 1,
    bundle_id = NULL,
    bundle_size = CASE
        WHEN $3 THEN 1
        ELSE GREATEST(d.bundle_size - COALESCE(leaving.events, 0), 1)
    END,
    wanted_at = $2,
    due_at = $2,
    released_at = NULL,
    leased_until = 'epoch',
    lease_token = NULL,
    settled_at = NULL,
    dead_reason = NULL
FROM again
LEFT JOIN leaving ON leaving.id = again.id
WHERE d.id = again.id
