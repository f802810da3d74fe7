-- The product's own model: organizations with settings sets, roles, the flags of memberships, removed users; and what
-- tells of every change: the audit trail for people, the events for programs.

-- `policies`, `roles`, `settings` and `rules` are JSON that only the program reads. `version` counts changes, so that a
-- replica knows whether what it has parsed still holds.
ALTER TABLE accounts ADD COLUMN policies TEXT NOT NULL DEFAULT '{}';
ALTER TABLE accounts ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE accounts ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE accounts ADD COLUMN default_organization_id UUID;
ALTER TABLE accounts ADD COLUMN default_group_id UUID;

ALTER TABLE connections ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE connections ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';
ALTER TABLE connections ADD COLUMN version BIGINT NOT NULL DEFAULT 1;

-- The person that a credential stands for, when it is one's own.
ALTER TABLE tokens ADD COLUMN user_id UUID;
ALTER TABLE admin_keys ADD COLUMN user_id UUID;

CREATE TABLE settings_sets (
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  display_name TEXT NOT NULL,
  display_name_key TEXT COLLATE "C" NOT NULL,
  external_id TEXT COLLATE "C",
  version BIGINT NOT NULL,
  last_modified BIGINT NOT NULL,
  body TEXT NOT NULL,
  search JSONB NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX settings_sets_by_display_name ON settings_sets(account_id, display_name_key);

CREATE TABLE organizations (
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  display_name TEXT NOT NULL,
  display_name_key TEXT COLLATE "C" NOT NULL,
  external_id TEXT COLLATE "C",
  settings_set_id UUID NOT NULL,
  version BIGINT NOT NULL,
  last_modified BIGINT NOT NULL,
  body TEXT NOT NULL,
  search JSONB NOT NULL,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, settings_set_id) REFERENCES settings_sets(account_id, id)
);
CREATE UNIQUE INDEX organizations_by_display_name ON organizations(account_id, display_name_key);
CREATE INDEX organizations_by_settings_set ON organizations(account_id, settings_set_id);

-- `grants` holds the direct roles with who gave them. `is_admin` is derived: from the direct roles (`direct_admin`) and
-- from groups (`groups.grants_admin`) where groups grant roles.
ALTER TABLE users ADD COLUMN status TEXT NOT NULL DEFAULT 'active';
ALTER TABLE users ADD COLUMN organization_id UUID;
ALTER TABLE users ADD COLUMN organization_origin TEXT NOT NULL DEFAULT 'fallback';
ALTER TABLE users ADD COLUMN username_key TEXT COLLATE "C";
ALTER TABLE users ADD COLUMN grants TEXT NOT NULL DEFAULT '[]';
ALTER TABLE users ADD COLUMN direct_admin BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN is_admin BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE users ADD COLUMN previous_user_id UUID;
UPDATE users SET status = 'inactive' WHERE active = FALSE;
CREATE UNIQUE INDEX users_by_username ON users(account_id, organization_id, username_key);
CREATE INDEX users_by_organization ON users(account_id, organization_id, id);
CREATE INDEX users_invited ON users(account_id, status, id) WHERE status = 'invited';
CREATE INDEX users_admins ON users(account_id, is_admin, status, organization_id, id);
DROP INDEX user_emails_by_value;
CREATE INDEX user_emails_by_value ON user_emails(account_id, value_key, user_id, is_primary, position);

-- A removed user is a tombstone: no rule, list or filter of the living ever meets him.
CREATE TABLE removed_users (
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  connection_id UUID NOT NULL,
  user_name_key TEXT COLLATE "C" NOT NULL,
  external_id TEXT COLLATE "C",
  version BIGINT NOT NULL,
  removed_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX removed_users_by_user_name ON removed_users(account_id, user_name_key, id);

ALTER TABLE groups ADD COLUMN is_default BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE groups ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE groups ADD COLUMN roles TEXT NOT NULL DEFAULT '[]';
ALTER TABLE groups ADD COLUMN grants_admin BOOLEAN NOT NULL DEFAULT FALSE;
CREATE UNIQUE INDEX groups_default ON groups(account_id) WHERE is_default = TRUE;

-- No foreign key to groups: on PostgreSQL every new user would lock the row of the Default group. `origins` names who
-- gave the membership, separated by spaces. `since` decides which membership is the oldest.
CREATE TABLE memberships_with_flags (
  account_id UUID NOT NULL,
  group_id UUID NOT NULL,
  user_id UUID NOT NULL,
  is_primary BOOLEAN NOT NULL,
  group_admin BOOLEAN NOT NULL,
  can_send BOOLEAN NOT NULL,
  origins TEXT NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (account_id, user_id, group_id),
  FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id) ON DELETE CASCADE
);
INSERT INTO memberships_with_flags
  SELECT m.account_id, m.group_id, m.user_id,
    m.group_id = (SELECT o.group_id FROM memberships o WHERE o.account_id = m.account_id AND o.user_id = m.user_id
      ORDER BY o.group_id LIMIT 1),
    FALSE, TRUE, 'scim:' || (SELECT g.connection_id::text FROM groups g WHERE g.account_id = m.account_id AND g.id = m.group_id), 0
  FROM memberships m;
DROP TABLE memberships;
ALTER TABLE memberships_with_flags RENAME TO memberships;
CREATE INDEX memberships_by_group ON memberships(account_id, group_id, user_id);
CREATE UNIQUE INDEX memberships_primary ON memberships(account_id, user_id) WHERE is_primary = TRUE;

INSERT INTO totals SELECT account_id, 'organization', shard, 0, 0 FROM totals WHERE kind = 'user';
INSERT INTO totals SELECT account_id, 'settings_set', shard, 0, 0 FROM totals WHERE kind = 'user';

-- Append-only: who changed what from what to what, in which request, and why. The time stands in the id.
CREATE TABLE audit (
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  actor TEXT NOT NULL,
  request_id TEXT NOT NULL,
  connection_id UUID,
  action TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT COLLATE "C" NOT NULL,
  changes TEXT NOT NULL,
  why TEXT,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX audit_by_subject ON audit(account_id, subject_id, id);

-- Append-only: what a program follows. `sequence` grows within an account; it may leave numbers out.
CREATE TABLE events (
  account_id UUID NOT NULL,
  sequence BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  cause TEXT,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  data TEXT NOT NULL,
  request_id TEXT NOT NULL,
  PRIMARY KEY (account_id, sequence)
);

-- Answers that are given again when a request is repeated with its Idempotency-Key.
CREATE TABLE idempotency (
  account_id UUID NOT NULL,
  idempotency_key TEXT COLLATE "C" NOT NULL,
  request_hash BYTEA NOT NULL,
  status INTEGER NOT NULL,
  body TEXT NOT NULL,
  etag TEXT,
  at BIGINT NOT NULL,
  PRIMARY KEY (account_id, idempotency_key)
);

-- Changes of a user that an administrator has put off to a quiet hour.
CREATE TABLE scheduled_changes (
  account_id UUID NOT NULL,
  id UUID NOT NULL,
  user_id UUID NOT NULL,
  effective_at BIGINT NOT NULL,
  change TEXT NOT NULL,
  actor_user_id UUID,
  state TEXT NOT NULL,
  outcome TEXT,
  version BIGINT NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX scheduled_changes_by_user ON scheduled_changes(account_id, user_id, id);
CREATE INDEX scheduled_changes_due ON scheduled_changes(effective_at) WHERE state = 'pending';
