-- claim_deliveries: what is asked for is locked by id first, and judged by what was locked, so that
-- the conditions lead the planner to no other index.
WITH locked AS MATERIALIZED (
    SELECT id, registration_id, state, wanted_at, leased_until, released_at
    FROM deliveries
    WHERE id = ANY ($1)
    FOR UPDATE SKIP LOCKED
),
wanted AS MATERIALIZED (
    SELECT
        locked.id,
        locked.registration_id,
        f.failing_since,
        probe.is_one AS is_probe,
        CASE
            WHEN r.id IS NULL THEN 'registration_deleted'
            WHEN r.paused AND r.discards THEN 'discarded'
        END AS dead_reason,
        -- In the order of HoldReason.
        CASE
            WHEN u.disabled THEN 'owner_disabled'
            WHEN r.disabled_at IS NOT NULL THEN 'disabled'
            WHEN r.paused THEN 'paused'
            WHEN r.secret_expires_at <= $2 THEN 'secret_expired'
            WHEN f.breaker <> 'closed' AND NOT probe.is_one THEN 'breaker'
            WHEN r.paced AND locked.released_at IS NULL THEN 'paced'
            WHEN locked.registration_id = ANY ($5) AND NOT probe.is_one THEN 'busy'
        END AS hold_reason
    FROM locked
    LEFT JOIN registrations AS r ON r.id = locked.registration_id
    LEFT JOIN users AS u ON u.id = r.owner_id
    LEFT JOIN registration_flow AS f ON f.registration_id = locked.registration_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(f.breaker = 'half_open' AND f.probe_id = locked.id, false) AS is_one
    ) AS probe
    WHERE locked.state = 'pending' AND locked.wanted_at <= $2 AND locked.leased_until <= $2
),
held AS (
    UPDATE deliveries AS d
    SET state = 'held', hold_reason = wanted.hold_reason, due_at = NULL, released_at = NULL
    FROM wanted
    WHERE d.id = wanted.id AND wanted.dead_reason IS NULL AND wanted.hold_reason IS NOT NULL
),
-- A registration that is being deleted needs nobody to look after it, and is not waited for.
waiting AS MATERIALIZED (
    SELECT r.id, holding.is_busy
    FROM (
        SELECT registration_id, bool_or(hold_reason = 'busy') AS is_busy
        FROM wanted
        WHERE dead_reason IS NULL AND hold_reason IN ('breaker', 'paced', 'busy')
        GROUP BY registration_id
    ) AS holding
    JOIN registrations AS r ON r.id = holding.registration_id
    ORDER BY r.id
    FOR KEY SHARE OF r SKIP LOCKED
),
-- A row that needs no change is locked all the same: whoever is deciding that there is nothing to
-- look for has decided before, or sees what is held here.
looked_after AS (
    INSERT INTO registration_flow AS f (registration_id, release_at, ramp_from)
    SELECT id, $2, CASE WHEN is_busy THEN $2 END
    FROM waiting
    ORDER BY id
    ON CONFLICT (registration_id) DO UPDATE
    SET release_at = COALESCE(f.release_at, excluded.release_at),
        ramp_from = COALESCE(excluded.ramp_from, f.ramp_from)
    WHERE f.release_at IS NULL OR excluded.ramp_from IS NOT NULL
),
dead AS (
    UPDATE deliveries AS d
    SET state = 'dead', dead_reason = wanted.dead_reason, due_at = NULL, released_at = NULL,
        settled_at = $2
    FROM wanted
    WHERE d.id = wanted.id AND wanted.dead_reason IS NOT NULL
    RETURNING d.id, d.dead_reason, d.bundle_size
),
-- By an array, and by the reason and not the state: a plan that was made while little was held would
-- go through an index of all that is.
dead_members AS (
    UPDATE deliveries AS d
    SET
        state = 'dead',
        dead_reason = (SELECT dead.dead_reason FROM dead WHERE dead.id = d.bundle_id),
        hold_reason = NULL,
        settled_at = $2
    WHERE d.bundle_id = ANY (ARRAY (SELECT dead.id FROM dead WHERE dead.bundle_size > 1))
        AND d.bundle_id IS NOT NULL
        AND d.hold_reason = 'bundled'
),
leased AS (
    -- Nothing that an index knows of changes, unless it was released.
    UPDATE deliveries AS d
    SET lease_token = $3, leased_until = $4, released_at = NULL
    FROM wanted
    WHERE d.id = wanted.id AND wanted.dead_reason IS NULL AND wanted.hold_reason IS NULL
    RETURNING
        d.id, d.attempts, d.earlier_rounds, d.replays, d.bundle_size, d.event_id,
        d.registration_id, wanted.failing_since, wanted.is_probe
)
SELECT
    leased.id AS "delivery_id!",
    leased.attempts AS "attempts!",
    leased.earlier_rounds AS "earlier_rounds!",
    leased.replays AS "replays!",
    leased.bundle_size AS "bundle_size!",
    leased.failing_since AS "failing_since?",
    leased.is_probe AS "is_probe!",
    e.id AS event_id,
    e.filter,
    e.event_type,
    e.resource_id,
    e.resource_name,
    e.resource_category,
    e.actor,
    e.occurred_at,
    e.accepted_at,
    e.data,
    e.publisher_id,
    e.audience,
    r.id AS registration_id,
    r.owner_id,
    r.uri,
    r.secret,
    r.previous_secret,
    r.previous_secret_ends_at,
    r.description,
    r.filters,
    r.headers,
    r.properties,
    r.paused,
    r.secret_expires_at,
    r.disabled_at,
    r.disabled_reason,
    r.condition,
    r.options,
    r.credentials,
    r.created_at,
    r.updated_at
FROM leased
JOIN events AS e ON e.id = leased.event_id
JOIN registrations AS r ON r.id = leased.registration_id
