SELECT
    r.id AS "id!: Uuid",
    f.failing_since AS "failing_since?: i64", coalesce(f.breaker, 'closed') AS "breaker!: String",
    f.breaker_until AS "breaker_until?: i64", f.probe_id AS "probe_id?: Uuid",
    coalesce(f.trips, 0) AS "trips!: i64", f.opened_at AS "opened_at?: i64",
    f.release_at AS "release_at?: i64", f.ramp_from AS "ramp_from?: i64",
    f.rate_at AS "rate_at?: i64", f.died_told_at AS "died_told_at?: i64",
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM deliveries INDEXED BY deliveries_held
            WHERE registration_id = r.id AND state = 'held'
            LIMIT $3
        )
    ) AS "held!: i64",
    (
        SELECT e.accepted_at
        FROM deliveries AS d INDEXED BY deliveries_held
        CROSS JOIN events AS e ON e.id = d.event_id
        WHERE d.registration_id = r.id AND d.state = 'held'
        ORDER BY d.id
        LIMIT 1
    ) AS "oldest_held_at?: i64",
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM deliveries INDEXED BY deliveries_dead_of
            WHERE registration_id = r.id AND state = 'dead'
            LIMIT $3
        )
    ) AS "dead!: i64"
FROM registrations AS r
LEFT JOIN registration_flow AS f ON f.registration_id = r.id
WHERE r.id IN (SELECT unhex(value, '-') FROM json_each($1)) AND ($2 IS NULL OR r.owner_id = $2)
ORDER BY r.id
