-- accept_events: an event that is there already was stored by an earlier try of the same call, with
-- its outbox row, so that neither is stored again.
WITH accepted AS (
    INSERT INTO events (
        id, filter, event_type, resource_id, resource_name, resource_category, actor,
        occurred_at, accepted_at, data, publisher_id, audience
    )
    SELECT *
    FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::timestamptz[], $9::timestamptz[], $10::text[], $11::uuid[], $12::text[]
    )
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
INSERT INTO event_outbox (event_id, due_at)
SELECT id, $13
FROM accepted
