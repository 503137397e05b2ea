-- Registrations whose time to be looked at has come, and what waits for them. Counts read entries of
-- partial indexes and stop at their bounds, so that one with a million held deliveries costs no more
-- than one with a few. What goes alone matters to batches only.
SELECT
    r.id AS "registration_id!: Uuid",
    r.options,
    (
        u.disabled OR r.disabled_at IS NOT NULL OR r.paused
        OR coalesce(r.secret_expires_at <= $1, false)
    ) AS "stopped!: bool",
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM deliveries INDEXED BY deliveries_released
            WHERE registration_id = r.id AND released_at IS NOT NULL
            LIMIT $2
        )
    ) AS "released!: i64",
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM deliveries INDEXED BY deliveries_waiting
            WHERE registration_id = r.id AND state = 'held' AND bundle_id IS NULL
            LIMIT $3
        )
    ) AS "held!: i64",
    iif(
        r.paced,
        (
            SELECT count(*)
            FROM (
                SELECT bundle_size > 1 OR attempts > 0 OR replays > 0 AS goes_alone
                FROM deliveries INDEXED BY deliveries_waiting
                WHERE registration_id = r.id AND state = 'held' AND bundle_id IS NULL
                ORDER BY id
                LIMIT $3
            )
            WHERE goes_alone
        ),
        0
    ) AS "alone!: i64",
    iif(
        r.paced,
        (
            SELECT min(created_at)
            FROM (
                SELECT bundle_size > 1 OR attempts > 0 OR replays > 0 AS goes_alone, created_at
                FROM deliveries INDEXED BY deliveries_waiting
                WHERE registration_id = r.id AND state = 'held' AND bundle_id IS NULL
                ORDER BY id
                LIMIT $3
            )
            WHERE NOT goes_alone
        ),
        NULL
    ) AS "oldest_joinable_at?: i64",
    f.failing_since, f.breaker, f.breaker_until, f.probe_id AS "probe_id?: Uuid", f.trips,
    f.opened_at, f.release_at, f.ramp_from, f.rate_at, f.died_told_at
FROM registration_flow AS f INDEXED BY registration_flow_release
CROSS JOIN registrations AS r ON r.id = f.registration_id
CROSS JOIN users AS u ON u.id = r.owner_id
WHERE f.release_at <= $1
ORDER BY f.release_at, f.registration_id
LIMIT $4
