-- Each delivery at most once.
UPDATE deliveries
SET
    state = made.value ->> 'state',
    hold_reason = iif(made.value ->> 'state' = 'held', 'breaker', NULL),
    attempts = min(attempts, 32766) + 1,
    -- An attempt after which it is held again costs it nothing.
    earlier_rounds = iif(
        made.value ->> 'state' = 'held', min(earlier_rounds, 32766) + 1, earlier_rounds
    ),
    wanted_at = coalesce(made.value ->> 'retry_at', wanted_at),
    due_at = made.value ->> 'retry_at',
    released_at = NULL,
    leased_until = 0,
    lease_token = NULL,
    settled_at = iif(made.value ->> 'is_settled', $2, NULL),
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
RETURNING id AS "id!: Uuid", bundle_size AS "bundle_size!: i64"
