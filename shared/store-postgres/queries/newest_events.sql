-- newest_events(first, limit): what was accepted lately.
SELECT id, filter, event_type, accepted_at
FROM events
WHERE id >= $1
ORDER BY id DESC
LIMIT $2
