INSERT INTO inbox_items (
    id, receiver, address_id, actions, dedupe_key, received_at, state, done, failures, runs, replays,
    duplicates, wanted_at, due_at, leased_until, method, query, headers, body
)
SELECT
    unhex(value ->> 'id', '-'),
    value ->> 'receiver',
    value ->> 'address_id',
    value ->> 'actions',
    value ->> 'dedupe_key',
    value ->> 'received_at',
    'pending', '[]', 0, 0, 0, 0,
    value ->> 'received_at',
    $3,
    0,
    value ->> 'method',
    value ->> 'query',
    value ->> 'headers',
    -- Of no bytes at all there is no part.
    COALESCE(substr($2, value ->> 'body_from', value ->> 'body_bytes'), x'')
FROM json_each($1)
WHERE true
ON CONFLICT (receiver, address_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO UPDATE
SET duplicates = duplicates + 1
RETURNING id AS "id!: Uuid", receiver, address_id, dedupe_key
