-- Users, what they may do, and how requests prove who they are.
--
-- Throughout the schema ids are the 16 bytes of a UUID, times are microseconds since 1970, and
-- tables of short rows are WITHOUT ROWID: they are stored in the order of their primary key, which
-- saves a second look-up and, with ids that grow with time, keeps new rows side by side.

CREATE TABLE users (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    -- The name in lower case: what is unique.
    name_key TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_name_key UNIQUE (name_key),
    CONSTRAINT users_role_check CHECK (role IN ('administrator', 'user'))
) STRICT, WITHOUT ROWID;

-- Administrators may read everything, so every dispatch looks them up.
CREATE INDEX users_administrators ON users (id) WHERE role = 'administrator';

CREATE TABLE permissions (
    id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    -- The empty text stands for every resource of the kind.
    resource_id TEXT NOT NULL DEFAULT '',
    access INTEGER NOT NULL,
    CONSTRAINT permissions_pkey PRIMARY KEY (id),
    CONSTRAINT permissions_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT permissions_scope_key UNIQUE (user_id, kind, resource_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX permissions_resource ON permissions (kind, resource_id, user_id);

CREATE TABLE tokens (
    -- SHA-256 of the token; the token itself is not kept.
    hash BLOB NOT NULL,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT tokens_pkey PRIMARY KEY (hash),
    CONSTRAINT tokens_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_expires_at ON tokens (expires_at);

CREATE TABLE api_keys (
    id BLOB NOT NULL,
    hash BLOB NOT NULL,
    name TEXT NOT NULL,
    user_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_hash_key UNIQUE (hash),
    CONSTRAINT api_keys_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
