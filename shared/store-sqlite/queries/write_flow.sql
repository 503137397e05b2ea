INSERT INTO registration_flow (
    registration_id, failing_since, breaker, breaker_until, probe_id, trips, opened_at, release_at,
    ramp_from, rate_at, died_told_at
)
SELECT
    r.id,
    flow.value ->> 'failing_since',
    flow.value ->> 'breaker',
    flow.value ->> 'breaker_until',
    unhex(flow.value ->> 'probe', '-'),
    flow.value ->> 'trips',
    flow.value ->> 'opened_at',
    flow.value ->> 'release_at',
    flow.value ->> 'ramp_from',
    flow.value ->> 'rate_at',
    flow.value ->> 'died_told_at'
FROM json_each($1) AS flow
CROSS JOIN registrations AS r ON r.id = unhex(flow.value ->> 'registration', '-')
WHERE true
ON CONFLICT (registration_id) DO UPDATE
SET
    failing_since = excluded.failing_since,
    breaker = excluded.breaker,
    breaker_until = excluded.breaker_until,
    probe_id = excluded.probe_id,
    trips = excluded.trips,
    opened_at = excluded.opened_at,
    release_at = excluded.release_at,
    ramp_from = excluded.ramp_from,
    rate_at = excluded.rate_at,
    died_told_at = excluded.died_told_at
