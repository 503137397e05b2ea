-- Indexes of the lists.

-- What one user published, and what happened to one resource. Other conditions on events have none: who
-- publishes should not have to keep an index for each.
CREATE INDEX events_publisher ON events (publisher_id, id);
CREATE INDEX events_resource ON events (resource_id, id);

-- What is held or was given up for a reason. What goes smoothly has nothing to do with either.
CREATE INDEX deliveries_held_for ON deliveries (hold_reason, id) WHERE state = 'held';
CREATE INDEX deliveries_dead_for ON deliveries (dead_reason, id) WHERE state = 'dead';

-- The orders that registrations are listed in, beside that of their URIs.
CREATE INDEX registrations_created_at ON registrations (created_at, id);
CREATE INDEX registrations_updated_at ON registrations (updated_at, id);
CREATE INDEX registrations_description ON registrations (coalesce(description, ''), id);
CREATE INDEX registrations_paused ON registrations (paused, id);
CREATE INDEX users_name ON users (name_key);

CREATE INDEX audit_actor_outcome ON audit (actor_id, outcome, id);
