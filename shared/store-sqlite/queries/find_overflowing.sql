-- The oldest of a registration that are too many, or are held for too long, from where it was looked
-- at last.
SELECT id AS "id!: Uuid", bundle_size
FROM deliveries INDEXED BY deliveries_waiting
WHERE registration_id = $1 AND state = 'held' AND bundle_id IS NULL AND id > $6
    AND id <= max(coalesce($2, $3), $3)
    AND (id <= $2 OR (id < $3 AND wanted_at < $4))
ORDER BY id
LIMIT $5
