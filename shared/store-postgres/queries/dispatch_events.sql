-- dispatch_events: `OFFSET 0` keeps the planner from turning the order of the joins round.
WITH taken AS MATERIALIZED (
    SELECT event_id
    FROM event_outbox
    WHERE event_id = ANY ($1)
    FOR UPDATE SKIP LOCKED
),
event AS MATERIALIZED (
    SELECT
        e.id,
        kind.name AS kind,
        e.resource_id,
        e.resource_category,
        CASE
            WHEN e.audience IS NOT NULL THEN ARRAY(SELECT json_array_elements_text(e.audience::json))
        END AS audience,
        e.accepted_at,
        notice.is_one AS is_notice,
        -- `*` does not ask for notices.
        CASE WHEN notice.is_one THEN ARRAY[kind.name] ELSE ARRAY['*', kind.name] END AS entries
    FROM taken
    JOIN events AS e ON e.id = taken.event_id
    CROSS JOIN LATERAL (
        SELECT lower(e.filter COLLATE "C") COLLATE "default" AS name
        OFFSET 0
    ) AS kind
    CROSS JOIN LATERAL (SELECT kind.name = 'postrider' AS is_one) AS notice
),
-- Permissions that ended with their resource count for what was accepted up to then. What ended since
-- the first of the events was accepted is read once: it is next to nothing.
ended AS MATERIALIZED (
    SELECT p.user_id, p.role_id, p.kind, p.scope, p.target, p.ended_at
    FROM permissions AS p
    WHERE p.ended_at IS NOT NULL
        AND p.ended_at >= (SELECT min(accepted_at) FROM event)
        AND p.access & 1 = 1
),
outlived AS MATERIALIZED (
    SELECT event.id AS event_id, ended.user_id, ended.role_id
    FROM event
    JOIN ended ON ended.kind = event.kind
        AND ended.ended_at >= event.accepted_at
        AND (
            (ended.scope = 'one' AND ended.target = event.resource_id)
            OR (ended.scope = 'category' AND ended.target = event.resource_category)
        )
),
-- Either from those who may read to what they asked for, or from those who ask to what they may
-- read: whichever are fewer, so that the cost follows neither the number of users nor that of
-- registrations. Both are looked at up to a bound that grows until one is seen to be below it.
-- `readers` is none when those who ask are fewer.
weighed AS MATERIALIZED (
    SELECT event.*, begin.readers
    FROM event
    LEFT JOIN LATERAL (
        SELECT CASE WHEN cardinality(reader.ids) < bound.most THEN reader.ids END AS readers
        FROM (VALUES (100), (3000), (90000)) AS bound (most)
        CROSS JOIN LATERAL (
            SELECT ARRAY(
                -- Of an audience everybody is taken here, and judged below.
                SELECT u.id
                FROM users AS u
                WHERE event.audience IS NOT NULL AND u.name_key = ANY (event.audience)
                UNION ALL
                SELECT u.id
                FROM users AS u
                WHERE (event.audience IS NULL OR event.is_notice) AND u.role = 'administrator'
                UNION ALL
                SELECT holder.user_id
                FROM (
                    VALUES ('any', ''), ('one', event.resource_id),
                        ('category', event.resource_category)
                ) AS about (scope, target)
                CROSS JOIN LATERAL (
                    SELECT p.user_id, p.role_id
                    FROM permissions AS p
                    WHERE p.kind = event.kind
                        AND p.scope = about.scope
                        AND p.target = about.target
                        AND p.access & 1 = 1
                        AND (p.ended_at IS NULL OR p.ended_at >= event.accepted_at)
                    OFFSET 0
                ) AS granted
                CROSS JOIN LATERAL (
                    SELECT granted.user_id
                    WHERE granted.user_id IS NOT NULL
                    UNION ALL
                    -- The order of the primary key: the other index begins with the user.
                    SELECT member.user_id
                    FROM (
                        SELECT m.user_id
                        FROM role_members AS m
                        WHERE m.role_id BETWEEN granted.role_id AND granted.role_id
                        ORDER BY m.role_id, m.user_id
                    ) AS member
                    OFFSET 0
                ) AS holder
                WHERE event.audience IS NULL AND NOT event.is_notice
                LIMIT bound.most
            ) AS ids
            OFFSET 0
        ) AS reader
        CROSS JOIN LATERAL (
            SELECT count(*) AS found
            FROM (
                SELECT
                FROM registration_filters AS f
                WHERE cardinality(reader.ids) >= bound.most AND f.filter = ANY (event.entries)
                LIMIT bound.most
            ) AS bounded
        ) AS asking
        WHERE cardinality(reader.ids) < bound.most OR asking.found < bound.most
        LIMIT 1
    ) AS begin ON true
),
matched AS MATERIALIZED (
    SELECT DISTINCT event.id AS event_id, asked.registration_id
    FROM weighed AS event
    CROSS JOIN LATERAL (
        SELECT own.owner_id, own.registration_id
        FROM unnest(event.readers) AS reader (id)
        CROSS JOIN unnest(event.entries) AS entry (filter)
        CROSS JOIN LATERAL (
            SELECT f.owner_id, f.registration_id
            FROM registration_filters AS f
            WHERE f.owner_id = reader.id AND f.filter = entry.filter
            OFFSET 0
        ) AS own
        UNION ALL
        SELECT f.owner_id, f.registration_id
        FROM registration_filters AS f
        WHERE event.readers IS NULL AND f.filter = ANY (event.entries)
        OFFSET 0
    ) AS asked
    CROSS JOIN LATERAL (
        SELECT
        FROM users AS u
        WHERE u.id = asked.owner_id
            AND NOT u.disabled
            AND (
                event.audience IS NULL
                OR u.name_key = ANY (event.audience)
                OR (event.is_notice AND u.role = 'administrator')
            )
            AND (
                -- Of a notice an audience is all the permission that is needed.
                (event.is_notice AND event.audience IS NOT NULL)
                OR (event.audience IS NULL AND event.readers IS NOT NULL)
                OR u.role = 'administrator'
                -- The first permission in order that is not before the one that would do: only the
                -- indexes of the holder's permissions have this order. Asked for by equality, it might
                -- be looked for among those of everybody else.
                OR EXISTS (
                    SELECT
                    FROM (
                        VALUES ('any', ''), ('one', event.resource_id),
                            ('category', event.resource_category)
                    ) AS about (scope, target)
                    CROSS JOIN LATERAL (
                        SELECT p.user_id, p.kind, p.scope, p.target, p.access
                        FROM permissions AS p
                        WHERE p.user_id IS NOT NULL
                            AND p.ended_at IS NULL
                            AND (p.user_id, p.kind, p.scope, p.target)
                                >= (u.id, event.kind, about.scope, about.target)
                        ORDER BY p.user_id, p.kind, p.scope, p.target
                        LIMIT 1
                    ) AS own
                    WHERE (own.user_id, own.kind, own.scope, own.target)
                            = (u.id, event.kind, about.scope, about.target)
                        AND own.access & 1 = 1
                    OFFSET 0
                )
                OR EXISTS (
                    SELECT
                    FROM role_members AS m
                    CROSS JOIN (
                        VALUES ('any', ''), ('one', event.resource_id),
                            ('category', event.resource_category)
                    ) AS about (scope, target)
                    CROSS JOIN LATERAL (
                        SELECT p.role_id, p.kind, p.scope, p.target, p.access
                        FROM permissions AS p
                        WHERE p.role_id IS NOT NULL
                            AND p.ended_at IS NULL
                            AND (p.role_id, p.kind, p.scope, p.target)
                                >= (m.role_id, event.kind, about.scope, about.target)
                        ORDER BY p.role_id, p.kind, p.scope, p.target
                        LIMIT 1
                    ) AS shared
                    WHERE m.user_id = u.id
                        AND (shared.role_id, shared.kind, shared.scope, shared.target)
                            = (m.role_id, event.kind, about.scope, about.target)
                        AND shared.access & 1 = 1
                    OFFSET 0
                )
                -- Not pulled up into joins, both are looked up in a hash table.
                OR (event.id, u.id) IN (
                    SELECT o.event_id, o.user_id FROM outlived AS o WHERE o.user_id IS NOT NULL
                )
                OR EXISTS (
                    SELECT
                    FROM role_members AS m
                    WHERE m.user_id = u.id
                        AND (
                            (event.id, m.role_id) IN (
                                SELECT o.event_id, o.role_id
                                FROM outlived AS o
                                WHERE o.role_id IS NOT NULL
                            )
                        ) IS TRUE
                    OFFSET 0
                )
            )
        OFFSET 0
    ) AS judged
),
judged AS MATERIALIZED (
    SELECT matched.event_id, matched.registration_id, r.condition
    FROM matched
    JOIN registrations AS r ON r.id = matched.registration_id
),
conditional AS MATERIALIZED (
    SELECT event_id, registration_id, condition
    FROM judged
    WHERE condition IS NOT NULL
),
-- What is to be judged stays in the outbox until then.
kept AS (
    UPDATE event_outbox
    SET due_at = $3
    WHERE event_id = ANY (ARRAY(SELECT conditional.event_id FROM conditional))
),
removed AS (
    DELETE FROM event_outbox
    WHERE event_id = ANY (
        ARRAY(
            SELECT taken.event_id
            FROM taken
            WHERE taken.event_id NOT IN (SELECT conditional.event_id FROM conditional)
        )
    )
),
-- The id is DeliveryId::derive: the first 12 digits of the event's id, then the digest of both ids
-- with the version and variant of a UUIDv7 put in.
hashed AS MATERIALIZED (
    SELECT
        event_id,
        registration_id,
        encode(uuid_send(event_id), 'hex') AS event,
        encode(sha256(uuid_send(event_id) || uuid_send(registration_id)), 'hex') AS digest
    FROM judged
    WHERE condition IS NULL
),
created AS (
    INSERT INTO deliveries (
        id, event_id, registration_id, state, attempts, earlier_rounds, created_at, wanted_at,
        due_at, leased_until
    )
    SELECT
        (
            left(event, 12)
            || '7' || substr(digest, 14, 3)
            || translate(substr(digest, 17, 1), '0123456789abcdef', '89ab89ab89ab89ab')
            || substr(digest, 18, 15)
        )::uuid,
        event_id, registration_id, 'pending', 0, 0, $2, $2, $3, 'epoch'
    FROM hashed
    ON CONFLICT (id) DO NOTHING
    RETURNING id
)
SELECT id AS delivery_id, NULL::uuid AS event_id, NULL::uuid AS registration_id,
    NULL::text AS condition
FROM created
UNION ALL
SELECT NULL, event_id, registration_id, condition
FROM conditional
