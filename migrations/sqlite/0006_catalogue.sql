-- Filters that administrators add, and the catalogue of resources that events are about.

CREATE TABLE filters (
    -- The name in lower case: filters are compared without regard to case.
    name_key TEXT NOT NULL,
    -- As it was written, and as it goes out.
    name TEXT NOT NULL,
    description TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT filters_pkey PRIMARY KEY (name_key)
) STRICT, WITHOUT ROWID;

-- Filters that a registration asks for: what dispatch begins with when fewer ask than may read.
CREATE INDEX registration_filters_filter
    ON registration_filters (filter, owner_id, registration_id);

-- Publishers may tell of resources that are not in here.
CREATE TABLE resources (
    -- Orders the pages of a list; everybody else knows a resource by kind and id.
    entry_id BLOB NOT NULL,
    -- The filter of its events, in lower case.
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The name in lower case.
    name_key TEXT NOT NULL,
    -- The id of a resource of the kind `categories`.
    category TEXT,
    owner_id BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT resources_pkey PRIMARY KEY (entry_id),
    CONSTRAINT resources_id_key UNIQUE (kind, id),
    CONSTRAINT resources_owner_fkey FOREIGN KEY (owner_id) REFERENCES users (id)
        ON DELETE SET NULL
) STRICT, WITHOUT ROWID;

-- The report server has no two tasks, alerts or connections of one name.
CREATE UNIQUE INDEX resources_name ON resources (kind, name_key)
    WHERE kind IN ('alerts', 'connections', 'tasks');
CREATE INDEX resources_kind ON resources (kind, entry_id);
CREATE INDEX resources_category ON resources (category) WHERE category IS NOT NULL;
CREATE INDEX resources_owner ON resources (owner_id);

-- Who published it.
ALTER TABLE events ADD COLUMN publisher_id BLOB;
-- JSON: the names, in lower case, of the only users who are told, whatever others may read.
ALTER TABLE events ADD COLUMN audience TEXT;
