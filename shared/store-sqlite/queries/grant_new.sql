-- One that is there already stays, but for one on a resource whose end waits to be told of: that one
-- is about to end, and must not take with it what is granted on the new resource of the same id.
INSERT INTO permissions (id, user_id, role_id, kind, scope, target, access, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (user_id, kind, scope, target) WHERE user_id IS NOT NULL DO UPDATE
SET access = excluded.access, created_at = excluded.created_at
WHERE permissions.scope = 'one'
    AND EXISTS (
        SELECT 1
        FROM event_outbox AS o
        JOIN events AS e ON e.id = o.event_id
        WHERE o.ends_resource
            AND lower(e.filter) = permissions.kind
            AND e.resource_id = permissions.target
            AND e.accepted_at >= permissions.created_at
    )
ON CONFLICT DO NOTHING
