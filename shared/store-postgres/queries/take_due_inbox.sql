-- take_due_inbox: what is due is changed by an array of ids. A join, planned while there were few, might
-- go through all that is there.
WITH due AS MATERIALIZED (
    SELECT id, due_at
    FROM inbox.items
    WHERE state = 'pending' AND due_at <= $1 AND leased_until <= $1
    ORDER BY due_at
    LIMIT $3
    FOR NO KEY UPDATE SKIP LOCKED
),
taken AS (
    UPDATE inbox.items AS i
    SET due_at = $2
    WHERE i.id = ANY (ARRAY (SELECT due.id FROM due))
)
SELECT id
FROM due
ORDER BY due_at, id
