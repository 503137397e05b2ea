-- release_held: the oldest of each resumed registration first, so that one with a million held
-- deliveries costs no more to look at than one with a few.
WITH oldest AS (
    SELECT held.id
    FROM registrations AS r
    CROSS JOIN LATERAL (
        SELECT d.id
        FROM deliveries AS d
        WHERE d.registration_id = r.id AND d.state = 'held'
        ORDER BY d.id
        LIMIT $2
    ) AS held
    WHERE r.resumed_at IS NOT NULL
        AND NOT r.paused
        -- Not joined, so that nobody begins with the users.
        AND NOT (SELECT u.disabled FROM users AS u WHERE u.id = r.owner_id)
    ORDER BY held.id
    LIMIT $2
),
free AS MATERIALIZED (
    SELECT d.id
    FROM oldest
    JOIN deliveries AS d ON d.id = oldest.id
    WHERE d.state = 'held'
    FOR UPDATE OF d SKIP LOCKED
),
released AS (
    UPDATE deliveries AS d
    SET state = 'pending', wanted_at = $1, due_at = $1
    FROM free
    WHERE d.id = free.id
    RETURNING d.id
),
-- What is being released here still counts as held, so a registration is let go of one call later.
settled AS (
    UPDATE registrations AS r
    SET resumed_at = NULL
    WHERE r.resumed_at < $3
        AND NOT r.paused
        AND NOT EXISTS (
            SELECT FROM deliveries AS d WHERE d.registration_id = r.id AND d.state = 'held'
        )
)
SELECT count(*) AS "released!"
FROM released
