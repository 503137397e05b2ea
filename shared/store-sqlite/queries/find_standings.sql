-- Registrations, and what decides whether their deliveries go: one look-up more by primary key, which
-- finds nothing for a registration that is well.
SELECT
    r.id AS "id!: Uuid", r.owner_id AS "owner_id!: Uuid", r.uri, r.secret, r.previous_secret,
    r.previous_secret_ends_at, r.description, r.filters, r.headers, r.properties, r.options,
    r.condition, r.credentials, r.paused AS "paused!: bool", r.secret_expires_at, r.disabled_at,
    r.disabled_reason, r.created_at, r.updated_at, u.disabled AS "owner_disabled!: bool",
    r.paced AS "paced!: bool", r.discards AS "discards!: bool",
    coalesce(f.breaker, 'closed') AS "breaker!: String", f.probe_id AS "probe_id?: Uuid",
    f.failing_since AS "failing_since?: i64"
FROM registrations AS r
JOIN users AS u ON u.id = r.owner_id
LEFT JOIN registration_flow AS f ON f.registration_id = r.id
WHERE r.id IN (SELECT unhex(value, '-') FROM json_each($1))
