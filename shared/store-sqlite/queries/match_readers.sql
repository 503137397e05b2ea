-- From the event over who may read its resource, or might when it was accepted if that has ended, to
-- what they asked for.
WITH event AS MATERIALIZED (
    SELECT e.id, lower(e.filter) AS kind, e.resource_id, e.resource_category, e.accepted_at
    FROM json_each($1) AS asked
    CROSS JOIN events AS e ON e.id = unhex(asked.value, '-')
),
permission AS (
    SELECT reach.event_id, reach.kind, p.user_id, p.role_id
    FROM (
        SELECT id AS event_id, kind, accepted_at, 'any' AS scope, '' AS target FROM event
        UNION ALL
        SELECT id, kind, accepted_at, 'one', resource_id FROM event
        UNION ALL
        SELECT id, kind, accepted_at, 'category', resource_category FROM event
    ) AS reach
    CROSS JOIN permissions AS p
        ON p.kind = reach.kind AND p.scope = reach.scope AND p.target = reach.target
    WHERE p.access & 1 = 1 AND (p.ended_at IS NULL OR p.ended_at >= reach.accepted_at)
),
reader AS (
    SELECT event_id, kind, user_id
    FROM permission
    WHERE user_id IS NOT NULL
    UNION
    SELECT permission.event_id, permission.kind, m.user_id
    FROM permission
    CROSS JOIN role_members AS m ON m.role_id = permission.role_id
    UNION
    SELECT event.id, event.kind, u.id
    FROM event
    -- Said outright, for the planner would sooner make an index of all users.
    CROSS JOIN users AS u INDEXED BY users_administrators ON u.role = 'administrator'
)
SELECT DISTINCT reader.event_id AS "event_id!: Uuid", f.registration_id AS "registration_id!: Uuid"
FROM reader
CROSS JOIN users AS u ON u.id = reader.user_id AND NOT u.disabled
CROSS JOIN registration_filters AS f
    ON f.owner_id = u.id AND f.filter IN ('*', reader.kind)
