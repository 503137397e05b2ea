-- Those on one resource, and with a category those on what is filed under it. There are few kinds,
-- so that they are looked up one after the other, each at its place in the index.
WITH RECURSIVE kind (name) AS (
    SELECT min(kind) FROM permissions WHERE $1 = 'categories'
    UNION ALL
    SELECT (SELECT min(p.kind) FROM permissions AS p WHERE p.kind > kind.name)
    FROM kind
    WHERE kind.name IS NOT NULL
),
reach (kind, scope) AS (
    SELECT $1, 'one'
    UNION ALL
    SELECT name, 'category' FROM kind
)
UPDATE permissions
SET ended_at = $3
WHERE id IN (
    SELECT p.id
    FROM reach
    CROSS JOIN permissions AS p
        ON p.kind = reach.kind AND p.scope = reach.scope AND p.target = $2
    WHERE p.ended_at IS NULL
)
