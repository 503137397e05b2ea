-- The oldest of each resumed registration first, so that one with a million held deliveries costs
-- no more to look at than one with a few.
UPDATE deliveries
SET state = 'pending', wanted_at = $1, due_at = $1
WHERE id IN (
    SELECT d.id
    FROM registrations AS r
    JOIN users AS u ON u.id = r.owner_id AND NOT u.disabled
    JOIN deliveries AS d ON d.id IN (
        SELECT held.id
        FROM deliveries AS held
        WHERE held.registration_id = r.id AND held.state = 'held'
        ORDER BY held.id
        LIMIT $2
    )
    WHERE r.resumed_at IS NOT NULL AND NOT r.paused
    ORDER BY d.id
    LIMIT $2
)
