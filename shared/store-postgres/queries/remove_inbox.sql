-- remove_inbox: the longest settled first, by an array of ids: a join, planned while there were few,
-- might go through all that is there.
WITH expired AS MATERIALIZED (
    SELECT id
    FROM inbox.items
    WHERE state = $1 AND settled_at < $2 AND settled_at IS NOT NULL
    ORDER BY settled_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
),
runs AS (
    DELETE FROM inbox.runs
    WHERE item_id = ANY (ARRAY (SELECT expired.id FROM expired))
)
DELETE FROM inbox.items
WHERE id = ANY (ARRAY (SELECT expired.id FROM expired))
