-- The events that go with these deliveries. One whose payload was removed is left out.
SELECT
    d.bundle_id AS "bundle_id!: Uuid", e.id AS "event_id!: Uuid", e.filter, e.event_type,
    e.resource_id, e.resource_name, e.resource_category, e.actor, e.occurred_at, e.accepted_at,
    e.data, e.publisher_id AS "publisher_id?: Uuid", e.audience
FROM json_each($1) AS carrier
CROSS JOIN deliveries AS d ON d.bundle_id = unhex(carrier.value, '-')
CROSS JOIN events AS e ON e.id = d.event_id
WHERE e.expunged_at IS NULL
ORDER BY d.id
