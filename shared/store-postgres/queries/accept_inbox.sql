-- accept_inbox: no key twice, and those with keys in the order of their keys. Whoever wants a key that
-- another statement is about to store waits for it, and then finds it there.
WITH stored AS (
    INSERT INTO inbox.items AS i (
        id, receiver, address_id, actions, dedupe_key, received_at, state, done, failures, runs,
        replays, duplicates, wanted_at, due_at, leased_until, method, query, headers, body
    )
    SELECT
        g.id, g.receiver, g.address_id,
        ARRAY (SELECT json_array_elements_text(g.actions::json)),
        g.dedupe_key, g.received_at, 'pending', '{}', 0, 0, 0,
        g.repeats, g.received_at, $12, 'epoch', g.method, g.query, g.headers, g.body
    FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::integer[],
        $8::text[], $9::text[], $10::text[], $11::bytea[]
    ) AS g (
        id, receiver, address_id, actions, dedupe_key, received_at, repeats,
        method, query, headers, body
    )
    ON CONFLICT (receiver, address_id, dedupe_key) WHERE dedupe_key IS NOT NULL DO UPDATE
    SET duplicates = i.duplicates + 1 + excluded.duplicates
    RETURNING i.id, i.receiver, i.address_id, i.dedupe_key, i.duplicates
)
-- What is new and came once is under its own id, which needs no answer.
SELECT s.id, s.receiver, s.address_id, s.dedupe_key
FROM stored AS s
WHERE s.duplicates > 0
