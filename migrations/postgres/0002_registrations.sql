-- Where users want which events.

CREATE TABLE registrations (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    uri text NOT NULL,
    secret text NOT NULL,
    description text,
    -- These three are JSON, kept to the byte.
    filters text NOT NULL,
    headers text NOT NULL,
    properties text NOT NULL,
    paused boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    -- Set by resuming, until nothing that was held in the pause is left to release.
    resumed_at timestamptz,
    CONSTRAINT registrations_pkey PRIMARY KEY (id),
    CONSTRAINT registrations_owner_fkey FOREIGN KEY (owner_id) REFERENCES users (id)
        ON DELETE CASCADE
);

CREATE INDEX registrations_owner ON registrations (owner_id, id);
CREATE INDEX registrations_resumed ON registrations (id) WHERE resumed_at IS NOT NULL;

-- One row per entry of a registration's filters, `*` included: what dispatch joins on, so that its
-- cost follows the owners who may read, not the number of registrations.
CREATE TABLE registration_filters (
    owner_id uuid NOT NULL,
    filter text NOT NULL,
    registration_id uuid NOT NULL,
    CONSTRAINT registration_filters_pkey PRIMARY KEY (owner_id, filter, registration_id),
    CONSTRAINT registration_filters_registration_fkey FOREIGN KEY (registration_id)
        REFERENCES registrations (id) ON DELETE CASCADE
);

CREATE INDEX registration_filters_registration ON registration_filters (registration_id);
