-- Each delivery at most once.
UPDATE deliveries
SET
    state = made.value ->> 'state',
    attempts = min(attempts, 32766) + 1,
    wanted_at = coalesce(made.value ->> 'retry_at', wanted_at),
    due_at = made.value ->> 'retry_at',
    leased_until = 0,
    lease_token = NULL,
    settled_at = CASE WHEN made.value ->> 'state' <> 'pending' THEN $2 END,
    dead_reason = made.value ->> 'dead_reason',
    last_status = made.value ->> 'status',
    last_cause = made.value ->> 'cause'
FROM json_each($1) AS made
WHERE deliveries.id = unhex(made.value ->> 'delivery', '-')
    AND CASE made.value ->> 'state'
        WHEN 'delivered' THEN deliveries.state <> 'delivered'
        ELSE deliveries.state = 'pending'
            AND deliveries.lease_token = unhex(made.value ->> 'token', '-')
    END
RETURNING id AS "id!: Uuid"
