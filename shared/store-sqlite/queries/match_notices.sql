-- Who is told of notices: administrators and those who are named, as far as they ask for the filter
-- by its name.
WITH event AS MATERIALIZED (
    SELECT e.id, e.audience
    FROM json_each($1) AS asked
    CROSS JOIN events AS e ON e.id = unhex(asked.value, '-')
),
reader AS (
    SELECT event.id AS event_id, u.id AS user_id
    FROM event
    -- Said outright, for the planner would sooner make an index of all users.
    CROSS JOIN users AS u INDEXED BY users_administrators ON u.role = 'administrator'
    UNION
    SELECT event.id, u.id
    FROM event
    CROSS JOIN json_each(event.audience) AS member
    CROSS JOIN users AS u ON u.name_key = member.value
)
SELECT reader.event_id AS "event_id!: Uuid", f.registration_id AS "registration_id!: Uuid"
FROM reader
CROSS JOIN users AS u ON u.id = reader.user_id AND NOT u.disabled
CROSS JOIN registration_filters AS f ON f.owner_id = u.id AND f.filter = $2
