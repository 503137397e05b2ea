-- The oldest held deliveries of a registration that go with no other. What was sent before is sent
-- again as it was: a receiver that knows its id must not take what else would be in it for a repeat.
-- The size of data is known without reading it.
SELECT
    d.id AS "id!: Uuid", d.bundle_size,
    d.bundle_size > 1 OR d.attempts > 0 OR d.replays > 0 AS "goes_alone!: bool",
    coalesce((SELECT octet_length(e.data) FROM events AS e WHERE e.id = d.event_id), 0) AS "bytes!: i64"
FROM deliveries AS d INDEXED BY deliveries_waiting
WHERE d.registration_id = $1 AND d.state = 'held' AND d.bundle_id IS NULL
ORDER BY d.id
LIMIT $2
