-- record_run: a run that is there already was recorded by an earlier try of the same call, and is
-- neither counted nor applied again.
WITH locked AS MATERIALIZED (
    SELECT id, state, lease_token
    FROM inbox.items
    WHERE id = $1
    FOR NO KEY UPDATE
),
recorded AS (
    INSERT INTO inbox.runs (
        item_id, number, lease_token, handler, started_at, ended_at, outcome, error, applied
    )
    SELECT
        id, $2, $3, $4, $5, $6, $7, $8,
        state = 'pending' AND lease_token IS NOT DISTINCT FROM $3
    FROM locked
    ON CONFLICT (item_id, number, lease_token) DO NOTHING
    RETURNING applied
),
counted AS (
    UPDATE inbox.items AS i
    SET runs = i.runs + 1
    WHERE i.id = $1 AND (SELECT NOT recorded.applied FROM recorded)
),
-- A new state settles it, and a time makes it wait.
applied AS (
    UPDATE inbox.items AS i
    SET
        runs = i.runs + 1,
        state = $9::text,
        done = CASE WHEN $7 = 'failed' THEN i.done ELSE array_append(i.done, $4::text) END,
        failures = CASE
            WHEN $7 <> 'failed' THEN 0
            WHEN i.failed_handler = $4 THEN LEAST(i.failures, 32766) + 1
            ELSE 1
        END,
        failed_handler = CASE WHEN $7 = 'failed' THEN $4 END,
        wanted_at = COALESCE($10::timestamptz, i.wanted_at),
        due_at = CASE WHEN $9 = 'pending' THEN COALESCE($10::timestamptz, i.due_at) END,
        lease_token = CASE WHEN $11::boolean THEN i.lease_token END,
        leased_until = CASE WHEN $11::boolean THEN i.leased_until ELSE 'epoch' END,
        settled_at = CASE WHEN $9 <> 'pending' THEN $6::timestamptz END
    WHERE i.id = $1 AND (SELECT recorded.applied FROM recorded)
)
SELECT COALESCE(
    (SELECT applied FROM recorded),
    (SELECT applied FROM inbox.runs WHERE item_id = $1 AND number = $2 AND lease_token = $3),
    false
) AS "applied!"
