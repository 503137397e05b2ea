-- record_attempts: each delivery at most once. An attempt that is there already was recorded by an
-- earlier try of the same call, and is neither counted nor applied again.
WITH made AS MATERIALIZED (
    SELECT *
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::bigint[], $6::smallint[],
        $7::text[], $8::text[], $9::text[], $10::bytea[], $11::text[], $12::uuid[], $13::text[],
        $14::timestamptz[], $15::text[]
    ) AS made (
        id, delivery_id, number, started_at, duration_us, status,
        cause, detail, response_headers, response_body, worker, token, state,
        retry_at, dead_reason
    )
),
inserted AS (
    INSERT INTO attempts (
        id, delivery_id, number, started_at, duration_us, status, cause, detail, response_headers,
        response_body, worker
    )
    SELECT
        id, delivery_id, number, started_at, duration_us, status, cause, detail, response_headers,
        response_body, worker
    FROM made
    ON CONFLICT (id) DO NOTHING
    RETURNING id
),
recorded AS MATERIALIZED (
    SELECT
        made.delivery_id, made.token, made.state, made.retry_at, made.dead_reason, made.status,
        made.cause
    FROM made
    JOIN inserted ON inserted.id = made.id
),
settled AS (
    UPDATE deliveries AS d
    SET
        state = r.state,
        attempts = LEAST(d.attempts, 32766) + 1,
        wanted_at = COALESCE(r.retry_at, d.wanted_at),
        due_at = r.retry_at,
        leased_until = 'epoch',
        lease_token = NULL,
        settled_at = CASE WHEN r.state = 'pending' THEN NULL ELSE $16::timestamptz END,
        dead_reason = r.dead_reason,
        last_status = r.status,
        last_cause = r.cause
    FROM recorded AS r
    WHERE d.id = r.delivery_id
        AND CASE r.state
            WHEN 'delivered' THEN d.state <> 'delivered'
            ELSE d.state = 'pending' AND d.lease_token = r.token
        END
    RETURNING d.id
)
-- The others changed nothing, but they were made.
UPDATE deliveries AS d
SET attempts = LEAST(d.attempts, 32766) + 1
FROM recorded AS r
WHERE d.id = r.delivery_id
    AND NOT EXISTS (SELECT FROM settled WHERE settled.id = r.delivery_id)
