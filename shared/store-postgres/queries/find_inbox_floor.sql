-- find_inbox_floor: where a page of list_inbox ends at the latest.
SELECT id
FROM inbox.items
WHERE ($1::text IS NULL OR receiver = $1)
    AND ($2::text IS NULL OR address_id = $2)
    AND ($3::text IS NULL OR state = $3)
    AND id BETWEEN $4 AND $5
    AND ($6::uuid IS NULL OR id < $6)
ORDER BY id DESC
OFFSET $7
LIMIT 1
