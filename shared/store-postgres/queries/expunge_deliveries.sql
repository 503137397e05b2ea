-- expunge_deliveries: a delivery and the one that carries it are never of the same event, so that no
-- row is changed twice. Whoever changes a delivery and the one that carries it locks all of them first,
-- by id, since others lock them, too.
WITH locked AS MATERIALIZED (
    SELECT d.id, d.event_id, d.bundle_id, d.state
    FROM deliveries AS d
    WHERE d.id = ANY (ARRAY (
        SELECT own.id
        FROM deliveries AS own
        WHERE own.id BETWEEN $2 AND $3 AND own.event_id = $1
        UNION
        SELECT own.bundle_id
        FROM deliveries AS own
        WHERE own.id BETWEEN $2 AND $3 AND own.event_id = $1 AND own.bundle_id IS NOT NULL
        UNION
        SELECT member.id
        FROM deliveries AS own
        JOIN deliveries AS member ON member.bundle_id = own.id
        WHERE own.id BETWEEN $2 AND $3 AND own.event_id = $1
    ))
    ORDER BY d.id
    FOR UPDATE
),
own AS MATERIALIZED (
    SELECT id, bundle_id, state IN ('pending', 'held') AS is_open
    FROM locked
    WHERE event_id = $1
),
left_behind AS (
    UPDATE deliveries AS d
    SET bundle_size = GREATEST(d.bundle_size - 1, 1), expunged_at = $4
    FROM own
    WHERE d.id = own.bundle_id
),
-- By an array, and by the reason and not the state: a plan that was made while little was held would
-- go through an index of all that is.
freed AS (
    UPDATE deliveries AS d
    SET bundle_id = NULL, hold_reason = 'paced'
    WHERE d.bundle_id = ANY (ARRAY (SELECT own.id FROM own WHERE own.is_open))
        AND d.bundle_id IS NOT NULL
        AND d.hold_reason = 'bundled'
    RETURNING d.registration_id
),
-- A registration that is being deleted needs nobody to look after it, and is not waited for.
waiting AS MATERIALIZED (
    SELECT r.id
    FROM registrations AS r
    WHERE r.id IN (SELECT registration_id FROM freed)
    ORDER BY r.id
    FOR KEY SHARE OF r SKIP LOCKED
),
watched AS (
    INSERT INTO registration_flow AS f (registration_id, release_at)
    SELECT id, $4
    FROM waiting
    ORDER BY id
    ON CONFLICT (registration_id) DO UPDATE
    SET release_at = LEAST(f.release_at, EXCLUDED.release_at)
),
-- Judged by the row itself: its constraints are checked on what this statement first saw of it, too, and
-- that must not be mixed with what was found once it was locked.
given_up AS (
    UPDATE deliveries AS d
    SET
        state = CASE WHEN d.state IN ('pending', 'held') THEN 'dead' ELSE d.state END,
        dead_reason = CASE WHEN d.state IN ('pending', 'held') THEN 'expunged' ELSE d.dead_reason END,
        settled_at = CASE WHEN d.state IN ('pending', 'held') THEN $4 ELSE d.settled_at END,
        hold_reason = CASE WHEN d.state IN ('pending', 'held') THEN NULL ELSE d.hold_reason END,
        due_at = NULL,
        released_at = NULL,
        leased_until = 'epoch',
        lease_token = NULL,
        bundle_id = NULL,
        bundle_size = CASE WHEN d.state IN ('pending', 'held') THEN 1 ELSE d.bundle_size END,
        expunged_at = $4
    FROM own
    WHERE d.id = own.id
)
SELECT id, bundle_id
FROM own
