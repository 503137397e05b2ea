-- What a reader may read is looked up once, and not for each resource.
WITH readable (kind, scope, target) AS MATERIALIZED (
    SELECT kind, scope, target
    FROM permissions
    WHERE user_id = $3 AND access & 1 = 1 AND ended_at IS NULL
    UNION
    SELECT p.kind, p.scope, p.target
    FROM role_members AS m
    JOIN permissions AS p ON p.role_id = m.role_id
    WHERE m.user_id = $3 AND p.access & 1 = 1 AND p.ended_at IS NULL
)
SELECT entry_id, kind, id, name, category, owner_id, created_at, updated_at
FROM resources
WHERE entry_id < $1
    AND (
        $3 IS NULL
        OR (kind, 'any', '') IN (SELECT kind, scope, target FROM readable)
        OR (kind, 'one', id) IN (SELECT kind, scope, target FROM readable)
        OR (kind, 'category', category) IN (SELECT kind, scope, target FROM readable)
    )
    AND ($4 IS NULL OR kind = $4)
    AND ($5 IS NULL OR category = $5)
    AND ($6 IS NULL OR instr(name_key, $6) > 0 OR id REGEXP $7)
ORDER BY entry_id DESC
LIMIT $2
