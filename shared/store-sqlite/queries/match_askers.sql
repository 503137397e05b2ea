-- From the event over who is to be told (its audience, or else everybody who asks for it) to whether
-- they may read its resource, or might when it was accepted if that has ended.
WITH event AS MATERIALIZED (
    SELECT e.id, lower(e.filter) AS kind, e.resource_id, e.resource_category, e.accepted_at,
        e.audience
    FROM json_each($1) AS asked
    CROSS JOIN events AS e ON e.id = unhex(asked.value, '-')
),
asker AS (
    SELECT event.id, event.kind, event.resource_id, event.resource_category, event.accepted_at,
        f.owner_id, f.registration_id
    FROM event
    CROSS JOIN registration_filters AS f ON f.filter IN ('*', event.kind)
    WHERE event.audience IS NULL
    UNION
    SELECT event.id, event.kind, event.resource_id, event.resource_category, event.accepted_at,
        f.owner_id, f.registration_id
    FROM event
    CROSS JOIN json_each(event.audience) AS member
    CROSS JOIN users AS u ON u.name_key = member.value
    CROSS JOIN registration_filters AS f
        ON f.owner_id = u.id AND f.filter IN ('*', event.kind)
)
SELECT asker.id AS "event_id!: Uuid", asker.registration_id AS "registration_id!: Uuid"
FROM asker
CROSS JOIN users AS u ON u.id = asker.owner_id AND NOT u.disabled
WHERE u.role = 'administrator'
    OR EXISTS (
        SELECT 1
        FROM (
            SELECT 'any' AS scope, '' AS target
            UNION ALL
            SELECT 'one', asker.resource_id
            UNION ALL
            SELECT 'category', asker.resource_category
        ) AS reach
        CROSS JOIN permissions AS p
            ON p.user_id = u.id
            AND p.kind = asker.kind
            AND p.scope = reach.scope
            AND p.target = reach.target
        WHERE p.access & 1 = 1 AND (p.ended_at IS NULL OR p.ended_at >= asker.accepted_at)
    )
    OR EXISTS (
        SELECT 1
        FROM role_members AS m
        CROSS JOIN (
            SELECT 'any' AS scope, '' AS target
            UNION ALL
            SELECT 'one', asker.resource_id
            UNION ALL
            SELECT 'category', asker.resource_category
        ) AS reach
        CROSS JOIN permissions AS p
            ON p.role_id = m.role_id
            AND p.kind = asker.kind
            AND p.scope = reach.scope
            AND p.target = reach.target
        WHERE m.user_id = u.id
            AND p.access & 1 = 1
            AND (p.ended_at IS NULL OR p.ended_at >= asker.accepted_at)
    )
