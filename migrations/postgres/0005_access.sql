-- Roles, the full permission model, scopes of keys, and the audit log.

-- A role is a named set of permissions. Somebody's rights are their own and those of all their roles.
CREATE TABLE roles (
    id uuid NOT NULL,
    name text NOT NULL,
    -- The name in lower case: what is unique.
    name_key text NOT NULL,
    description text,
    -- Comes with the product, and cannot be deleted.
    built_in boolean NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT roles_pkey PRIMARY KEY (id),
    CONSTRAINT roles_name_key UNIQUE (name_key)
);

-- Not for the role of administrators: who they are is `users.role`.
CREATE TABLE role_members (
    role_id uuid NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT role_members_pkey PRIMARY KEY (role_id, user_id),
    CONSTRAINT role_members_role_fkey FOREIGN KEY (role_id) REFERENCES roles (id)
        ON DELETE CASCADE,
    CONSTRAINT role_members_user_fkey FOREIGN KEY (user_id) REFERENCES users (id)
        ON DELETE CASCADE
);

CREATE INDEX role_members_user ON role_members (user_id, role_id);

-- A permission is a user's or a role's. Its scope is every resource of the kind (`any`, the target
-- is empty), the one whose id is the target (`one`), or those in the category that is the target
-- (`category`).
--
-- One whose resource was deleted has ended. It is kept for a while, to judge by it who is told of what
-- happened up to then.
ALTER TABLE permissions RENAME COLUMN resource_id TO target;
ALTER TABLE permissions
    DROP CONSTRAINT permissions_scope_key,
    ALTER COLUMN user_id DROP NOT NULL,
    ALTER COLUMN target DROP DEFAULT,
    ADD COLUMN role_id uuid,
    ADD COLUMN scope text,
    ADD COLUMN created_at timestamptz,
    ADD COLUMN ended_at timestamptz,
    ADD CONSTRAINT permissions_role_fkey FOREIGN KEY (role_id) REFERENCES roles (id)
        ON DELETE CASCADE,
    ADD CONSTRAINT permissions_holder_check CHECK ((user_id IS NULL) <> (role_id IS NULL)),
    ADD CONSTRAINT permissions_scope_check
        CHECK (scope IN ('any', 'one', 'category') AND (scope = 'any') = (target = ''));
UPDATE permissions
SET scope = CASE target WHEN '' THEN 'any' ELSE 'one' END, created_at = 'epoch';
ALTER TABLE permissions
    ALTER COLUMN scope SET NOT NULL,
    ALTER COLUMN created_at SET NOT NULL;

DROP INDEX permissions_resource;
CREATE UNIQUE INDEX permissions_of_user ON permissions (user_id, kind, scope, target)
    WHERE user_id IS NOT NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX permissions_of_role ON permissions (role_id, kind, scope, target)
    WHERE role_id IS NOT NULL AND ended_at IS NULL;
-- All that were ever a user's or a role's: by these their permissions go with them.
CREATE INDEX permissions_by_user ON permissions (user_id, kind, scope, target)
    WHERE user_id IS NOT NULL;
CREATE INDEX permissions_by_role ON permissions (role_id, kind, scope, target)
    WHERE role_id IS NOT NULL;
CREATE INDEX permissions_ended ON permissions (ended_at) WHERE ended_at IS NOT NULL;
-- What dispatch begins with.
CREATE INDEX permissions_scope ON permissions (kind, scope, target);

INSERT INTO roles (id, name, name_key, description, built_in, created_at, updated_at)
VALUES
    ('00000000-0000-7000-8000-000000000001', 'System Administrator', 'system administrator',
        'Manages everything, and may read every resource.',
        true, 'epoch', 'epoch'),
    ('00000000-0000-7000-8000-000000000002', 'Report Creator', 'report creator',
        'Everything about reports, categories, tasks and alerts; Read on connections.',
        true, 'epoch', 'epoch'),
    ('00000000-0000-7000-8000-000000000003', 'Report Reader', 'report reader',
        'Read on everything.',
        true, 'epoch', 'epoch'),
    ('00000000-0000-7000-8000-000000000004', 'Data Administrator', 'data administrator',
        'Everything about every kind of resource.',
        true, 'epoch', 'epoch');

