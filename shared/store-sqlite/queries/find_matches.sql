-- From the event over who may read its resource to what they asked for: the cost follows the
-- matches, not the number of registrations. Nobody is found twice.
WITH event AS MATERIALIZED (
    SELECT e.id, e.filter, e.resource_id
    FROM json_each($1) AS asked
    JOIN event_outbox AS o ON o.event_id = unhex(asked.value, '-')
    JOIN events AS e ON e.id = o.event_id
),
reader AS (
    SELECT event.id AS event_id, event.filter, p.user_id
    FROM event
    JOIN permissions AS p ON p.kind = event.filter AND p.resource_id IN ('', event.resource_id)
    JOIN users AS u ON u.id = p.user_id AND NOT u.disabled
    WHERE p.access & 1 = 1
    UNION
    SELECT event.id, event.filter, u.id
    FROM event
    JOIN users AS u ON u.role = 'administrator' AND NOT u.disabled
)
SELECT DISTINCT reader.event_id AS "event_id!: Uuid", f.registration_id AS "registration_id!: Uuid"
FROM reader
JOIN registration_filters AS f
    ON f.owner_id = reader.user_id AND f.filter IN ('*', reader.filter)
