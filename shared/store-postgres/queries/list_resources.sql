-- list_resources: what a user may read is gathered once; each resource is then looked up in it.
WITH readable AS MATERIALIZED (
    SELECT p.kind, p.scope, p.target
    FROM permissions AS p
    WHERE p.user_id = $1 AND p.ended_at IS NULL AND p.access & 1 = 1
    UNION
    SELECT p.kind, p.scope, p.target
    FROM role_members AS m
    JOIN permissions AS p ON p.role_id = m.role_id
    WHERE m.user_id = $1 AND p.ended_at IS NULL AND p.access & 1 = 1
)
SELECT
    r.entry_id, r.kind, r.id, r.name, r.category, r.owner_id, r.created_at, r.updated_at
FROM resources AS r
WHERE ($2::text IS NULL OR r.kind = $2)
    AND ($3::text IS NULL OR r.category = $3)
    AND (
        $4::text IS NULL
        OR strpos(r.name_key, $4) > 0
        OR strpos(lower(r.id), $4) > 0
    )
    AND ($5::uuid IS NULL OR r.entry_id < $5)
    AND (
        $1::uuid IS NULL
        OR r.kind IN (SELECT kind FROM readable WHERE scope = 'any')
        OR (r.kind, r.id) IN (SELECT kind, target FROM readable WHERE scope = 'one')
        OR (r.kind, r.category) IN (SELECT kind, target FROM readable WHERE scope = 'category')
    )
ORDER BY r.entry_id DESC
LIMIT $6