INSERT INTO permissions (id, user_id, role_id, kind, scope, target, access, created_at)
VALUES
    ('00000000-0000-7000-8000-000000000201', NULL, '00000000-0000-7000-8000-000000000002', 'reports', 'any', '', 15, 'epoch'),
    ('00000000-0000-7000-8000-000000000202', NULL, '00000000-0000-7000-8000-000000000002', 'categories', 'any', '', 15, 'epoch'),
    ('00000000-0000-7000-8000-000000000203', NULL, '00000000-0000-7000-8000-000000000002', 'connections', 'any', '', 1, 'epoch'),
    ('00000000-0000-7000-8000-000000000204', NULL, '00000000-0000-7000-8000-000000000002', 'tasks', 'any', '', 15, 'epoch'),
    ('00000000-0000-7000-8000-000000000205', NULL, '00000000-0000-7000-8000-000000000002', 'alerts', 'any', '', 15, 'epoch'),
    ('00000000-0000-7000-8000-000000000301', NULL, '00000000-0000-7000-8000-000000000003', 'reports', 'any', '', 1, 'epoch'),
    ('00000000-0000-7000-8000-000000000302', NULL, '00000000-0000-7000-8000-000000000003', 'categories', 'any', '', 1, 'epoch'),
    ('00000000-0000-7000-8000-000000000303', NULL, '00000000-0000-7000-8000-000000000003', 'connections', 'any', '', 1, 'epoch'),
    ('00000000-0000-7000-8000-000000000304', NULL, '00000000-0000-7000-8000-000000000003', 'tasks', 'any', '', 1, 'epoch'),
    ('00000000-0000-7000-8000-000000000305', NULL, '00000000-0000-7000-8000-000000000003', 'alerts', 'any', '', 1, 'epoch'),
    ('00000000-0000-7000-8000-000000000401', NULL, '00000000-0000-7000-8000-000000000004', 'reports', 'any', '', 15, 'epoch'),
    ('00000000-0000-7000-8000-000000000402', NULL, '00000000-0000-7000-8000-000000000004', 'categories', 'any', '', 15, 'epoch'),
    ('00000000-0000-7000-8000-000000000403', NULL, '00000000-0000-7000-8000-000000000004', 'connections', 'any', '', 15, 'epoch'),
    ('00000000-0000-7000-8000-000000000404', NULL, '00000000-0000-7000-8000-000000000004', 'tasks', 'any', '', 15, 'epoch'),
    ('00000000-0000-7000-8000-000000000405', NULL, '00000000-0000-7000-8000-000000000004', 'alerts', 'any', '', 15, 'epoch');

ALTER TABLE users ADD COLUMN updated_at timestamptz NOT NULL DEFAULT 'epoch';

-- Bits: 1 publish, 2 read, 4 manage. Keys from before could do everything.
ALTER TABLE api_keys ADD COLUMN scopes smallint NOT NULL DEFAULT 7;
ALTER TABLE api_keys ADD COLUMN expires_at timestamptz;
CREATE INDEX api_keys_user ON api_keys (user_id, id);
CREATE INDEX tokens_user ON tokens (user_id);

-- Every administrative act and every denied one. Written before the act, as `started`, and completed
-- after it, so that nothing is done unseen. Outlives the users it tells of.
CREATE TABLE audit (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    -- None for a sign-in that failed, and for the command line.
    actor_id uuid,
    actor_name text NOT NULL,
    key_id uuid,
    action text NOT NULL,
    target text NOT NULL,
    outcome text NOT NULL,
    status smallint,
    detail text,
    address text,
    request_id text,
    CONSTRAINT audit_pkey PRIMARY KEY (id),
    CONSTRAINT audit_outcome_check
        CHECK (outcome IN ('started', 'done', 'denied', 'refused', 'failed'))
);

CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_outcome ON audit (outcome, id);
