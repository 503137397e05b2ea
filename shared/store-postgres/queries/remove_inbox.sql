-- remove_inbox: the longest settled first, up to the one with which their bodies reach $4 bytes. By an
-- array of ids: a join, planned while there were few, might go through all that is there.
WITH expired AS MATERIALIZED (
    SELECT id, settled_at, octet_length(body) AS body_bytes
    FROM inbox.items
    WHERE state = $1 AND settled_at < $2 AND settled_at IS NOT NULL
    ORDER BY settled_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
),
summed AS (
    SELECT
        id,
        sum(body_bytes) OVER (ORDER BY settled_at, id ROWS UNBOUNDED PRECEDING) - body_bytes
            AS bytes_before
    FROM expired
),
removed AS MATERIALIZED (
    SELECT id
    FROM summed
    WHERE bytes_before < $4::bigint
),
runs AS (
    DELETE FROM inbox.runs
    WHERE item_id = ANY (ARRAY (SELECT removed.id FROM removed))
)
DELETE FROM inbox.items
WHERE id = ANY (ARRAY (SELECT removed.id FROM removed))
