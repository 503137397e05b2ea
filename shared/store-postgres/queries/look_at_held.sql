-- look_at_held: what waits for each of some registrations. Counts read entries of partial indexes and
-- stop at their bounds, so that one with a million held deliveries costs no more than one with a few.
SELECT
    r.id AS "registration_id!",
    r.options AS "options!",
    stopped.is_so AS "stopped!",
    released.number AS "released!",
    held.alone AS "alone!",
    held.joinable AS "joinable!",
    held.oldest_joinable_at
FROM unnest($1::uuid[]) AS due (registration_id)
JOIN registrations AS r ON r.id = due.registration_id
JOIN users AS u ON u.id = r.owner_id
CROSS JOIN LATERAL (
    SELECT u.disabled OR r.disabled_at IS NOT NULL OR r.paused
        OR COALESCE(r.secret_expires_at <= $2, false) AS is_so
    OFFSET 0
) AS stopped
CROSS JOIN LATERAL (
    SELECT count(*) AS number
    FROM (
        SELECT
        FROM deliveries AS d
        WHERE d.registration_id = r.id AND d.released_at IS NOT NULL
        LIMIT CASE WHEN stopped.is_so THEN 0 ELSE $3::integer END
    ) AS bounded
) AS released
CROSS JOIN LATERAL (
    SELECT
        count(*) FILTER (WHERE bounded.goes_alone) AS alone,
        count(*) FILTER (WHERE NOT bounded.goes_alone) AS joinable,
        min(bounded.created_at) FILTER (WHERE NOT bounded.goes_alone) AS oldest_joinable_at
    FROM (
        -- What was sent before is sent again as it was.
        SELECT d.created_at, d.bundle_size > 1 OR d.attempts > 0 OR d.replays > 0 AS goes_alone
        FROM deliveries AS d
        WHERE d.registration_id = r.id AND d.state = 'held' AND d.bundle_id IS NULL
        ORDER BY d.id
        LIMIT CASE WHEN stopped.is_so THEN 0 ELSE $4::integer END
    ) AS bounded
) AS held
