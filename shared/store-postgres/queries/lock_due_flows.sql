-- lock_due_flows: the registrations whose time to be looked at has come, the longest due first.
SELECT
    registration_id, failing_since, breaker, breaker_until, probe_id, trips, opened_at, release_at,
    ramp_from, rate_at, died_told_at
FROM registration_flow
WHERE release_at <= $1
ORDER BY release_at
LIMIT $2
FOR NO KEY UPDATE SKIP LOCKED
