SELECT
    d.id AS "id!: Uuid", d.event_id AS "event_id!: Uuid",
    d.registration_id AS "registration_id!: Uuid", d.state, d.hold_reason, d.attempts, d.replays,
    d.bundle_id AS "bundle_id?: Uuid", d.bundle_size, d.created_at, d.wanted_at, d.settled_at,
    d.dead_reason, d.last_status, d.last_cause
FROM json_each($1) AS wanted
CROSS JOIN deliveries AS d ON d.id IN (
    SELECT p.id
    FROM deliveries AS p INDEXED BY deliveries_registration
    WHERE p.registration_id = unhex(wanted.value, '-')
    ORDER BY p.id DESC
    LIMIT $2
)
ORDER BY d.registration_id, d.id DESC
