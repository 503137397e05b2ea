-- find_overflow: for which registrations too much is held, or for too long. Those that hold something
-- are found one after the other, each by a step in the index to the next one.
WITH RECURSIVE holding AS (
    (
        SELECT registration_id
        FROM deliveries
        WHERE state = 'held' AND bundle_id IS NULL
        ORDER BY registration_id
        LIMIT 1
    )
    UNION ALL
    SELECT next.registration_id
    FROM holding
    CROSS JOIN LATERAL (
        SELECT d.registration_id
        FROM deliveries AS d
        WHERE d.state = 'held' AND d.bundle_id IS NULL
            AND d.registration_id > holding.registration_id
        ORDER BY d.registration_id
        LIMIT 1
    ) AS next
),
measured AS MATERIALIZED (
    SELECT
        registration_id,
        -- The newest of those that are too many.
        (
            SELECT d.id
            FROM deliveries AS d
            WHERE d.registration_id = holding.registration_id AND d.state = 'held'
            ORDER BY d.id DESC
            LIMIT 1
            OFFSET $1
        ) AS excess,
        -- An old event may have been replayed lately.
        (
            SELECT d.id
            FROM deliveries AS d
            WHERE d.registration_id = holding.registration_id
                AND d.state = 'held'
                AND d.bundle_id IS NULL
                AND d.id < $2
                AND d.wanted_at < $3
            ORDER BY d.id
            LIMIT 1
        ) AS overdue
    FROM holding
)
SELECT registration_id AS "registration_id!", excess
FROM measured
WHERE excess IS NOT NULL OR overdue IS NOT NULL
ORDER BY registration_id
