INSERT INTO attempts (
    id, delivery_id, number, replay, started_at, duration_us, dns_us, connect_us, tls_us,
    first_byte_us, request_uri, request_headers, request_bytes, request_digest, status, cause,
    detail, response_headers, response_body, worker
)
SELECT
    unhex(value ->> 'id', '-'),
    unhex(value ->> 'delivery', '-'),
    value ->> 'number',
    value ->> 'replay',
    value ->> 'started_at',
    value ->> 'duration_us',
    value ->> 'dns_us',
    value ->> 'connect_us',
    value ->> 'tls_us',
    value ->> 'first_byte_us',
    value ->> 'request_uri',
    value ->> 'request_headers',
    value ->> 'request_bytes',
    unhex(value ->> 'request_digest'),
    value ->> 'status',
    value ->> 'cause',
    value ->> 'detail',
    -- The answer may repeat a payload that was removed while the request was under way.
    iif(d.expunged_at IS NULL, value ->> 'response_headers', NULL),
    iif(d.expunged_at IS NULL, unhex(value ->> 'response_body'), NULL),
    value ->> 'worker'
FROM json_each($1)
LEFT JOIN deliveries AS d ON d.id = unhex(value ->> 'delivery', '-')
WHERE true
ON CONFLICT (id) DO NOTHING
RETURNING id AS "id!: Uuid"
