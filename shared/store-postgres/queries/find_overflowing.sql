-- find_overflowing: the oldest that are too many, or are held for too long, of one registration after
-- the other, and of each from where it was looked at last; locked, but for those that somebody else is
-- working on.
WITH overflowing AS MATERIALIZED (
    SELECT overfull.place, oldest.id
    FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY
        AS overfull (registration_id, excess, looked_to, place)
    CROSS JOIN LATERAL (
        SELECT d.id
        FROM deliveries AS d
        WHERE d.registration_id = overfull.registration_id
            AND d.state = 'held'
            AND d.bundle_id IS NULL
            AND d.id > overfull.looked_to
            AND d.id <= GREATEST(overfull.excess, $4)
            AND (d.id <= overfull.excess OR (d.id < $4 AND d.wanted_at < $5))
        ORDER BY d.id
        LIMIT $6
    ) AS oldest
    LIMIT $6
),
locked AS MATERIALIZED (
    SELECT d.id
    FROM overflowing
    JOIN deliveries AS d ON d.id = overflowing.id
    WHERE d.state = 'held'
    ORDER BY d.id
    FOR UPDATE OF d SKIP LOCKED
)
SELECT
    place AS "place!", id AS "id!", id IN (SELECT locked.id FROM locked) AS "is_locked!"
FROM overflowing
ORDER BY place, id
