-- list_inbox
SELECT
    id, receiver, address_id, actions, dedupe_key, received_at, method, query, state, due_at,
    settled_at, duplicates, replays, NULL::text AS headers,
    NULL::bytea AS body, octet_length(body) AS "body_bytes!"
FROM inbox.items
WHERE ($1::text IS NULL OR receiver = $1)
    AND ($2::text IS NULL OR address_id = $2)
    AND ($3::text IS NULL OR $3 = ANY (actions))
    AND ($4::text IS NULL OR state = $4)
    AND ($5::timestamptz IS NULL OR received_at >= $5)
    AND ($6::timestamptz IS NULL OR received_at < $6)
    AND id BETWEEN $7 AND $8
    AND ($9::uuid IS NULL OR id < $9)
ORDER BY id DESC
LIMIT $10
