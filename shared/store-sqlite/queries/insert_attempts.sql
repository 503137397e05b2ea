INSERT INTO attempts (
    id, delivery_id, number, started_at, duration_us, status, cause, detail, response_headers,
    response_body, worker
)
SELECT
    unhex(value ->> 'id', '-'),
    unhex(value ->> 'delivery', '-'),
    value ->> 'number',
    value ->> 'started_at',
    value ->> 'duration_us',
    value ->> 'status',
    value ->> 'cause',
    value ->> 'detail',
    value ->> 'response_headers',
    unhex(value ->> 'response_body'),
    value ->> 'worker'
FROM json_each($1)
WHERE true
ON CONFLICT (id) DO NOTHING
RETURNING id AS "id!: Uuid"
