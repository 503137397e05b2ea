DELETE FROM permissions
WHERE id IN (
    SELECT p.id
    FROM json_each($1) AS ending
    CROSS JOIN events AS e ON e.id = unhex(ending.value, '-')
    CROSS JOIN permissions AS p
        ON p.kind = lower(e.filter) AND p.scope = 'one' AND p.target = e.resource_id
    WHERE p.created_at <= e.accepted_at
)
