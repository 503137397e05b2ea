-- newest_attempts(first, limit): what was attempted lately, and for whom.
SELECT
    a.id, a.delivery_id, d.registration_id, r.owner_id AS "owner_id?", d.event_id, d.state,
    a.started_at, a.duration_us, a.status, a.cause
FROM (
    SELECT id, delivery_id, started_at, duration_us, status, cause
    FROM attempts
    WHERE id >= $1
    ORDER BY id DESC
    LIMIT $2
) AS a
JOIN deliveries AS d ON d.id = a.delivery_id
LEFT JOIN registrations AS r ON r.id = d.registration_id
ORDER BY a.id DESC
