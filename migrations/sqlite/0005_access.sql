-- Roles, the full permission model, scopes of keys, and the audit log.

-- A role is a named set of permissions. Somebody's rights are their own and those of all their roles.
CREATE TABLE roles (
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    -- The name in lower case: what is unique.
    name_key TEXT NOT NULL,
    description TEXT,
    -- Comes with the product, and cannot be deleted.
    built_in INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT roles_pkey PRIMARY KEY (id),
    CONSTRAINT roles_name_key UNIQUE (name_key)
) STRICT, WITHOUT ROWID;

-- Not for the role of administrators: who they are is `users.role`.
CREATE TABLE role_members (
    role_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    CONSTRAINT role_members_pkey PRIMARY KEY (role_id, user_id),
    CONSTRAINT role_members_role_fkey FOREIGN KEY (role_id) REFERENCES roles (id)
        ON DELETE CASCADE,
    CONSTRAINT role_members_user_fkey FOREIGN KEY (user_id) REFERENCES users (id)
        ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX role_members_user ON role_members (user_id, role_id);

-- A permission is a user's or a role's. Its scope is every resource of the kind (`any`, the target
-- is empty), the one whose id is the target (`one`), or those in the category that is the target
-- (`category`).
--
-- One whose resource was deleted has ended. It is kept for a while, to judge by it who is told of what
-- happened up to then.
ALTER TABLE permissions RENAME TO old_permissions;
DROP INDEX permissions_resource;

CREATE TABLE permissions (
    id BLOB NOT NULL,
    user_id BLOB,
    role_id BLOB,
    kind TEXT NOT NULL,
    scope TEXT NOT NULL,
    target TEXT NOT NULL,
    access INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    CONSTRAINT permissions_pkey PRIMARY KEY (id),
    CONSTRAINT permissions_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT permissions_role_fkey FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE CASCADE,
    CONSTRAINT permissions_holder_check CHECK ((user_id IS NULL) <> (role_id IS NULL)),
    CONSTRAINT permissions_scope_check
        CHECK (scope IN ('any', 'one', 'category') AND (scope = 'any') = (target = ''))
) STRICT, WITHOUT ROWID;

INSERT INTO permissions (id, user_id, role_id, kind, scope, target, access, created_at)
SELECT id, user_id, NULL, kind, iif(resource_id = '', 'any', 'one'), resource_id, access, 0
FROM old_permissions;
DROP TABLE old_permissions;

CREATE UNIQUE INDEX permissions_of_user ON permissions (user_id, kind, scope, target)
    WHERE user_id IS NOT NULL AND ended_at IS NULL;
CREATE UNIQUE INDEX permissions_of_role ON permissions (role_id, kind, scope, target)
    WHERE role_id IS NOT NULL AND ended_at IS NULL;
-- All that were ever a user's or a role's: by these dispatch judges somebody, and by these their
-- permissions go with them.
CREATE INDEX permissions_by_user ON permissions (user_id, kind, scope, target)
    WHERE user_id IS NOT NULL;
CREATE INDEX permissions_by_role ON permissions (role_id, kind, scope, target)
    WHERE role_id IS NOT NULL;
CREATE INDEX permissions_ended ON permissions (ended_at) WHERE ended_at IS NOT NULL;
-- What dispatch begins with.
CREATE INDEX permissions_scope ON permissions (kind, scope, target);

INSERT INTO roles (id, name, name_key, description, built_in, created_at, updated_at)
VALUES
    (x'00000000000070008000000000000001', 'System Administrator', 'system administrator',
        'Manages everything, and may read every resource.',
        1, 0, 0),
    (x'00000000000070008000000000000002', 'Report Creator', 'report creator',
        'Everything about reports, categories, tasks and alerts; Read on connections.',
        1, 0, 0),
    (x'00000000000070008000000000000003', 'Report Reader', 'report reader',
        'Read on everything.',
        1, 0, 0),
    (x'00000000000070008000000000000004', 'Data Administrator', 'data administrator',
        'Everything about every kind of resource.',
        1, 0, 0);

INSERT INTO permissions (id, user_id, role_id, kind, scope, target, access, created_at)
VALUES
    (x'00000000000070008000000000000201', NULL, x'00000000000070008000000000000002', 'reports', 'any', '', 15, 0),
    (x'00000000000070008000000000000202', NULL, x'00000000000070008000000000000002', 'categories', 'any', '', 15, 0),
    (x'00000000000070008000000000000203', NULL, x'00000000000070008000000000000002', 'connections', 'any', '', 1, 0),
    (x'00000000000070008000000000000204', NULL, x'00000000000070008000000000000002', 'tasks', 'any', '', 15, 0),
    (x'00000000000070008000000000000205', NULL, x'00000000000070008000000000000002', 'alerts', 'any', '', 15, 0),
    (x'00000000000070008000000000000301', NULL, x'00000000000070008000000000000003', 'reports', 'any', '', 1, 0),
    (x'00000000000070008000000000000302', NULL, x'00000000000070008000000000000003', 'categories', 'any', '', 1, 0),
    (x'00000000000070008000000000000303', NULL, x'00000000000070008000000000000003', 'connections', 'any', '', 1, 0),
    (x'00000000000070008000000000000304', NULL, x'00000000000070008000000000000003', 'tasks', 'any', '', 1, 0),
    (x'00000000000070008000000000000305', NULL, x'00000000000070008000000000000003', 'alerts', 'any', '', 1, 0),
    (x'00000000000070008000000000000401', NULL, x'00000000000070008000000000000004', 'reports', 'any', '', 15, 0),
    (x'00000000000070008000000000000402', NULL, x'00000000000070008000000000000004', 'categories', 'any', '', 15, 0),
    (x'00000000000070008000000000000403', NULL, x'00000000000070008000000000000004', 'connections', 'any', '', 15, 0),
    (x'00000000000070008000000000000404', NULL, x'00000000000070008000000000000004', 'tasks', 'any', '', 15, 0),
    (x'00000000000070008000000000000405', NULL, x'00000000000070008000000000000004', 'alerts', 'any', '', 15, 0);

ALTER TABLE users ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;

-- Bits: 1 publish, 2 read, 4 manage. Keys from before could do everything.
ALTER TABLE api_keys ADD COLUMN scopes INTEGER NOT NULL DEFAULT 7;
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
CREATE INDEX api_keys_user ON api_keys (user_id, id);
CREATE INDEX tokens_user ON tokens (user_id);

-- Every administrative act and every denied one. Written before the act, as `started`, and completed
-- after it, so that nothing is done unseen. Outlives the users it tells of.
CREATE TABLE audit (
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    -- None for a sign-in that failed, and for the command line.
    actor_id BLOB,
    actor_name TEXT NOT NULL,
    key_id BLOB,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    detail TEXT,
    address TEXT,
    request_id TEXT,
    CONSTRAINT audit_pkey PRIMARY KEY (id),
    CONSTRAINT audit_outcome_check
        CHECK (outcome IN ('started', 'done', 'denied', 'refused', 'failed'))
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_actor ON audit (actor_id, id);
CREATE INDEX audit_outcome ON audit (outcome, id);
