-- claim_inbox: what is asked for is locked by id first, and judged by what was locked, so that the
-- conditions lead the planner to no other index; and leased by an array of ids, since a join, planned
-- while there were few, might go through all that is there.
WITH locked AS MATERIALIZED (
    SELECT id, state, wanted_at, leased_until
    FROM inbox.items
    WHERE id = ANY ($1)
    FOR NO KEY UPDATE SKIP LOCKED
)
-- Nothing that an index knows of changes.
UPDATE inbox.items AS i
SET lease_token = $4, leased_until = $5
WHERE i.id = ANY (ARRAY (
    SELECT locked.id
    FROM locked
    WHERE locked.state = 'pending' AND locked.wanted_at <= $3 AND locked.leased_until <= $2
))
-- How long a body is, is known without reading it: a long one stays where it is.
RETURNING
    i.id, i.receiver, i.address_id, i.actions, i.dedupe_key, i.received_at, i.method, i.query,
    i.headers, CASE WHEN octet_length(i.body) <= $6 THEN i.body ELSE '' END AS "body!",
    octet_length(i.body) AS "body_bytes!", i.done, i.runs, i.failures, i.failed_handler
