-- flow_of: how registrations do. What is counted is counted in an index, up to a limit.
SELECT
    r.id AS "id!",
    f.failing_since AS "failing_since?",
    COALESCE(f.breaker, 'closed') AS "breaker!",
    f.breaker_until AS "breaker_until?",
    f.probe_id AS "probe_id?",
    COALESCE(f.trips, 0::smallint) AS "trips!",
    f.opened_at AS "opened_at?",
    f.release_at AS "release_at?",
    f.ramp_from AS "ramp_from?",
    f.rate_at AS "rate_at?",
    f.died_told_at AS "died_told_at?",
    (SELECT count(*) FROM (
        SELECT FROM deliveries AS d
        WHERE d.registration_id = r.id AND d.state = 'held'
        LIMIT $3
    ) AS bounded) AS "held!",
    (
        SELECT e.accepted_at
        FROM (
            SELECT d.event_id
            FROM deliveries AS d
            WHERE d.registration_id = r.id AND d.state = 'held'
            ORDER BY d.id
            LIMIT 1
        ) AS oldest
        JOIN events AS e ON e.id = oldest.event_id
    ) AS oldest_held_at,
    (SELECT count(*) FROM (
        SELECT FROM deliveries AS d
        WHERE d.registration_id = r.id AND d.state = 'dead'
        LIMIT $3
    ) AS bounded) AS "dead!"
FROM registrations AS r
LEFT JOIN registration_flow AS f ON f.registration_id = r.id
WHERE r.id = ANY ($1) AND ($2::uuid IS NULL OR r.owner_id = $2)
ORDER BY r.id
