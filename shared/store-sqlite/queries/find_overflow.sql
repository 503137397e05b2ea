-- Registrations for which too many deliveries are held, or for too long. From one registration that
-- holds something to the next, and of each as many entries of the index as may be held.
WITH RECURSIVE holder (registration_id) AS (
    -- Before every id.
    SELECT x''
    UNION ALL
    SELECT (
        SELECT registration_id
        FROM deliveries INDEXED BY deliveries_held
        WHERE state = 'held' AND registration_id > holder.registration_id
        ORDER BY registration_id
        LIMIT 1
    )
    FROM holder
    WHERE holder.registration_id IS NOT NULL
),
measured AS MATERIALIZED (
    SELECT
        registration_id,
        -- The newest of those that are too many.
        (
            SELECT id
            FROM deliveries INDEXED BY deliveries_held
            WHERE registration_id = holder.registration_id AND state = 'held'
            ORDER BY id DESC
            LIMIT 1 OFFSET $1
        ) AS excess,
        -- The id tells when the event was accepted; what was sent again since is not that old.
        EXISTS (
            SELECT 1
            FROM deliveries INDEXED BY deliveries_waiting
            WHERE registration_id = holder.registration_id AND state = 'held'
                AND bundle_id IS NULL AND id < $2 AND wanted_at < $3
        ) AS has_overdue
    FROM holder
    WHERE registration_id > x''
)
SELECT registration_id AS "registration_id!: Uuid", excess AS "excess?: Uuid"
FROM measured
WHERE excess IS NOT NULL OR has_overdue
