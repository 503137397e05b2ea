-- For each event of the outbox: how many at the most may read its resource, and how many
-- registrations ask for it, each counted up to a bound. A user who may read it twice counts twice,
-- and permissions that have ended count, for they are looked at as well.
WITH event AS MATERIALIZED (
    SELECT
        e.id, lower(e.filter) AS kind, e.resource_id, e.resource_category, e.audience
    FROM json_each($1) AS asked
    CROSS JOIN event_outbox AS o ON o.event_id = unhex(asked.value, '-')
    CROSS JOIN events AS e ON e.id = o.event_id
)
SELECT
    event.id AS "event_id!: Uuid",
    event.audience IS NOT NULL AS "has_audience!: bool",
    event.kind = $3 AS "is_notice!: bool",
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM (
                SELECT 'any' AS scope, '' AS target
                UNION ALL
                SELECT 'one', event.resource_id
                UNION ALL
                SELECT 'category', event.resource_category
            ) AS reach
            CROSS JOIN permissions AS p
                ON p.kind = event.kind AND p.scope = reach.scope AND p.target = reach.target
            LEFT JOIN role_members AS m ON m.role_id = p.role_id
            UNION ALL
            SELECT 1
            FROM users
            WHERE role = 'administrator'
            LIMIT $2
        )
    ) AS "readers!: i64",
    (
        SELECT count(*)
        FROM (
            SELECT 1
            FROM registration_filters
            WHERE filter IN ('*', event.kind)
            LIMIT $2
        )
    ) AS "askers!: i64"
FROM event
