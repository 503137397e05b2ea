-- What each permission that is a user's, or one of their roles', allows: on the resource of this id
-- and category, or else on every one of the kind. An administrator may do everything.
WITH reach (scope, target) AS (
    VALUES ('any', ''), ('one', $3), ('category', $4)
)
SELECT 15 AS "access!: i64"
FROM users
WHERE id = $1 AND role = 'administrator'
UNION
SELECT p.access
FROM reach
CROSS JOIN permissions AS p
    ON p.user_id = $1
    AND p.kind = $2
    AND p.scope = reach.scope
    AND p.target = reach.target
    AND p.ended_at IS NULL
UNION
SELECT p.access
FROM role_members AS m
CROSS JOIN reach
CROSS JOIN permissions AS p
    ON p.role_id = m.role_id
    AND p.kind = $2
    AND p.scope = reach.scope
    AND p.target = reach.target
    AND p.ended_at IS NULL
WHERE m.user_id = $1
