-- release_held: the oldest of each registration, as many as may go of each. What somebody else is
-- working on is passed over.
WITH free AS MATERIALIZED (
    SELECT oldest.id
    FROM unnest($1::uuid[], $2::integer[]) AS quota (registration_id, most)
    CROSS JOIN LATERAL (
        SELECT d.id
        FROM deliveries AS d
        WHERE d.registration_id = quota.registration_id AND d.state = 'held' AND d.bundle_id IS NULL
        ORDER BY d.id
        LIMIT quota.most
        FOR UPDATE SKIP LOCKED
    ) AS oldest
),
released AS (
    UPDATE deliveries AS d
    SET state = 'pending', hold_reason = NULL, wanted_at = $3, due_at = $3, released_at = $3
    FROM free
    WHERE d.id = free.id
    RETURNING d.id, d.registration_id
)
SELECT registration_id, count(*) AS "deliveries!", (array_agg(id))[1] AS "one!"
FROM released
GROUP BY registration_id
