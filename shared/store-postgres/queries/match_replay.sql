-- match_replay: the next deliveries of a replay, in the order of an index and no further than it is
-- asked for. One of the two halves is empty: who wants the dead alone finds them in an index of their
-- own. Bounds on both columns leave the planner no other index. The events are locked, so that none
-- is removed before its delivery is pending.
SELECT looked.id AS "id!"
FROM (
    (
        SELECT d.registration_id, d.id, d.event_id, d.state, d.dead_reason, d.created_at
        FROM deliveries AS d
        WHERE NOT $2::boolean
            AND d.state = 'dead'
            AND (d.registration_id, d.id) >= ($1, $4)
            AND (d.registration_id, d.id) <= ($1, $5)
        ORDER BY d.registration_id, d.id
        LIMIT $6
    )
    UNION ALL
    (
        SELECT d.registration_id, d.id, d.event_id, d.state, d.dead_reason, d.created_at
        FROM deliveries AS d
        WHERE $2
            AND (d.registration_id, d.id) >= ($1, $4)
            AND (d.registration_id, d.id) <= ($1, $5)
        ORDER BY d.registration_id, d.id
        LIMIT $6
    )
) AS looked
JOIN events AS e ON e.id = looked.event_id
WHERE looked.created_at <= $7
    AND CASE looked.state
        WHEN 'dead' THEN $3::boolean AND ($8::text[] IS NULL OR looked.dead_reason = ANY ($8))
        ELSE looked.state = 'delivered' AND $2
    END
    AND e.expunged_at IS NULL
    AND ($9::text IS NULL OR lower(e.filter COLLATE "C") = $9)
    AND ($10::text IS NULL OR e.event_type = $10)
ORDER BY looked.registration_id, looked.id
LIMIT $11
FOR SHARE OF e
