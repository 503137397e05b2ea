INSERT INTO events (
    id, filter, event_type, resource_id, resource_name, resource_category, actor, occurred_at,
    accepted_at, data, publisher_id, audience
)
SELECT
    unhex(value ->> 'id', '-'),
    value ->> 'filter',
    value ->> 'event_type',
    value ->> 'resource_id',
    value ->> 'resource_name',
    value ->> 'resource_category',
    value ->> 'actor',
    value ->> 'occurred_at',
    value ->> 'accepted_at',
    value ->> 'data',
    unhex(value ->> 'publisher', '-'),
    value ->> 'audience'
FROM json_each($1)
WHERE true
ON CONFLICT (id) DO NOTHING
RETURNING id AS "id!: Uuid"
