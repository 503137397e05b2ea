-- Users, what they may do, and how requests prove who they are.

CREATE TABLE users (
    id uuid NOT NULL,
    name text NOT NULL,
    -- The name in lower case: what is unique.
    name_key text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    disabled boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_name_key UNIQUE (name_key),
    CONSTRAINT users_role_check CHECK (role IN ('administrator', 'user'))
);

-- Administrators may read everything, so every dispatch looks them up.
CREATE INDEX users_administrators ON users (id) WHERE role = 'administrator';

CREATE TABLE permissions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    -- The empty text stands for every resource of the kind.
    resource_id text NOT NULL DEFAULT '',
    access smallint NOT NULL,
    CONSTRAINT permissions_pkey PRIMARY KEY (id),
    CONSTRAINT permissions_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT permissions_scope_key UNIQUE (user_id, kind, resource_id)
);

CREATE INDEX permissions_resource ON permissions (kind, resource_id, user_id);

CREATE TABLE tokens (
    -- SHA-256 of the token; the token itself is not kept.
    hash bytea NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT tokens_pkey PRIMARY KEY (hash),
    CONSTRAINT tokens_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX tokens_expires_at ON tokens (expires_at);

CREATE TABLE api_keys (
    id uuid NOT NULL,
    hash bytea NOT NULL,
    name text NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT api_keys_pkey PRIMARY KEY (id),
    CONSTRAINT api_keys_hash_key UNIQUE (hash),
    CONSTRAINT api_keys_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
