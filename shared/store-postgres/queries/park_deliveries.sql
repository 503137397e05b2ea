-- park_deliveries: in the order of their ids, as attempts are recorded.
WITH locked AS MATERIALIZED (
    SELECT d.id, d.registration_id
    FROM deliveries AS d
    JOIN unnest($1::uuid[], $2::uuid[]) AS parked (id, token)
        ON parked.id = d.id AND parked.token = d.lease_token
    WHERE d.state = 'pending'
    ORDER BY d.id
    FOR UPDATE OF d
),
held AS (
    UPDATE deliveries AS d
    SET state = 'held', hold_reason = 'busy', due_at = NULL, released_at = NULL,
        leased_until = 'epoch', lease_token = NULL
    FROM locked
    WHERE d.id = locked.id
),
-- A registration that is being deleted needs nobody to look after it, and is not waited for.
waiting AS MATERIALIZED (
    SELECT r.id
    FROM (SELECT DISTINCT registration_id FROM locked) AS holding
    JOIN registrations AS r ON r.id = holding.registration_id
    ORDER BY r.id
    FOR KEY SHARE OF r SKIP LOCKED
)
INSERT INTO registration_flow AS f (registration_id, release_at, ramp_from)
SELECT id, $3, $3
FROM waiting
ORDER BY id
ON CONFLICT (registration_id) DO UPDATE
SET release_at = COALESCE(f.release_at, excluded.release_at), ramp_from = excluded.ramp_from
