-- record_attempts: each delivery at most once. An attempt that is there already was recorded by an
-- earlier try of the same call, and is neither counted nor applied again.
WITH made AS MATERIALIZED (
    SELECT *
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[], $5::bigint[], $6::smallint[],
        $7::text[], $8::text[], $9::text[], $10::bytea[], $11::text[], $12::uuid[], $13::text[],
        $14::timestamptz[], $15::text[], $17::text[], $18::text[], $19::integer[], $20::bytea[],
        $21::bigint[], $22::bigint[], $23::bigint[], $24::bigint[], $25::smallint[]
    ) AS made (
        id, delivery_id, number, started_at, duration_us, status,
        cause, detail, response_headers, response_body, worker, token, state,
        retry_at, dead_reason, request_uri, request_headers, request_bytes, request_digest,
        dns_us, connect_us, tls_us, first_byte_us, replay
    )
),
-- Whoever changes a delivery and the one that carries it locks all of them first, by id, since others
-- lock them, too.
locked AS MATERIALIZED (
    SELECT d.id, d.expunged_at
    FROM deliveries AS d
    WHERE d.id = ANY (ARRAY (
        SELECT made.delivery_id
        FROM made
        UNION
        SELECT member.id
        FROM deliveries AS member
        WHERE member.bundle_id = ANY ($2) AND member.bundle_id IS NOT NULL
    ))
    ORDER BY d.id
    FOR NO KEY UPDATE
),
inserted AS (
    INSERT INTO attempts (
        id, delivery_id, number, started_at, duration_us, status, cause, detail, response_headers,
        response_body, worker, request_uri, request_headers, request_bytes, request_digest, dns_us,
        connect_us, tls_us, first_byte_us, replay
    )
    SELECT
        id, delivery_id, number, started_at, duration_us, status, cause, detail,
        -- The answer may repeat a payload that was removed while the request was under way.
        CASE WHEN answer.is_kept THEN response_headers END,
        CASE WHEN answer.is_kept THEN response_body END,
        worker, request_uri, request_headers, request_bytes, request_digest, dns_us, connect_us,
        tls_us, first_byte_us, replay
    FROM made
    CROSS JOIN LATERAL (
        SELECT delivery_id NOT IN (SELECT locked.id FROM locked WHERE expunged_at IS NOT NULL)
            AS is_kept
    ) AS answer
    ON CONFLICT (id) DO NOTHING
    RETURNING id
),
recorded AS MATERIALIZED (
    SELECT
        made.delivery_id, made.token, made.state, made.retry_at, made.dead_reason, made.status,
        made.cause
    FROM made
    JOIN inserted ON inserted.id = made.id
    -- Nothing is changed before all of them are locked.
    WHERE (SELECT count(*) FROM locked) >= 0
),
settled AS (
    UPDATE deliveries AS d
    SET
        state = r.state,
        hold_reason = CASE WHEN r.state = 'held' THEN 'breaker' END,
        attempts = LEAST(d.attempts, 32766) + 1,
        -- Of what is held the attempt counts to the earlier rounds.
        earlier_rounds = LEAST(
            d.earlier_rounds + CASE WHEN r.state = 'held' THEN 1 ELSE 0 END,
            32767
        ),
        wanted_at = COALESCE(r.retry_at, d.wanted_at),
        due_at = r.retry_at,
        leased_until = 'epoch',
        lease_token = NULL,
        released_at = NULL,
        settled_at = CASE WHEN r.state IN ('delivered', 'dead') THEN $16::timestamptz END,
        dead_reason = r.dead_reason,
        last_status = r.status,
        last_cause = r.cause
    FROM recorded AS r
    WHERE d.id = r.delivery_id
        AND CASE r.state
            WHEN 'delivered' THEN d.state <> 'delivered'
            ELSE d.state = 'pending' AND d.lease_token = r.token
        END
    RETURNING
        d.id, d.state, d.settled_at, d.dead_reason, d.last_status, d.last_cause, d.bundle_size
),
-- Those that went with it. One that has an attempt of its own here, made before it was bundled, can
-- be changed by this statement only once: that attempt is counted here, unless it settled the
-- delivery.
members AS (
    UPDATE deliveries AS d
    SET
        state = s.state,
        hold_reason = NULL,
        attempts = LEAST(
            d.attempts
                + CASE WHEN d.id IN (SELECT r.delivery_id FROM recorded AS r) THEN 1 ELSE 0 END,
            32767
        ),
        settled_at = s.settled_at,
        dead_reason = s.dead_reason,
        last_status = s.last_status,
        last_cause = s.last_cause
    FROM settled AS s
    WHERE d.bundle_id = ANY (ARRAY (SELECT settled.id FROM settled WHERE settled.bundle_size > 1))
        AND d.bundle_id IS NOT NULL
        AND s.id = d.bundle_id
        AND s.settled_at IS NOT NULL
        -- Those that were given up with an earlier round went with this one, too, unless there was
        -- nothing left to send of them.
        AND (
            d.state = 'held'
            OR (s.state = 'delivered' AND d.state = 'dead' AND d.dead_reason <> 'expunged')
        )
        AND d.id NOT IN (SELECT settled.id FROM settled)
    RETURNING d.id
)
-- The others changed nothing, but they were made.
UPDATE deliveries AS d
SET attempts = LEAST(d.attempts, 32766) + 1
FROM recorded AS r
WHERE d.id = r.delivery_id
    AND NOT EXISTS (SELECT FROM settled WHERE settled.id = r.delivery_id)
    AND r.delivery_id NOT IN (SELECT members.id FROM members)
